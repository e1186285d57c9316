package sim

import (
	"strings"
	"testing"
	"time"
)

// TestShrinkLeavesWhatIsNeeded has schedules fail that have a node that crashes and
// loses its state after two updates at another node.
func TestShrinkLeavesWhatIsNeeded(t *testing.T) {
	fails := func(s Schedule) bool {
		updates := map[int]int{}
		for _, e := range s.Events {
			if e.What == Crash && e.Lose {
				for node, n := range updates {
					if node != e.Node && n >= 2 {
						return true
					}
				}
			}
			if e.What == Update {
				updates[e.Node]++
			}
		}
		return false
	}
	found := 0
	for seed := range uint64(200) {
		s := Generate(seed, Options{})
		if !fails(s) {
			continue
		}
		found++
		asked := 0
		got := Shrink(s, 10_000, func(s Schedule) bool {
			if asked++; s.Validate() != nil {
				t.Fatalf("seed %d: asked of what cannot be played: %v", seed, s.Validate())
			}
			return fails(s)
		})
		if len(got.Events) != 3 || got.Nodes != 2 || got.Loss+got.Duplication+got.Bandwidth > 0 || got.Shape != Constant {
			t.Errorf("seed %d: of %d events at %d nodes is left\n%v", seed, len(s.Events), s.Nodes, got)
		}
		if !fails(got) || asked > 10_000 {
			t.Errorf("seed %d: asked %d times, for one that fails: %v", seed, asked, fails(got))
		}
		if text := got.String(); strings.Count(text, "update") != 2 || strings.Count(text, "crash") != 1 {
			t.Errorf("seed %d: it reads\n%s", seed, text)
		}
	}
	if found < 5 {
		t.Errorf("%d of 200 schedules fail", found)
	}
}

// TestShrinkKeepsToItsBudget also if everything fails, and if nothing simpler does.
func TestShrinkKeepsToItsBudget(t *testing.T) {
	s := Generate(3, Options{})
	for _, always := range []bool{true, false} {
		asked := 0
		got := Shrink(s, 50, func(Schedule) bool { asked++; return always })
		if asked > 50 || !always && len(got.Events) != len(s.Events) {
			t.Errorf("asked %d times, left are %d of %d events", asked, len(got.Events), len(s.Events))
		}
	}
	got := Shrink(s, 100_000, func(Schedule) bool { return true })
	if len(got.Events) > 0 || got.Nodes != 2 || got.End > time.Millisecond {
		t.Errorf("of what always fails is left\n%v", got)
	}
}
