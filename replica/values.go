package replica

import (
	"slices"
	"time"

	"gset/crdt"
)

// Rule *pending*: a replica's state is two lattice values.
//
// Stable is what every member has been told, as far as this replica knows: the state it
// began with, what it heard in scatters, answers and repairs, and what it has scattered itself.
// Pending is what clients added here and leaves gathered here, until this replica scatters it or
// hears it. To hear an update back is its acknowledgement, and so is an echo on reliable links. That a scatter arrived is not
// acknowledged: digests show what was lost.
//
// The state is the join of the two, and no part of it is in both. Digest, sketch and repair
// read stable only: members that heard the same scatters agree on it, whatever clients
// have just told each of them.
//
// Pending is fresh before it is sent to the hub, and then in one batch for each gather. Each
// batch has its own time: with one time for all, steady load would hide a lost gather.
type values[S crdt.Lattice[S]] struct {
	stable  S
	pending S
	fresh   S          // the part of pending that goes out with the next gather or scatter
	sent    []batch[S] // the rest of pending, gather by gather, oldest first

	none S // an empty state that nobody changes
}

func newValues[S crdt.Lattice[S]](stable S) values[S] {
	none := stable.New()
	return values[S]{stable: stable, pending: none, fresh: none, none: none}
}

// batch is the part of pending that went out in a gather.
type batch[S crdt.Lattice[S]] struct {
	delta S
	at    time.Duration
	stamp time.Duration // of the last of its messages to the hub; Never if it went to a stand-in alone
}

// oldest returns the length of what is left of the oldest batch.
func (v *values[S]) oldest() int {
	if len(v.sent) == 0 {
		return 0
	}
	return v.sent[0].delta.Len()
}

// learn makes pending, and fresh, what is new of a delta, and returns that, which may be the delta
// itself.
func (v *values[S]) learn(delta S) (novel S) {
	novel = v.without(delta, v.stable)
	if novel.Len() > 0 && v.pending.Len() > 0 {
		novel = v.without(novel, v.pending)
	}
	if novel.Len() > 0 {
		v.pending = grown(v.pending, novel)
		v.fresh = grown(v.fresh, novel)
	}
	return novel
}

// hear makes a delta stable, and returns what was new of it to the state.
func (v *values[S]) hear(delta S) (novel S) {
	stabilised := v.stable.Join(delta)
	if stabilised.Len() == 0 || v.pending.Len() == 0 {
		return stabilised
	}
	if much := 16 * stabilised.Len(); v.pending.Len() > much && v.pending.Extract(slices.Collect(cellIDs(stabilised))).Len() == 0 {
		return stabilised // what is pending need not be looked through
	}
	novel = v.without(stabilised, v.pending)
	if left := v.without(v.pending, stabilised); left.Len() < v.pending.Len() {
		v.pending = left
		v.fresh = v.without(v.fresh, stabilised)
	}
	// A counter's batch may be acknowledged while pending has a greater count of the same entry.
	left := v.sent[:0]
	for _, b := range v.sent {
		if b.delta = v.without(b.delta, stabilised); b.delta.Len() > 0 {
			left = append(left, b)
		}
	}
	clear(v.sent[len(left):])
	v.sent = left
	return novel
}

// acknowledge hears the batches of which the hub has told all: those whose messages to it end with a stamp, or before.
func (v *values[S]) acknowledge(stamp time.Duration) {
	told := v.none
	for _, b := range v.sent {
		if b.stamp <= stamp {
			told = grown(told, b.delta)
		}
	}
	if told.Len() > 0 {
		v.hear(told)
	}
}

// tell makes stable what is fresh, except for a rest that stays fresh, and returns what it made stable.
// All that is pending must be fresh.
func (v *values[S]) tell(rest S) (told S) {
	told = v.fresh
	if rest.Len() > 0 {
		told = v.fresh.Minus(rest)
	}
	crdt.Merge(v.stable, told)
	v.pending, v.fresh = v.none, rest
	if rest.Len() > 0 {
		v.pending = rest.Clone()
	}
	return told
}

// dispatch moves what is fresh, except for a rest that stays fresh, into a batch.
func (v *values[S]) dispatch(b batch[S], rest S) {
	v.sent = append(v.sent, b)
	v.fresh = rest
}

// recall makes everything that is pending fresh again.
func (v *values[S]) recall() {
	if len(v.sent) > 0 {
		v.fresh, v.sent = v.pending.Clone(), nil
	}
}

// State returns the replica's state: the join of Stable and Pending, to be read and not
// changed, until the next event. While anything is pending that is a copy, in
// time proportional to the state: call it for reads that need all of it, and not for every
// update. A set can be looked up in both values; a counter's sum needs the join, as an
// entry may have a smaller count in Stable and a greater one in Pending.
func (r *Replica[S]) State() S {
	if r.pending.Len() == 0 {
		return r.stable
	}
	return joined(r.stable, r.pending)
}

// Stable returns the part of the state that every member has been told, as far as this replica
// knows, to be read and not changed, until the next event. It costs nothing.
func (r *Replica[S]) Stable() S { return r.stable }

// Pending returns the rest of the state: what was added or gathered here and has neither been
// scattered by this replica nor acknowledged. An update that has left Pending has been sent to
// every member. That it has arrived anywhere is certain only if it was not this replica that
// scattered it. Pending is to be read and not changed, until the next event. It costs nothing.
func (r *Replica[S]) Pending() S { return r.pending }

// without returns state.Minus(other), and makes no new state if that is all of the state or nothing.
func (v *values[S]) without(state, other S) S {
	if own, ok := any(state).(crdt.Sparer[S]); ok {
		switch own.Excess(other) {
		case state.Len():
			return state
		case 0:
			return v.none
		}
	}
	return state.Minus(other)
}

// grown returns the join of a state, which may be one that nobody changes if it is empty, and a
// delta.
func grown[S crdt.Lattice[S]](state, delta S) S {
	if state.Len() == 0 {
		return delta.Clone()
	}
	crdt.Merge(state, delta)
	return state
}

// joined returns the join of states, in memory of its own.
func joined[S crdt.Lattice[S]](first S, others ...S) S {
	all := first.Clone()
	for _, s := range others {
		if s.Len() > 0 {
			crdt.Merge(all, s)
		}
	}
	return all
}
