package simnet

import (
	"math/rand/v2"
	"testing"
	"time"

	"gset/crdt"
)

// TestADeadHubIsReplaced stops the hub for good, in a network where nothing is ever found
// by a probe. Updates go on getting everywhere, and soon as fast as before.
func TestADeadHubIsReplaced(t *testing.T) {
	const (
		nodes, interval, hop = 7, 250 * ms, 100 * ms
		dies                 = 5 * time.Second
		// The hub is asked twice: T and a timeout, then T and two of them. The next
		// hub has an interval and two hops, if the coin does not draw the dead one.
		slow = 3*interval + 4*2*hop + 4*hop
	)
	for seed := range uint64(runs(30)) {
		net, err := New(Config{
			Nodes: nodes, Interval: interval, Probe: time.Hour, Seed: seed, Latency: Jittered(hop, ms),
		}, crdt.NewGSet(crdt.Key{1, 2}))
		if err != nil {
			t.Fatal(err)
		}
		rng := rand.New(rand.NewPCG(seed, 6))
		hub := Number(net.Replica(0).Hub())
		var added []time.Duration
		last := map[int64]time.Duration{}
		have := map[int64]int{}
		net.OnGrow = func(node int, novel *crdt.GSet) {
			if novel != nil {
				for x := range novel.All() {
					last[x] = net.Now()
					have[x]++
				}
			}
		}
		net.At(dies, func() { net.Stop(hub) })
		for at := time.Duration(0); at < 4*dies; at += time.Duration(rng.Int64N(int64(60 * ms))) {
			net.At(at, func() {
				node := rng.IntN(nodes)
				if node == hub { // what it has told nobody dies with it
					return
				}
				added = append(added, net.Now())
				net.Update(node, crdt.NewGSet(crdt.Key{1, 2}, int64(len(added)-1)))
			})
		}
		net.Run(6 * dies)
		for x, at := range added {
			x := int64(x)
			if at < dies-time.Second {
				continue
			}
			limit := time.Duration(slow)
			if at > dies+2*slow {
				limit = 2*interval + 2*hop
			}
			if latency := last[x] - at; have[x] < nodes-1 || latency > limit {
				t.Errorf("seed %d: element %d, added %v after the hub's death, is at %d nodes after %v, allowed are %v", seed, x, at-dies, have[x], latency, limit)
				break
			}
		}
	}
}
