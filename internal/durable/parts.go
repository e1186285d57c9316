package durable

import (
	"errors"
	"fmt"
	"iter"

	"gset/crdt"
)

// PartSize bounds the parts of a snapshot in bytes: what is cut while all else waits.
const PartSize = 128 << 10

// Parts yields the binary forms of parts that join to the state of a replica, for a snapshot that is
// made while the replica goes on. between runs a function on the replica's two values while nobody
// changes them, when the replica has learned all that was committed; its error ends the parts.
//
// What is pending comes first, all of one moment: later it may have become stable, behind where the
// parts of the stable value have come to.
func Parts[S crdt.Lattice[S]](between func(f func(stable, pending S)) error) iter.Seq2[[]byte, error] {
	return Forms(func(yield func(S, error) bool) {
		var pending S
		if err := between(func(_, p S) { pending = p.Clone() }); err != nil {
			yield(pending, err)
			return
		}
		for part, err := range crdt.Split(pending, 0, PartSize) {
			if !yield(part, err) {
				return
			}
		}
		for first, more := crdt.CellID(0), true; more; {
			c := cut[S]{first: first}
			if err := between(func(stable, _ S) { c.from(stable) }); err != nil {
				c.err = err
			}
			if c.err == nil && c.part.Len() == 0 || !c.yield(yield) {
				return
			}
			first, more = c.last+1, c.last != ^crdt.CellID(0)
		}
	})
}

// cut is a piece of a state: its cells from first to last.
type cut[S crdt.Lattice[S]] struct {
	first, last crdt.CellID
	part        S
	large       bool // it is one cell, and longer than a part
	err         error
}

func (c *cut[S]) from(state S) {
	cutter, ok := any(state).(crdt.Cutter[S])
	if !ok {
		c.err = fmt.Errorf("durable: a %T cannot be cut in parts", state)
		return
	}
	c.part, c.last, c.err = cutter.Cut(c.first, PartSize)
	if cell := (*crdt.CellError)(nil); errors.As(c.err, &cell) {
		c.part, c.large, c.err = state.Extract([]crdt.CellID{c.last}), true, nil
	}
}

// yield yields the piece, or, of a cell that is longer than a part, its own pieces.
func (c *cut[S]) yield(yield func(S, error) bool) (goesOn bool) {
	if c.err != nil || !c.large {
		return yield(c.part, c.err) && c.err == nil
	}
	for piece, err := range crdt.Split(c.part, 0, PartSize) {
		if !yield(piece, err) {
			return false
		}
	}
	return true
}

// Forms yields the binary forms of parts, such as crdt.Split yields. Errors are passed on.
func Forms[S crdt.Lattice[S]](parts iter.Seq2[S, error]) iter.Seq2[[]byte, error] {
	return func(yield func([]byte, error) bool) {
		for part, err := range parts {
			var form []byte
			if err == nil {
				form, err = part.AppendBinary(nil)
			}
			if !yield(form, err) {
				return
			}
		}
	}
}
