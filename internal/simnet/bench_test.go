package simnet

import (
	"runtime/debug"
	"testing"
	"time"

	"gset/crdt"
)

// BenchmarkDeliveries runs 25 nodes under 100 updates a second for 20 s of virtual time, as
// Maelstrom's broadcast does, without the reads.
//
//	go test ./internal/simnet -run '^$' -bench .
func BenchmarkDeliveries(b *testing.B) {
	defer debug.SetGCPercent(debug.SetGCPercent(800)) // as lab sim does
	for _, interval := range []time.Duration{250 * ms, 0} {
		b.Run("T="+interval.String(), func(b *testing.B) {
			delivered := 0
			b.ReportAllocs()
			for seed := uint64(1); b.Loop(); seed++ {
				net, err := New(Config{
					Nodes: 25, Interval: interval, Probe: 2 * time.Second, Seed: seed, Latency: Jittered(100*ms, ms),
				}, crdt.NewGSet(crdt.Key{1, 2}))
				if err != nil {
					b.Fatal(err)
				}
				for x := range int64(2000) {
					net.At(time.Duration(x)*10*ms, func() {
						net.Update(int(x*7%25), crdt.NewGSet(crdt.Key{1, 2}, x))
					})
				}
				net.Run(22 * time.Second)
				delivered += net.Delivered
			}
			b.ReportMetric(float64(delivered)/b.Elapsed().Seconds(), "deliveries/s")
		})
	}
}
