package simnet

import (
	"fmt"
	"math/big"
	"math/rand/v2"
	"testing"
	"time"

	"gset/crdt"
)

// TestCountersAreNeverStalerThanAnIntervalAndTwoHops reads a counter at a random node
// after every add. Whole and without loss, the network owes every read all that was
// added up to an interval and two hops before, and nobody may count an add twice.
// In the first two seconds the cluster finds its phase, and an eighth of an interval more is allowed.
func TestCountersAreNeverStalerThanAnIntervalAndTwoHops(t *testing.T) {
	for _, nodes := range []int{3, 25} {
		for _, hop := range []time.Duration{0, 100 * time.Millisecond} {
			for _, interval := range []time.Duration{0, 250 * time.Millisecond} {
				t.Run(fmt.Sprintf("%d nodes, %v, T=%v", nodes, hop, interval), func(t *testing.T) {
					t.Parallel()
					for seed := range uint64(5) {
						testStaleness(t, nodes, hop, interval, seed)
					}
				})
			}
		}
	}
}

func testStaleness(t *testing.T, nodes int, hop, interval time.Duration, seed uint64) {
	const second = time.Second
	n, err := New(Config{Nodes: nodes, Interval: interval, Probe: 2 * second, Seed: seed, Latency: Constant(hop)}, crdt.NewPNCounter(crdt.Key{seed, 1}))
	if err != nil {
		t.Fatal(err)
	}
	type add struct {
		at  time.Duration
		sum int64 // of all adds up to this one
	}
	var (
		rng  = rand.New(rand.NewPCG(seed, 3))
		adds = []add{{}}
		owed = func(at time.Duration) int64 { // what had been added by then
			for i := len(adds) - 1; ; i-- {
				if adds[i].at <= at || i == 0 {
					return adds[i].sum
				}
			}
		}
		slack = interval + 2*hop + 20*time.Millisecond
	)
	for at := time.Duration(0); at < 20*second; at += time.Duration(rng.Float64() * 0.02 * float64(second)) {
		node, reader, d := rng.IntN(nodes), rng.IntN(nodes), rng.Int64N(5)
		n.At(at, func() {
			delta, err := n.Replica(node).State().Add(crdt.Origin{Node: fmt.Sprint(node), Incarnation: 1}, d)
			if err != nil {
				t.Fatal(err)
			}
			n.Update(node, delta)
			adds = append(adds, add{at, adds[len(adds)-1].sum + d})
			value := n.Replica(reader).State().Value()
			allowed := slack
			if at < 2*second {
				allowed += interval / 8
			}
			now, then := adds[len(adds)-1].sum, owed(at-allowed)
			if value.Cmp(big.NewInt(then)) < 0 || value.Cmp(big.NewInt(now)) > 0 {
				t.Fatalf("seed %d: at %v node %d reads %v, where %d to %d is owed", seed, at, reader, value, then, now)
			}
		})
	}
	n.Run(30 * second)
	for node := range nodes {
		if value := n.Replica(node).State().Value(); value.Cmp(big.NewInt(adds[len(adds)-1].sum)) != 0 {
			t.Errorf("seed %d: node %d ends with %v, want %d", seed, node, value, adds[len(adds)-1].sum)
		}
	}
}
