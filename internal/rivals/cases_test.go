package rivals

import (
	"fmt"
	"math/rand/v2"
	"strconv"

	"gset/crdt"
)

// A scenario is what two states have in common and how they differ.
type scenario struct {
	name  string
	what  string
	pairs int // of states, to take the median of
	make  func(*rand.Rand) contest
}

// smallPairs is how many pairs of small states to take the median of. Luck decides whether a sketch
// is long enough at first, so a single pair says little.
const smallPairs = 101

// Goals that have a number, in bytes. The others follow from the sets.
const (
	goalEqual    = 64
	goalHealed   = 2_000
	goalRandom   = 20_000
	goalSmall    = 200
	goalCounters = 1_000
)

// views is how many views the replicas may be in. Either of the two is the hub in about
// half of them. A view below 128 takes one byte in a message.
const views = 128

// key is the hash key of all states.
var key = crdt.Key{1, 2}

// scenarios returns all of them, their large sets divided by a number. How many elements
// two sets differ in does not change, where that is few.
func scenarios(shrink int) []scenario {
	million, values, disjoint := 1_000_000/shrink, 200_000/shrink, 100_000/shrink
	small := func(name, what string, make func(*rand.Rand) (a, b *crdt.GSet)) scenario {
		return scenario{"small, " + name, "0 to 999, " + what, smallPairs, func(r *rand.Rand) contest {
			a, b := make(r)
			return sets(r, goalSmall, a, b)
		}}
	}
	return []scenario{
		{"equal", digits(million) + " dense", 1, func(r *rand.Rand) contest {
			return sets(r, goalEqual, dense(0, million), dense(0, million))
		}},
		{"healed partition", digits(million) + " dense in common, 1,000 recent ones on each side", 1, func(r *rand.Rand) contest {
			a, b := dense(0, million), dense(0, million)
			for i, k := range r.Perm(2000) {
				side := a
				if i%2 == 1 {
					side = b
				}
				side.Insert(int64(million + k))
			}
			return sets(r, goalHealed, a, b)
		}},
		{"scattered", digits(million) + " dense, 500 missing on each side", 1, func(r *rand.Rand) contest {
			a, b := scattered(r, million, 500)
			return sets(r, runs(a), a, b)
		}},
		{"random", digits(values) + " random in common, 100 more on each side", 1, func(r *rand.Rand) contest {
			common := random(r, values)
			a, b := random(r, 100), random(r, 100)
			a.Join(common)
			b.Join(common)
			return sets(r, goalRandom, a, b)
		}},
		small("one missing", "one missing on one side", func(r *rand.Rand) (a, b *crdt.GSet) {
			return dense(0, 1000), denseBut(1000, r.IntN(1000))
		}),
		small("scattered", "10 missing on each side", func(r *rand.Rand) (a, b *crdt.GSet) {
			return scattered(r, 1000, 10)
		}),
		small("fresh", "an empty set asks", func(r *rand.Rand) (a, b *crdt.GSet) {
			return dense(0, 0), dense(0, 1000)
		}),
		small("halves", "the lower half on one side, the upper on the other", func(r *rand.Rand) (a, b *crdt.GSet) {
			return dense(0, 500), dense(500, 1000)
		}),
		small("random halves", "a random half on each side", func(r *rand.Rand) (a, b *crdt.GSet) {
			return denseBut(1000, r.Perm(1000)[:500]...), denseBut(1000, r.Perm(1000)[:500]...)
		}),
		{"fresh, dense", "an empty set asks one of " + digits(million) + " dense", 1, func(r *rand.Rand) contest {
			a, b := dense(0, 0), dense(0, million)
			return sets(r, states(b), a, b)
		}},
		{"asked, dense", "the same, the other one asks", 1, func(r *rand.Rand) contest {
			a, b := dense(0, million), dense(0, 0)
			return sets(r, states(a), a, b)
		}},
		{"fresh, random", "an empty set asks one of " + digits(values) + " random", 1, func(r *rand.Rand) contest {
			a, b := dense(0, 0), random(r, values)
			return sets(r, states(b), a, b)
		}},
		{"asked, random", "the same, the other one asks", 1, func(r *rand.Rand) contest {
			a, b := random(r, values), dense(0, 0)
			return sets(r, states(a), a, b)
		}},
		{"disjoint, dense", digits(disjoint) + " on each side, nothing in common", 1, func(r *rand.Rand) contest {
			a, b := dense(0, disjoint), dense(disjoint, 2*disjoint)
			return sets(r, states(a, b), a, b)
		}},
		{"disjoint, random", digits(disjoint) + " on each side, nothing in common", 1, func(r *rand.Rand) contest {
			a, b := random(r, disjoint), random(r, disjoint)
			return sets(r, states(a, b), a, b)
		}},
		{"counters", "1,000 entries, 5 greater on each side", smallPairs, func(r *rand.Rand) contest {
			a, b := counters(r, 1000, 5)
			return newContest(goalCounters, a, b, counterWays(r.Uint64N(views)))
		}},
	}
}

