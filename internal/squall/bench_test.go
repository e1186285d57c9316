package squall

import (
	"slices"
	"testing"
	"time"
)

// BenchmarkEcho measures how many operations a second the bench carries, with
// nodes, clients and bench on the same machine:
//
//	go test -run - -bench Echo ./internal/squall
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
				if r.Valid != Valid {
					b.Fatalf("the test was %v", r.Valid)
				}
				ops += r.Stats.Count
				busy += o.TimeLimit
			}
			b.ReportMetric(float64(ops)/busy.Seconds(), "ops/s")
		})
	}
}

// BenchmarkHop measures how late messages arrive that are sent one by one, beyond
// their latency: half of them later than p50-late. Over five hops of a broadcast a
// millisecond each would be seen.
//
//	go test -run - -bench Hop ./internal/squall
func BenchmarkHop(b *testing.B) {
	const latency = 7 * time.Millisecond
	for name, newAlarm := range alarms {
		b.Run(name, func(b *testing.B) {
			m := machine{newAlarm: newAlarm}
			n, err := newNetwork(m, newLatencySource(Constant, int(latency.Milliseconds()), nil), &lossSource{})
			if err != nil {
				b.Fatal(err)
			}
			defer n.close()
			n.join("n1", nil)
			ep := n.join("n2", nil)
			var late []time.Duration
			for b.Loop() {
				box := newInbox(n, 1)
				ep.sink = box
				sent := n.now()
				n.post(b, "n1", "n2", "x")
				<-box.all
				late = append(late, box.at[0]-sent-latency)
			}
			slices.Sort(late)
			for name, q := range map[string]int{"p50-late-us": 50, "p99-late-us": 99} {
				b.ReportMetric(float64(late[len(late)*q/100].Nanoseconds())/1000, name)
			}
		})
	}
}
