package squall

// An errorPolicy says what clients make of an operation that got an error for
// a reply, or no reply in time.
type errorPolicy int

const (
	// An operation with a definite error has failed; with any other, or with
	// no reply, its outcome is unknown.
	caught errorPolicy = iota
	// It has failed whatever the error, because it changes nothing.
	caughtIdempotent
	// Any error crashes the process, and the outcome is unknown. In Maelstrom
	// this is so for the workloads whose clients catch nothing: even a read,
	// or a write that the node has refused for certain, counts as info.
	uncaught
)

// A failure is what an operation got in place of its reply.
type failure struct {
	class    Keyword
	err      any           // in EDN
	definite bool          // the operation did not and will not happen
	reason   func() string // for people
}

// end returns how the operation ends.
func (p errorPolicy) end(op operation, f failure) ending {
	switch {
	case p == uncaught:
		return crashed(op, f.class, f.reason())
	case p == caughtIdempotent || f.definite:
		return ending{typ: Fail, value: op.value, err: f.err}
	}
	return ending{typ: Info, value: op.value, err: f.err}
}

// crashed is how an operation ends that crashes its process.
func crashed(op operation, class Keyword, reason string) ending {
	return ending{typ: Info, value: op.value, err: "indeterminate: " + reason, crash: &Crash{class, reason}}
}

// ending is how an operation ended.
type ending struct {
	typ   OpType
	value any
	err   any
	crash *Crash
}