func sets(r *rand.Rand, goal int, a, b *crdt.GSet) contest {
	return newContest(goal, a, b, setWays(r.Uint64N(views)))
}

// states is the goal where whole states have to be sent: a tenth more than their binary
// forms, and no less than for small sets.
func states(sets ...*crdt.GSet) int {
	total := 0
	for _, s := range sets {
		data, err := s.AppendBinary(nil)
		if err != nil {
			panic(err) // too large, and no scenario is
		}
		total += len(data)
	}
	return max(total+total/10, goalSmall)
}

// runs is the goal where one side as runs is not much to send: its size as a bitmap.
func runs(s *crdt.GSet) int {
	data, err := serialise(toRoaring(s))
	if err != nil {
		panic(err) // nothing is written but memory
	}
	return len(data)
}

// dense returns the integers from first up to end, which is not in it.
func dense(first, end int) *crdt.GSet {
	s := crdt.NewGSet(key)
	for x := first; x < end; x++ {
		s.Insert(int64(x))
	}
	return s
}

// denseBut returns the first n integers but some.
func denseBut(n int, missing ...int) *crdt.GSet {
	gone := make(map[int]bool)
	for _, x := range missing {
		gone[x] = true
	}
	s := crdt.NewGSet(key)
	for x := range n {
		if !gone[x] {
			s.Insert(int64(x))
		}
	}
	return s
}

// scattered returns the first n integers twice, each without some that the other has.
func scattered(r *rand.Rand, n, missing int) (a, b *crdt.GSet) {
	gone := r.Perm(n)
	return denseBut(n, gone[:missing]...), denseBut(n, gone[missing:2*missing]...)
}

func random(r *rand.Rand, n int) *crdt.GSet {
	s := crdt.NewGSet(key)
	for s.Len() < n {
		s.Insert(int64(r.Uint64()))
	}
	return s
}

// counters returns counters of n entries, of which some are greater in each.
func counters(r *rand.Rand, n, greater int) (a, b *crdt.GCounter) {
	a = crdt.NewGCounter(key)
	origin := func(i int) crdt.Origin { return crdt.Origin{Node: fmt.Sprintf("n%d", i), Incarnation: uint64(i)} }
	add := func(c *crdt.GCounter, i int) {
		delta, err := c.Increment(origin(i), 1+r.Uint64N(1000))
		if err != nil {
			panic(err) // an overflow, and the sums are small
		}
		c.Join(delta)
	}
	for i := range n {
		add(a, i)
	}
	b = a.Clone()
	for i, k := range r.Perm(n)[:2*greater] {
		if i < greater {
			add(a, k)
		} else {
			add(b, k)
		}
	}
	return a, b
}

// digits writes a number with commas.
func digits(n int) string {
	s := strconv.Itoa(n)
	for i := len(s) - 3; i > 0; i -= 3 {
		s = s[:i] + "," + s[i:]
	}
	return s
}
