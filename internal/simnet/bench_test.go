package simnet

import (
	"runtime/debug"
	"testing"
	"time"

	"gset/crdt"
)

// BenchmarkBroadcast runs Maelstrom's broadcast load for 20 s of virtual time.
//
//	go test ./internal/simnet -run '^$' -bench .
func BenchmarkBroadcast(b *testing.B) {
	defer debug.SetGCPercent(debug.SetGCPercent(800)) // as squall sim does
	delivered := 0
	for seed := uint64(1); b.Loop(); seed++ {
		net, err := New(Config{
			Nodes: 25, Interval: 250 * ms, Probe: 2 * time.Second, Seed: seed, Latency: Jittered(100*ms, ms),
		}, crdt.NewGSet(crdt.Key{}))
		if err != nil {
			b.Fatal(err)
		}
		RunBroadcast(net, Broadcast{Rate: 100, Duration: 20 * time.Second, Rest: 10 * time.Second})
		delivered += net.Delivered
	}
	b.ReportMetric(float64(delivered)/b.Elapsed().Seconds(), "deliveries/s")
}
