package replica

import (
	"slices"
	"time"

	"gset/crdt"
)

// Rule *pending*: a replica's state is two lattice values.
//
// Stable is what every member has been told, as far as this replica knows: the state it
// began with, what came in scatters and in most repairs, and what it has scattered itself.
// Pending is what was added here, or gathered here, and no other member has acknowledged. An
// update is acknowledged by hearing it: in a scatter, in an answer, in a repair. Then it becomes
// stable.
//
// The state is the join of the two, and no part of it is in both. Digest, sketch and repair
// read stable only: members that heard the same scatters agree on it, whatever clients
// have just told each of them.
//
// Pending is fresh before it is sent to the hub, and the gathers that carry it are kept,
// since each has its own time: with one time for all, a lost gather would never be missed
// under steady load.
type values[S crdt.Lattice[S]] struct {
	stable  S
	pending S
	fresh   S           // the part of pending that goes out with the next gather or scatter
	sent    []*batch[S] // the rest of pending, gather by gather, oldest first

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
}

// learn takes in what nobody has told every member, and returns what was new, now fresh.
func (v *values[S]) learn(delta S) (novel S) {
	novel = delta.Minus(v.stable)
	if novel.Len() > 0 && v.pending.Len() > 0 {
		novel = novel.Minus(v.pending)
	}
	if novel.Len() > 0 {
		v.pending = grown(v.pending, novel)
		v.fresh = grown(v.fresh, novel)
	}
	return novel
}

// hear takes in what every member is told, or is taken to be. It returns what was new to the
// state, and whether all of a gather, or all that was fresh, has been acknowledged by it.
func (v *values[S]) hear(delta S) (novel S, acknowledged bool) {
	stabilised := v.stable.Join(delta)
	if stabilised.Len() == 0 || v.pending.Len() == 0 {
		return stabilised, false
	}
	novel, v.pending = stabilised.Minus(v.pending), v.pending.Minus(stabilised)
	if v.fresh.Len() > 0 {
		v.fresh = v.fresh.Minus(stabilised)
		acknowledged = v.fresh.Len() == 0
	}
	v.sent = slices.DeleteFunc(v.sent, func(b *batch[S]) bool {
		b.delta = b.delta.Minus(stabilised)
		acknowledged = acknowledged || b.delta.Len() == 0
		return b.delta.Len() == 0
	})
	return novel, acknowledged
}

// tell makes stable what is fresh but for a rest, which stays fresh, and returns it.
func (v *values[S]) tell(rest S) (told S) {
	told = v.fresh
	if rest.Len() > 0 {
		told = v.fresh.Minus(rest)
	}
	if len(v.sent) == 0 { // all that is pending is fresh
		v.stable.Join(told)
		v.pending, v.fresh = v.none, rest
		if rest.Len() > 0 {
			v.pending = rest.Clone()
		}
		return told
	}
	v.hear(told)
	return told
}

// send moves a part of fresh into a batch.
func (v *values[S]) send(part, rest S, now time.Duration) {
	v.sent = append(v.sent, &batch[S]{part, now})
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

// Pending returns the rest of the state: what was added or gathered here and has not been
// acknowledged. An update has left this replica for good when it is not in Pending any more.
// It is to be read and not changed, until the next event. It costs nothing.
func (r *Replica[S]) Pending() S { return r.pending }

// grown returns the join of a state, which may be one that nobody changes if it is empty, and a
// delta.
func grown[S crdt.Lattice[S]](state, delta S) S {
	if state.Len() == 0 {
		return delta.Clone()
	}
	state.Join(delta)
	return state
}

// joined returns the join of states, in memory of its own.
func joined[S crdt.Lattice[S]](first S, others ...S) S {
	all := first.Clone()
	for _, s := range others {
		if s.Len() > 0 {
			all.Join(s)
		}
	}
	return all
}
