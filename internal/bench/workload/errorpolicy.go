package workload

import (
	"gset/internal/bench/edn"
	"gset/internal/bench/history"
)

// An ErrorPolicy says what clients make of an operation that got an error for
// a reply, or no reply in time.
type ErrorPolicy int

const (
	// An operation with a definite error has failed; with any other, or with
	// no reply, its outcome is unknown.
	caught ErrorPolicy = iota
	// It has failed whatever the error, because it changes nothing.
	caughtIdempotent
	// Any error crashes the process, and the outcome is unknown. In Maelstrom
	// this is so for the workloads whose clients catch nothing: even a read,
	// or a write that the node has refused for certain, counts as info.
	uncaught
)

// A Failure is what an operation got in place of its reply.
type Failure struct {
	Class    edn.Keyword
	Err      any           // in EDN
	Definite bool          // the operation did not and will not happen
	Reason   func() string // for people
}

// End returns how the operation ends.
func (p ErrorPolicy) End(op Operation, f Failure) Ending {
	switch {
	case p == uncaught:
		return Crashed(op, f.Class, f.Reason())
	case p == caughtIdempotent || f.Definite:
		return Ending{Type: history.Fail, Value: op.Value, Err: f.Err}
	}
	return Ending{Type: history.Info, Value: op.Value, Err: f.Err}
}

// Crashed is how an operation ends that crashes its process.
func Crashed(op Operation, class edn.Keyword, reason string) Ending {
	return Ending{Type: history.Info, Value: op.Value, Err: "indeterminate: " + reason, Crash: &history.Crash{Class: class, Reason: reason}}
}

// Ending is how an operation ended.
type Ending struct {
	Type  history.OpType
	Value any
	Err   any
	Crash *history.Crash
}
