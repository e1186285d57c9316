package simnet

import (
	"testing"
	"time"

	"gset/crdt"
	"gset/internal/bench/checker"
	"gset/internal/bench/history"
	"gset/internal/bench/quantile"
)

// The bench's own checker finds in a simulated run what the simulation says of it.
func TestTheBenchsCheckerJudgesSimulatedRuns(t *testing.T) {
	for _, kind := range []string{"", "majority", "majorities-ring"} {
		net, err := New(Config{Nodes: 5, Interval: 250 * ms, Probe: 2 * time.Second, Seed: 1, Latency: Jittered(50*ms, ms), Carriers: true},
			crdt.NewGSet(crdt.Key{1, 1}))
		if err != nil {
			t.Fatal(err)
		}
		cutFiveSecondsInTen(net, kind, 1)
		h := &history.History{}
		r := RunBroadcast(net, Broadcast{Rate: 20, Duration: 10 * time.Second, Rest: 10 * time.Second, History: h})
		set := checker.CheckSet(h, "broadcast", "read")
		if set.Valid != checker.Valid || set.AttemptCount != r.Adds || set.StableCount != r.Adds || r.Adds < 50 || h.Len() != 2*r.Ops {
			t.Errorf("%q: verdict %v, %d of %d elements stable, %d entries of %d operations", kind, set.Valid, set.StableCount, r.Adds, h.Len(), r.Ops)
		}
		for q, got := range map[float64]int64{0: set.StableLatencies.Min, 0.5: set.StableLatencies.Median, 0.95: set.StableLatencies.P95, 1: set.StableLatencies.Max} {
			want := int64((quantile.At(r.Seen, q) + 1) / ms) // the checker counts the nanosecond of the read itself
			if got != want {
				t.Errorf("%q: quantile %v is %d ms, want %d", kind, q, got, want)
			}
		}
	}
}

func TestTheBenchsCheckerFindsWhatASimulatedRunLoses(t *testing.T) {
	net, err := New(Config{Nodes: 3, Interval: 250 * ms, Probe: 2 * time.Second, Seed: 1, Latency: Constant(10 * ms)}, crdt.NewGSet(crdt.Key{1, 1}))
	if err != nil {
		t.Fatal(err)
	}
	net.Cut = func(from, to int) bool { return true }
	h := &history.History{}
	r := RunBroadcast(net, Broadcast{Rate: 20, Duration: 5 * time.Second, Rest: time.Second, History: h})
	if set := checker.CheckSet(h, "broadcast", "read"); set.Valid != checker.Invalid || len(set.Lost) == 0 || r.Lost != r.Adds {
		t.Errorf("verdict %v, %d lost, %d of %d missing somewhere", set.Valid, len(set.Lost), r.Lost, r.Adds)
	}
}
