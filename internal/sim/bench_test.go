package sim

import (
	"testing"
	"time"
)

// BenchmarkPlay plays 25 nodes under a load, with all invariants checked: first without
// faults, then with all that the seeds give.
//
//	go test ./internal/sim -run '^$' -bench .
func BenchmarkPlay(b *testing.B) {
	nodes, interval, probe, hop, length, loss, rate := 25, 250*time.Millisecond, 2*time.Second, 100*time.Millisecond, 20*time.Second, 0, 100.0
	for _, c := range []struct {
		name    string
		options Options
	}{
		{"quiet", Options{
			Nodes: &nodes, Lattice: GSet, Interval: &interval, Probe: &probe, Hop: &hop, Length: &length, Loss: &loss, Rate: &rate, Faults: []What{},
		}},
		{"faults", Options{}},
	} {
		b.Run(c.name, func(b *testing.B) {
			delivered := 0
			for seed := uint64(0); b.Loop(); seed++ {
				r := Play(Generate(seed, c.options))
				if r.Violation != nil {
					b.Fatalf("seed %d: %v", seed, r.Violation)
				}
				delivered += r.Delivered
			}
			b.ReportMetric(float64(delivered)/b.Elapsed().Seconds(), "deliveries/s")
		})
	}
}
