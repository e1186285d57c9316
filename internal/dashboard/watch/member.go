package watch

import (
	"fmt"
	"strconv"
	"time"

	"gset/internal/dashboard"
	"gset/internal/histogram"
	"gset/replica/cluster"
)

// fillCluster fills in what a member of a cluster tells.
func fillCluster(s *dashboard.State, from cluster.Status) {
	n := &s.Node
	n.Address, n.Incarnation = from.Address, fmt.Sprintf("%016x", from.Incarnation)
	n.View, n.Hub = strconv.FormatUint(from.Engine.View, 10), dashboard.Name(from.Engine.Hub)
	n.Pending, n.RoundTrip = from.Pending, milliseconds(from.Engine.RoundTrip)
	for _, m := range from.Members {
		if len(s.Members) == maxMembers {
			s.More++
			continue
		}
		s.Members = append(s.Members, member(m))
	}
	s.Latency = latencies(from)
	for _, t := range from.Traffic {
		s.Traffic = append(s.Traffic, dashboard.Traffic{
			Kind: t.Kind, Sent: t.SentFrames, SentBytes: t.SentBytes, Heard: t.ReceivedFrames, HeardBytes: t.ReceivedBytes,
		})
	}
}

func member(from cluster.MemberStatus) dashboard.Member {
	m := dashboard.Member{
		Name: dashboard.Name(from.Name), Address: from.Address, Up: !from.Down, Since: from.Since.Seconds(),
		Equal: from.Equal, Behind: from.Behind.Seconds(), Connected: from.Connected,
		Waiting: from.Waiting, Sent: from.Sent, Dropped: from.Dropped,
	}
	if from.Life != 0 {
		m.Life = fmt.Sprintf("%016x", from.Life)
	}
	if from.Err != nil {
		m.Problem = clip(from.Err.Error())
	}
	return m
}

// latencies returns how long the first members have taken to hold this node's updates.
func latencies(from cluster.Status) (all []dashboard.Latency) {
	for _, m := range from.Members[:min(len(from.Members), maxMembers)] {
		if m.Latency.Count > 0 {
			all = append(all, latency(dashboard.Name(from.Name), m))
		}
	}
	return all
}

func latency(self dashboard.Name, m cluster.MemberStatus) dashboard.Latency {
	h := &m.Latency.Histogram
	return dashboard.Latency{
		From: self, To: dashboard.Name(m.Name), P50: quantile(h, 0.5), P99: quantile(h, 0.99), Count: h.Count,
		Last: milliseconds(m.Latency.Last), Missed: m.Latency.Missed,
	}
}

// quantile returns a bound of a part of what a histogram has counted, in milliseconds: that of the
// bucket in which the part is full.
func quantile(h *histogram.Histogram, part float64) float64 {
	want := max(uint64(part*float64(h.Count)+0.999999), 1)
	sum := uint64(0)
	for i, n := range h.Bucket {
		if sum += n; sum >= want {
			if bound := histogram.Bound(i); bound >= 0 {
				return milliseconds(bound)
			}
		}
	}
	return milliseconds(histogram.Bound(histogram.Buckets-2)) * 2
}

func milliseconds(d time.Duration) float64 { return float64(d) / float64(time.Millisecond) }
