package rivals

import (
	"math/rand/v2"
	"testing"
)

// BenchmarkReconcile is of the table's scenarios. Of the time, a good part goes into what a
// way makes of the sets before it sends anything; replicas have that at hand.
//
//	go test ./internal/rivals -run '^$' -bench .
func BenchmarkReconcile(b *testing.B) {
	shrink := 1
	if testing.Short() {
		shrink = 50
	}
	for i, s := range scenarios(shrink) {
		b.Run(s.name, func(b *testing.B) {
			c := s.make(rand.New(rand.NewPCG(tableSeed, uint64(i))))
			for _, e := range c.entries {
				b.Run(e.name, func(b *testing.B) {
					var last cost
					for b.Loop() {
						var err error
						if last, err = e.reconcile(); err != nil {
							b.Fatal(err)
						}
					}
					b.ReportMetric(float64(last.bytes), "wire-bytes")
					b.ReportMetric(float64(last.trips), "trips")
				})
			}
		})
	}
}
