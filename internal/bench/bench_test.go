package bench

import (
	"testing"
	"time"

	"gset/internal/bench/checker"
)

// BenchmarkEcho measures how many operations a second the bench carries, with
// nodes, clients and bench on the same machine:
//
//	go test -run - -bench Echo ./internal/bench
func BenchmarkEcho(b *testing.B) {
	for _, concurrency := range []string{"1n", "4n"} {
		b.Run(concurrency, func(b *testing.B) {
			b.Setenv(behaviourVar, "echo")
			o := testOptions(b, "echo")
			o.NodeCount = 5
			o.Concurrency = concurrency
			o.TimeLimit = 2 * time.Second
			o.Rate = 1e6
			o.Log = nil
			o.StoreDir = ""
			ops, busy := 0, time.Duration(0)
			for b.Loop() {
				r, err := Run(b.Context(), o)
				if err != nil {
					b.Fatal(err)
				}
				if r.Valid != checker.Valid {
					b.Fatalf("the test was %v", r.Valid)
				}
				ops += r.Stats.Count
				busy += o.TimeLimit
			}
			b.ReportMetric(float64(ops)/busy.Seconds(), "ops/s")
		})
	}
}
