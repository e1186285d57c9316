package sim

import (
	"fmt"
	"iter"

	"gset/crdt"
	"gset/internal/simnet"
	"gset/replica"
)

// state is a lattice of which the simulation can say what it holds.
type state[S any] interface {
	crdt.Lattice[S]
	Equal(S) bool
	fmt.Stringer
}

// workload is what clients do to a lattice. Its parts are what a state is the join
// of, each with a name K and a count; the count of an element of a set is 1.
type workload[S state[S], K comparable] struct {
	bottom func(crdt.Key) S

	// update returns the delta for an event, given the replica it is added to and in whose
	// name.
	update func(at holder[S], e Event, origin crdt.Origin) (S, error)

	parts func(S) iter.Seq2[K, uint64]
	maker func(K) int // the node whose clients added a part; nil if that cannot be told

	weak bool // the hashes of cells do not add up to that of the digest
}

// holder is a replica, as far as an update looks at it.
type holder[S any] interface {
	State() S  // all of it, at the cost of a copy
	Stable() S // some of it, at no cost
}

var sets = workload[*crdt.GSet, int64]{
	bottom: func(key crdt.Key) *crdt.GSet { return crdt.NewGSet(key) },
	update: func(at holder[*crdt.GSet], e Event, _ crdt.Origin) (*crdt.GSet, error) {
		return inserted(at.Stable().New(), e), nil
	},
	parts: elements,
}

var weakSets = workload[*weakSet, int64]{
	bottom: func(key crdt.Key) *weakSet { return weak(crdt.NewGSet(key)) },
	update: func(at holder[*weakSet], e Event, _ crdt.Origin) (*weakSet, error) {
		return weak(inserted(at.Stable().GSet.New(), e)), nil
	},
	parts: func(s *weakSet) iter.Seq2[int64, uint64] { return elements(s.GSet) },
	weak:  true,
}

// inserted returns an empty set with what an event adds.
func inserted(delta *crdt.GSet, e Event) *crdt.GSet {
	for i := range int64(max(e.Count, 1)) {
		delta.Insert(e.Value + i*e.Step)
	}
	return delta
}

// elements are the parts of a set.
func elements(s *crdt.GSet) iter.Seq2[int64, uint64] {
	return func(yield func(int64, uint64) bool) {
		for x := range s.All() {
			if !yield(x, 1) {
				return
			}
		}
	}
}

var gcounters = workload[*crdt.GCounter, crdt.Origin]{
	bottom: crdt.NewGCounter,
	update: func(at holder[*crdt.GCounter], e Event, origin crdt.Origin) (*crdt.GCounter, error) {
		return at.State().Increment(origin, uint64(max(e.Value, -e.Value)))
	},
	parts: func(s *crdt.GCounter) iter.Seq2[crdt.Origin, uint64] { return s.All() },
	maker: func(o crdt.Origin) int { return simnet.Number(replica.ID(o.Node)) },
}

// sum is one of the two sums of an origin in a PNCounter.
type sum struct {
	origin crdt.Origin
	down   bool
}

var pncounters = workload[*crdt.PNCounter, sum]{
	bottom: crdt.NewPNCounter,
	update: func(at holder[*crdt.PNCounter], e Event, origin crdt.Origin) (*crdt.PNCounter, error) {
		return at.State().Add(origin, e.Value)
	},
	parts: func(s *crdt.PNCounter) iter.Seq2[sum, uint64] {
		return func(yield func(sum, uint64) bool) {
			for origin, b := range s.All() {
				if b.Up > 0 && !yield(sum{origin, false}, b.Up) || b.Down > 0 && !yield(sum{origin, true}, b.Down) {
					return
				}
			}
		}
	},
	maker: func(s sum) int { return simnet.Number(replica.ID(s.origin.Node)) },
}
