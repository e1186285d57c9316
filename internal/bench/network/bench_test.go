package network

import (
	"slices"
	"testing"
	"time"

	"gset/internal/bench/latency"
)

// BenchmarkHop measures how late messages arrive that are sent one by one, beyond
// their latency: half of them later than p50-late. Over five hops of a broadcast a
// millisecond each would be seen.
//
//	go test -run - -bench Hop ./internal/bench/network
func BenchmarkHop(b *testing.B) {
	const delay = 7 * time.Millisecond
	for name, newAlarm := range alarms {
		b.Run(name, func(b *testing.B) {
			n, err := New(newAlarm, NewLatency(latency.Constant, int(delay.Milliseconds()), nil), &Loss{}, nil)
			if err != nil {
				b.Fatal(err)
			}
			defer n.Close()
			n.Join("n1", nil)
			ep := n.Join("n2", nil)
			var late []time.Duration
			for b.Loop() {
				box := newInbox(n, 1)
				ep.sink = box
				sent := n.Now()
				n.post(b, "n1", "n2", "x")
				<-box.all
				late = append(late, box.at[0]-sent-delay)
			}
			slices.Sort(late)
			for name, q := range map[string]int{"p50-late-us": 50, "p99-late-us": 99} {
				b.ReportMetric(float64(late[len(late)*q/100].Nanoseconds())/1000, name)
			}
		})
	}
}
