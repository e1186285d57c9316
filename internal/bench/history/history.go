// Package history records what clients and the nemesis did in a test, and when: the
// operations that checkers judge.
package history

import (
	"iter"
	"time"

	"gset/internal/bench/edn"
)

// An OpType says whether an [Op] begins or how it ended.
type OpType uint8

// The types of operations. An operation that ended with info may or may not
// have happened, or happen yet.
const (
	Invoke OpType = iota
	OK
	Fail
	Info
)

var opTypes = [...]edn.Keyword{"invoke", "ok", "fail", "info"}

func (t OpType) String() string { return string(opTypes[t]) }

// Nemesis is the process number of the nemesis.
const Nemesis = -1

// An Op is an entry of a [History]: the beginning or the end of an operation.
type Op struct {
	Index   int           // position in the history
	Time    time.Duration // since all nodes were up, just before clients are set up
	Type    OpType
	Process int // Nemesis, or the process that runs the operation
	F       string
	Value   any    // of what the workload's operations are made of; EDN can write it
	Error   any    // why it failed, or nil
	Crash   *Crash // why its process crashed, or nil
	Final   bool   // one of the last reads; Maelstrom does not mark those of g-set
	Began   int    // for the end of a client's operation, the index of its beginning; else -1
}

// A Crash is the end of a process whose client could not make sense of how an
// operation went.
type Crash struct {
	Class  edn.Keyword // malformed-rpc-response, rpc-error or net-timeout
	Reason string
}

// A History is all operations of a test in the order they began and ended. It
// is kept in pieces, because growing a million entries by copying would hold
// up the test. The zero value is empty. It is not safe for concurrent use.
type History struct {
	pieces  [][]Op
	length  int
	strange int // bytes of reads' text that holds more than whole numbers
}

// maxStrange bounds what a history keeps of reads that hold more than whole numbers, in bytes
// of their text. Of later ones it keeps the whole numbers.
const maxStrange = 64 << 20

const historyPiece = 4096

// Add appends op, sets its index and returns it.
func (h *History) Add(op Op) int {
	op.Index = h.length
	if e, ok := op.Value.(*Elements); ok && e.raw != nil {
		if h.strange += 2 * len(e.raw); h.strange > maxStrange { // the text, and what was read from it
			e.forget()
		}
	}
	if h.length%historyPiece == 0 {
		h.pieces = append(h.pieces, make([]Op, 0, historyPiece))
	}
	last := &h.pieces[len(h.pieces)-1]
	*last = append(*last, op)
	h.length++
	return op.Index
}

// Len returns the number of entries.
func (h *History) Len() int { return h.length }

// At returns the entry with the given index. It must not be changed.
func (h *History) At(i int) *Op { return &h.pieces[i/historyPiece][i%historyPiece] }

// All iterates over the entries in order. They must not be changed.
func (h *History) All() iter.Seq[*Op] {
	return func(yield func(*Op) bool) {
		for _, piece := range h.pieces {
			for i := range piece {
				if !yield(&piece[i]) {
					return
				}
			}
		}
	}
}
