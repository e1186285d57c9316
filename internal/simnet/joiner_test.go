package simnet

import (
	"math/rand/v2"
	"testing"
	"time"

	"gset/crdt"
	"gset/replica"
)

// TestALateJoinerCatchesUpOnALargeState has two nodes that share a large state and a
// third that starts with nothing, on a network that carries 40 kB a message; simnet
// panics at any message above that.
func TestALateJoinerCatchesUpOnALargeState(t *testing.T) {
	share := 1
	if testing.Short() {
		share = 10
	}
	for _, c := range []struct {
		name string
		n    int
		at   func(i int, rng *rand.Rand) int64
	}{
		{"dense", 1_000_000 / share, func(i int, _ *rand.Rand) int64 { return int64(i) }},
		{"every seventh", 1_000_000 / share, func(i int, _ *rand.Rand) int64 { return int64(7 * i) }},
		{"random", 200_000 / share, func(_ int, rng *rand.Rand) int64 { return int64(rng.Uint64()) }},
	} {
		t.Run(c.name, func(t *testing.T) {
			t.Parallel()
			const seed = 1
			rng := rand.New(rand.NewPCG(seed, 5))
			state := crdt.NewGSet(crdt.Key{1, 2})
			for i := range c.n {
				state.Insert(c.at(i, rng))
			}
			net, err := New(Config{
				Nodes: 3, Interval: 250 * ms, Probe: 2 * time.Second, Seed: seed, Latency: Constant(100 * ms),
			}, crdt.NewGSet(crdt.Key{1, 2}))
			if err != nil {
				t.Fatal(err)
			}
			for node := range 2 {
				net.Stop(node)
				if err := net.Start(node, state.Clone()); err != nil {
					t.Fatal(err)
				}
			}
			for !net.Converged() && net.Now() < 20*time.Second {
				net.Run(net.Now() + 100*ms)
			}
			if !net.Replica(2).State().Equal(state) {
				t.Fatalf("after %v the joiner has %d of %d elements", net.Now(), net.Replica(2).State().Len(), c.n)
			}
			whole, err := state.AppendBinary(nil)
			if err != nil {
				t.Fatal(err)
			}
			if most := 3*len(whole) + 2000; net.Bytes > most {
				t.Errorf("it took %d bytes until all were equal, more than %d", net.Bytes, most)
			}
			t.Logf("equal after %v, %d bytes in %d messages of up to %d; the state is %d bytes", net.Now(), net.Bytes, net.Sent, net.Largest, len(whole))
			net.Run(net.Now() + 4*time.Second) // what is still under way
			t.Logf("in all %d bytes in %d messages: %v", net.Bytes, net.Sent, net.Kinds)
			probes := net.Kinds[replica.Probe]
			sent := net.Sent
			net.Run(net.Now() + 20*time.Second)
			if others := net.Sent - sent - (net.Kinds[replica.Probe] - probes); others > 0 {
				t.Errorf("%d messages that are no probes after all is equal", others)
			}
		})
	}
}
