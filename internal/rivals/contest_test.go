package rivals

import (
	"errors"

	"gset/crdt"
)

// A contest is two states and the ways to reconcile them.
type contest struct {
	goal    int // bytes that our own way should not exceed
	entries []entry
}

// entry is one way, applied to the states of its contest.
type entry struct {
	name      string
	reconcile func() (cost, error)
}

// cost is what was sent.
type cost struct {
	bytes int
	trips int // one way, until both sides were equal
}

// roundTrips are those after the probe, the first trip, which only finds out that there
// is something to do.
func (c cost) roundTrips() float64 { return float64(max(c.trips-1, 0)) / 2 }

// state is a lattice whose states can be compared without trusting digests.
type state[S any] interface {
	crdt.Lattice[S]
	Equal(S) bool
}

// A way reconciles two states. It leaves those it is given as they are, and returns
// what the two sides hold in the end.
type way[S any] struct {
	name      string
	reconcile func(a, b S) (c cost, heldByA, heldByB S, err error)
}

var errUnequal = errors.New("the two sides do not hold the union in the end")

// newContest checks of every way that both sides come to hold the union.
func newContest[S state[S]](goal int, a, b S, ways []way[S]) contest {
	c := contest{goal: goal}
	union := a.Clone()
	union.Join(b)
	for _, w := range ways {
		c.entries = append(c.entries, entry{w.name, func() (cost, error) {
			c, heldByA, heldByB, err := w.reconcile(a, b)
			if err == nil && !(heldByA.Equal(union) && heldByB.Equal(union)) {
				err = errUnequal
			}
			return c, err
		}})
	}
	return c
}

// setWays are the ways to reconcile sets, our own first.
func setWays(view uint64) []way[*crdt.GSet] {
	return []way[*crdt.GSet]{
		{"ours", ours[*crdt.GSet](view)},
		{"full state", fullState[*crdt.GSet]},
		{"roaring", roaring},
		{"ranges", ranges},
		{"iblt", iblt},
	}
}

// counterWays are the ways to reconcile counters.
func counterWays(view uint64) []way[*crdt.GCounter] {
	return []way[*crdt.GCounter]{
		{"ours", ours[*crdt.GCounter](view)},
		{"full state", fullState[*crdt.GCounter]},
	}
}
