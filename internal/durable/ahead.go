// Package durable decides what a node writes to its store and when, so that everything is on disk
// before anything that follows from it is sent. The nodes of the bench, the members of a cluster
// and the simulator share it.
package durable

import (
	"time"

	"gset/crdt"
	"gset/internal/store"
)

// Retry is after how long deltas that the disk did not take are tried again.
const Retry = time.Second

// maxScratch bounds the memory that an Ahead keeps from one commit to the next.
const maxScratch = 1 << 20

// Ahead is the write-ahead rule of one node. There are two kinds of deltas:
//
//   - An update of this node is committed before the replica learns it. So it is acknowledged,
//     and leaves the node, only when it is on disk, and one whose commit fails was never made.
//   - A delta that peers sent is in the replica at once. It is committed before any message leaves
//     that may carry it. While the disk takes nothing that is waived: the delta is on the disk of
//     the node that acknowledged it, and gossip goes on. The delta stays unsaved here, and goes
//     with the next update, or is tried again after Retry.
//
// The caller's turn is:
//
//	a.Hear(out.Durable)                  // any number of times
//	deltas, err := a.Begin(now, made)    // made is the join of the updates
//	if err == nil && len(deltas) > 0 {
//		err = store.Commit(deltas...)
//	}
//	a.End(now, err)
//	if err == nil { ... }                // the replica learns made
//	...                                  // send and acknowledge
//
// now is any clock that does not go back. An error that wraps store.ErrUncertain leaves the fate
// of made open; after any other error it was not made, and never will be.
//
// The zero Ahead is ready. It has no lock: between Begin and End nobody else may call it.
type Ahead[S crdt.Lattice[S]] struct {
	heard   []S           // since the last End
	unsaved S             // the zero S if the disk has taken everything
	tried   time.Duration // when a commit failed last
	waits   bool          // the commit that is under way writes nothing: it is too early to try again
	scratch []byte
	deltas  [][]byte
}

// Hear has the next commit write a delta that peers sent. Nobody may change the delta from then on.
func (a *Ahead[S]) Hear(delta S) { a.heard = append(a.heard, delta) }

// Due reports whether it is time to try again to save what the disk did not take.
func (a *Ahead[S]) Due(now time.Duration) bool { return !a.Saved() && now-a.tried >= Retry }

// Saved reports whether the disk has taken everything that peers sent before the last End.
func (a *Ahead[S]) Saved() bool { return zero(a.unsaved) }

// Unsaved returns what the disk has not taken: the zero S if nothing. Nobody may change it.
func (a *Ahead[S]) Unsaved() S { return a.unsaved }

// Begin begins a commit. It returns the binary forms of all that is to be written, each at most
// store.MaxDelta bytes and good until End: made, which is the zero S if there is no update, what
// was heard, and what is unsaved. There are none if there is nothing to write, or if there is no
// update and it is too early to try again. End must follow, also after an error.
func (a *Ahead[S]) Begin(now time.Duration, made S) (deltas [][]byte, err error) {
	a.waits = zero(made) && !a.Saved() && !a.Due(now)
	if a.waits {
		return nil, nil
	}
	for _, delta := range a.heard {
		if err := a.encode(delta); err != nil {
			return nil, err
		}
	}
	for _, delta := range [...]S{a.unsaved, made} {
		if err := a.encode(delta); err != nil {
			return nil, err
		}
	}
	return a.deltas, nil
}

// End ends a commit, whose error is given. It reports whether the error has kept something that
// was heard since the last End from the disk.
func (a *Ahead[S]) End(now time.Duration, err error) (lost bool) {
	if err == nil && !a.waits {
		var none S
		a.unsaved = none
	} else {
		for _, delta := range a.heard {
			a.unsaved = joined(a.unsaved, delta)
		}
	}
	if err != nil {
		a.tried = now
	}
	lost = err != nil && len(a.heard) > 0
	clear(a.heard)
	a.heard = a.heard[:0]
	clear(a.deltas)
	a.deltas = a.deltas[:0]
	if a.scratch = a.scratch[:0]; cap(a.scratch) > maxScratch {
		a.scratch = nil
	}
	return lost
}

// encode appends the binary forms of a state's parts to the deltas. Forms that are short share
// one piece of memory from commit to commit.
func (a *Ahead[S]) encode(state S) error {
	if zero(state) || state.Len() == 0 {
		return nil
	}
	at := len(a.scratch)
	b, err := state.AppendBinary(a.scratch)
	if err == nil && len(b)-at <= store.MaxDelta {
		a.scratch, a.deltas = b, append(a.deltas, b[at:])
		return nil
	}
	parts, err := Encode(state)
	a.deltas = append(a.deltas, parts...)
	return err
}

// Encode returns the binary forms of parts of a state, each at most store.MaxDelta bytes.
func Encode[S crdt.Lattice[S]](state S) (parts [][]byte, err error) {
	for form, err := range Forms(crdt.Split(state, 0, store.MaxDelta)) {
		if err != nil {
			return nil, err
		}
		parts = append(parts, form)
	}
	return parts, nil
}

// joined returns the join of two states, of which all may be the zero S. It changes all and not delta.
func joined[S crdt.Lattice[S]](all, delta S) S {
	if zero(all) {
		return delta.Clone()
	}
	crdt.Merge(all, delta)
	return all
}

// zero reports whether s stands for no state at all.
func zero[S crdt.Lattice[S]](s S) bool { return any(s) == any(*new(S)) }
