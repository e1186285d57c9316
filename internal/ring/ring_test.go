package ring

import (
	"fmt"
	"slices"
	"testing"

	"pgregory.net/rapid"
)

// names returns n names.
func names(n int) []string {
	all := make([]string, n)
	for i := range all {
		all[i] = fmt.Sprintf("n%d", i)
	}
	return all
}

// TestNobodysTurnComesTwiceBeforeEveryOther holds for any number of members, and the turn is never one's own.
func TestNobodysTurnComesTwiceBeforeEveryOther(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		n := rapid.IntRange(2, 200).Draw(t, "members")
		r, turn := New(names(n)), Turn{rapid.Uint64().Draw(t, "order"), rapid.Uint64().Draw(t, "at")}
		for range 3 {
			seen := map[string]bool{}
			for range n - 1 {
				seen[Next(&turn, r, "n0")] = true
			}
			if len(seen) != n-1 || seen["n0"] {
				t.Fatalf("%d of %d members have their turn; it is one's own: %v", len(seen), n-1, seen["n0"])
			}
		}
	})
}

// TestATurnSurvivesAChangeOfTheRing: after a change nobody waits for more than all others.
func TestATurnSurvivesAChangeOfTheRing(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		all := names(12)
		turn := Turn{Order: rapid.Uint64().Draw(t, "order")}
		for range 20 {
			some := rapid.SliceOfNDistinct(rapid.SampledFrom(all[1:]), 1, 11, rapid.ID[string]).Draw(t, "others")
			r := New(append(some, "n0"))
			seen := map[string]bool{}
			for range some {
				seen[Next(&turn, r, "n0")] = true
			}
			if len(seen) != len(some) {
				t.Fatalf("of %v only %v have their turn", some, seen)
			}
		}
	})
}

// TestArcsHaveEveryMemberOnce: all between two points but for two, in at most fanout arcs, in the order of the ring.
func TestArcsHaveEveryMemberOnce(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		all := names(rapid.IntRange(1, 60).Draw(t, "members"))
		r, fanout := New(all), rapid.IntRange(2, 10).Draw(t, "fanout")
		begin := rapid.Uint64().Draw(t, "begin")
		end := rapid.OneOf(rapid.Just(begin), rapid.Uint64()).Draw(t, "end")
		except := [2]string{rapid.SampledFrom(all).Draw(t, "who cuts"), rapid.SampledFrom(all).Draw(t, "root")}
		var want, got []string
		for _, m := range r {
			if (begin == end || m.Point-begin < end-begin) && !slices.Contains(except[:], m.ID) {
				want = append(want, m.ID)
			}
		}
		arcs := 0
		for a := range r.Arcs(begin, end, fanout, except) {
			arcs++
			for _, m := range r {
				if (m.ID == a.First.ID || a.Has(m.Point)) && !slices.Contains(except[:], m.ID) {
					got = append(got, m.ID)
					if !a.More && m.ID != a.First.ID {
						t.Errorf("%q follows in an arc that has nobody else", m.ID)
					}
				}
			}
		}
		slices.Sort(want)
		slices.Sort(got)
		if arcs > fanout || !slices.Equal(got, want) {
			t.Errorf("%d arcs have %v, want %v", arcs, got, want)
		}
	})
}

// TestArcsArePacked: few inner members that can fail. Of 1,000 members and a fanout of 128 all but eight
// are leaves of the tree.
func TestArcsArePacked(t *testing.T) {
	inner, arcs := 0, 0
	for a := range New(names(1000)).Arcs(0, 0, 128, [2]string{"n0"}) {
		arcs++
		if a.More {
			inner++
		}
	}
	if arcs != 128 || inner > 7 {
		t.Errorf("%d of %d arcs have more than one member", inner, arcs)
	}
}
