package scale

import (
	"bytes"
	"fmt"
	"testing"
	"time"
)

// TestGoalsOfSteadyLoad holds the clusters of docs/SCALE.md against its goals. 10,000 members
// take too long for a test; make scale has them.
func TestGoalsOfSteadyLoad(t *testing.T) {
	clusters := []Cluster{{Nodes: 5}, {Nodes: 25}, {Nodes: 100}, {Nodes: 100, Fanout: 10}, {Nodes: 1000}}
	if testing.Short() {
		clusters = clusters[:4]
	}
	for _, c := range clusters {
		c.Rate, c.Seed = Rate(c.Nodes), 1
		t.Run(fmt.Sprintf("%d members, fanout %d", c.Nodes, c.fanout()), func(t *testing.T) {
			s, err := MeasureSteady(c, steadyLength)
			if err != nil {
				t.Fatal(err)
			}
			t.Logf("%d rounds, m %.1f, ratio %.4f; median %v, at most %v; bursts of %d", s.Rounds, s.M, s.Ratio, s.Median, s.Goal(), s.Burst)
			if s.Rounds < 40 || s.Ratio > RatioGoal || s.Ratio < 0.95 {
				t.Errorf("%.1f messages a round are %.3f times the floor, in %d rounds", s.Messages, s.Ratio, s.Rounds)
			}
			if s.Median > s.Goal() {
				t.Errorf("the median latency is %v, above %v", s.Median, s.Goal())
			}
			if s.Burst > c.fanout() {
				t.Errorf("a burst of %d messages, the fanout is %d", s.Burst, c.fanout())
			}
			if s.Missing > 0 || s.Late < 0 || s.Late > 2*time.Second {
				t.Errorf("%d elements are missing somewhere, converged after %v", s.Missing, s.Late)
			}
		})
	}
}

// TestTheSameSeedGivesTheSameNumbers, but for those that depend on the machine.
func TestTheSameSeedGivesTheSameNumbers(t *testing.T) {
	c := Cluster{Nodes: 50, Fanout: 8, Rate: 100, Seed: 7}
	var all [2]Steady
	for i := range all {
		s, err := MeasureSteady(c, 3*time.Second)
		if err != nil {
			t.Fatal(err)
		}
		s.PerReplica, s.Deliveries, s.Wall = 0, 0, 0
		all[i] = s
	}
	if all[0] != all[1] {
		t.Errorf("%+v, and then %+v", all[0], all[1])
	}
}

func TestHalvesRecoverSoon(t *testing.T) {
	for _, fanout := range []int{8, 99} {
		h, err := MeasureHeal(Cluster{Nodes: 100, Fanout: fanout, Rate: 100, Seed: 1})
		if err != nil {
			t.Fatal(err)
		}
		if h.Elements == 0 || h.Took <= 0 || h.Took > 3*time.Second {
			t.Errorf("fanout %d: %d elements apart, everywhere after %v", fanout, h.Elements, h.Took)
		}
	}
}

// TestAFailedMemberCostsAScatterNowAndThen since every scatter goes down another tree, and the next
// ones repeat what was missed.
func TestAFailedMemberCostsAScatterNowAndThen(t *testing.T) {
	for seed := range uint64(3) {
		f, err := MeasureFailure(Cluster{Nodes: 100, Fanout: 10, Rate: 100, Seed: seed}, 1)
		if err != nil {
			t.Fatal(err)
		}
		t.Logf("seed %d: %+v", seed, f)
		if f.Missed > 0.03 || f.Slow > 0.03 || f.Views > 0 || f.PerSecond > 1.1 {
			t.Errorf("seed %d: %+v", seed, f)
		}
	}
}

func TestOneInTwentyThatFailSlowFewUpdates(t *testing.T) {
	f, err := MeasureFailure(Cluster{Nodes: 200, Fanout: 14, Rate: 200, Seed: 1}, 10)
	if err != nil {
		t.Fatal(err)
	}
	t.Logf("%+v", f)
	if f.Missed > 0.1 || f.Slow > 0.05 || f.Views > 0 {
		t.Errorf("%+v", f)
	}
}

func TestTheDepthOfATree(t *testing.T) {
	for _, c := range []struct{ n, fanout, depth, inner int }{
		{2, 64, 1, 0}, {65, 64, 1, 0}, {66, 64, 2, 1}, {129, 64, 2, 1}, {130, 64, 2, 2}, {4161, 64, 2, 64}, {4162, 64, 3, 65},
	} {
		got := Cluster{Nodes: c.n, Fanout: c.fanout}
		if got.Depth() != c.depth || got.Inner() != c.inner {
			t.Errorf("%d members at a fanout of %d are %d deep with %d inner nodes, want %d and %d", c.n, c.fanout, got.Depth(), got.Inner(), c.depth, c.inner)
		}
	}
}

// TestThePageHasAPlaceForEveryNumber writes it without measuring.
func TestThePageHasAPlaceForEveryNumber(t *testing.T) {
	r := Results{Seed: 1}
	for _, n := range Sizes {
		c := Cluster{Nodes: n, Fanout: 128, Rate: Rate(n)}
		r.Steady = append(r.Steady, Steady{Cluster: c, Sent: 1, Ratio: 1, Burst: 129})
		r.Heal = append(r.Heal, Heal{Cluster: c, Took: -1})
	}
	for _, n := range Wide {
		for _, fanout := range Fanouts {
			r.Fanouts = append(r.Fanouts, Steady{Cluster: Cluster{Nodes: n, Fanout: fanout}})
		}
		for _, fanout := range Failing {
			r.Percent = append(r.Percent, Failures{Cluster: Cluster{Nodes: n, Fanout: fanout}, Stopped: n / 100})
		}
		r.One = append(r.One, Failures{Cluster: Cluster{Nodes: n, Fanout: 128}, Stopped: 1})
		r.Five = append(r.Five, Failures{Cluster: Cluster{Nodes: n, Fanout: 128}, Stopped: n / 20})
	}
	r.Slow = r.Fanouts
	page, err := r.Page()
	if err != nil {
		t.Fatal(err)
	}
	for _, want := range []string{"| 10,000 | 1,000 | 2 |", "| 10,000 | direct | 1 |", "| 129 | **no** |", "| 10,000 | **128** | 500 |", "never"} {
		if !bytes.Contains(page, []byte(want)) {
			t.Errorf("%q is missing in\n%s", want, page)
		}
	}
}
