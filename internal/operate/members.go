package operate

import (
	"strconv"

	"gset/internal/gsetd"
	"gset/replica"
	"gset/replica/cluster"
)

// member sends what a member of a cluster has.
func (e emitter) member(s *gsetd.Snapshot) {
	m := s.Status.Member
	if m == nil {
		return
	}
	e.gauge("elements", float64(m.Elements))
	e.gauge("pending_updates", float64(m.Pending))
	e.gauge("view", float64(m.Engine.View))
	e.truth("hub", string(m.Engine.Hub) == m.Name)
	e.gauge("round_trip_seconds", m.Engine.RoundTrip.Seconds())
	down := 0
	for i := range m.Members {
		if m.Members[i].Down {
			down++
		}
		e.other(&m.Members[i])
	}
	e.gauge("members", float64(len(m.Members)-down), "up")
	e.gauge("members", float64(down), "down")
	for why, n := range m.RefusedWhy {
		by := "this node"
		if why.ByPeer {
			by = "peer"
		}
		e.count("member_connections_refused_total", n, by, why.Kind)
	}
	e.traffic(m)
}

// other sends what is known of another member.
func (e emitter) other(m *cluster.MemberStatus) {
	e.truth("member_up", !m.Down, m.Name)
	e.truth("member_connected", m.Connected, m.Name)
	e.truth("member_equal", m.Equal, m.Name)
	e.gauge("member_behind_seconds", m.Behind.Seconds(), m.Name)
	if m.Proved >= 0 {
		e.gauge("member_proved_seconds", m.Proved.Seconds(), m.Name)
	}
	if m.Heard >= 0 {
		e.gauge("member_beacon_age_seconds", m.Heard.Seconds(), m.Name)
	}
	if m.Latency.Count+m.Latency.Missed > 0 {
		e.durations("replication_latency_seconds", &m.Latency.Histogram, 8, 1, m.Name)
		e.gauge("replication_latency_last_seconds", m.Latency.Last.Seconds(), m.Name)
		e.count("replication_missed_total", m.Latency.Missed, m.Name)
	}
	e.gauge("member_queue_bytes", float64(m.Waiting), m.Name)
	e.count("member_frames_dropped_total", m.Dropped, m.Name)
	e.count("member_sent_bytes_total", m.Sent, m.Name)
}

func (e emitter) traffic(m *cluster.Status) {
	var sent, received uint64 // by repairs
	for _, t := range m.Traffic {
		e.count("traffic_bytes_total", t.SentBytes, t.Kind, "out")
		e.count("traffic_bytes_total", t.ReceivedBytes, t.Kind, "in")
		e.count("traffic_frames_total", t.SentFrames, t.Kind, "out")
		e.count("traffic_frames_total", t.ReceivedFrames, t.Kind, "in")
		if t.Kind == replica.Diff.String() || t.Kind == replica.Cells.String() {
			sent, received = sent+t.SentBytes, received+t.ReceivedBytes
		}
	}
	e.count("repair_bytes_total", sent, "out")
	e.count("repair_bytes_total", received, "in")
	e.count("repairs_begun_total", m.Repairs.Begun)
	e.count("repairs_done_total", m.Repairs.Done)
	e.gauge("repairs_running", float64(m.Repairs.Under))
	e.gauge("repair_longest_seconds", m.Repairs.Longest.Seconds())
	e.gauge("node_info", 1, m.Cluster, m.Name, strconv.FormatUint(m.Incarnation, 16))
}
