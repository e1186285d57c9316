package scale

import (
	"runtime"
	"slices"
	"time"

	"gset/crdt"
	"gset/internal/bench/quantile"
	"gset/internal/simnet"
)

// Steady is what a cluster does under steady load.
type Steady struct {
	Cluster
	Rounds int     // scatters of the hub that were counted
	Eager  int     // scatters of others in that time
	M      float64 // members that made updates of a round, the hub not counted

	Messages float64 // a round
	Floor    float64 // m + n-1
	Ratio    float64 // of messages to the floor

	Median, P99, Max time.Duration // from an addition until the last member had it
	Late             time.Duration // from the last addition until everyone had everything; -1 if that never came
	Missing          int           // elements that somebody lacked in the end

	Burst       int     // the most messages of one member at an instant
	Sent        float64 // messages that all send a second
	HubSent     float64 // messages the hub sends a second
	HubReceived float64
	HubShare    float64 // of all messages sent
	HubBytes    float64 // that it sends a second
	HubIn       float64 // bytes that it receives a second
	Busiest     float64 // messages a second of the member that sends most, hub or not

	PerMessage float64 // bytes
	PerUpdate  float64 // bytes of all messages
	MemberIn   float64 // bytes that a member receives a second, on average
	View       uint64  // in the end

	// These depend on the machine.
	PerReplica float64       // bytes of memory
	Deliveries float64       // simulated a second
	Wall       time.Duration // that the run took
}

// RatioGoal is what messages should be at most, over the floor.
const RatioGoal = 1.05

// Goal is what the median latency should be at most.
func (s Steady) Goal() time.Duration { return Interval/2 + Hop + time.Duration(s.Depth())*Hop }

// rest is how long a cluster is given to converge after the load.
const rest = 4 * time.Second

// totals is what has been counted up to some round of the hub.
type totals struct {
	at               time.Duration
	rounds, eager, m int
	updates          int
	sent, bytes      int
	hubSent, hubOut  int // messages, bytes
	hubHeard, hubIn  int
}

// meter counts.
type meter struct {
	*run
	length time.Duration
	hub    int
	told   []bool // by element: whether a scatter had it
	first  totals // when the counting began
	latest totals // at the latest round of the hub
	now    totals

	burstAt []time.Duration // by node: when it sent last
	burst   []int           // by node: how many messages at that time
	rooted  []int           // by node: and how many of them scatters of its own
	sentBy  []int           // by node
	most    int             // the longest burst
}

// MeasureSteady runs a cluster under steady load for so long after it has warmed up.
// Only whole rounds are counted: from one scatter of the hub to another.
func MeasureSteady(c Cluster, length time.Duration) (Steady, error) {
	before := heap()
	r, err := start(c)
	if err != nil {
		return Steady{}, err
	}
	m := &meter{
		run: r, length: length, burstAt: make([]time.Duration, c.Nodes), burst: make([]int, c.Nodes),
		rooted: make([]int, c.Nodes), sentBy: make([]int, c.Nodes),
	}
	end := warmUp + length
	began := time.Now()
	r.load(end)
	r.net.Watch = m.watch
	r.net.Run(warmUp)
	_, m.hub = r.view()
	r.net.Run(end)
	r.net.Watch = nil
	r.net.Run(end + rest)
	wall := time.Since(began)

	f := m.figures()
	f.Wall, f.Deliveries = wall, float64(r.net.Delivered)/wall.Seconds()
	f.PerReplica = (heap() - before) / float64(c.Nodes)
	runtime.KeepAlive(m)
	return f, nil
}

// heap is how many bytes are in use.
func heap() float64 {
	runtime.GC()
	var s runtime.MemStats
	runtime.ReadMemStats(&s)
	return float64(s.HeapAlloc)
}

// watch counts a message.
func (m *meter) watch(fate simnet.Fate, p simnet.Packet[*crdt.GSet]) {
	now := m.net.Now()
	warm := now >= warmUp
	if fate == simnet.Received {
		if warm && p.To == m.hub {
			m.now.hubHeard++
			m.now.hubIn += p.Size
		}
		return
	}
	if fate != simnet.Sent {
		return
	}
	if m.burstAt[p.From] != now {
		m.burstAt[p.From], m.burst[p.From], m.rooted[p.From] = now, 0, 0
	}
	m.burst[p.From]++
	if warm {
		m.most = max(m.most, m.burst[p.From])
		m.sentBy[p.From]++
		m.now.sent++
		m.now.bytes += p.Size
		if p.From == m.hub {
			m.now.hubSent++
			m.now.hubOut += p.Size
		}
	}
	if !m.root(p) {
		return
	}
	whole := min(m.fanout(), m.Nodes-1)
	if m.rooted[p.From]++; m.rooted[p.From]%whole == 0 { // and not the answer to one gather
		m.round(p, m.rooted[p.From] == whole, warm)
	}
}

// round counts a scatter that has gone out to all it goes to. One that takes more than one
// message to each has several parts.
func (m *meter) round(p simnet.Packet[*crdt.GSet], first, warm bool) {
	makers := map[int]bool{}
	m.told = slices.Grow(m.told, len(m.made))[:len(m.made)]
	for x := range p.Message.Delta.All() {
		if !m.told[x] {
			m.told[x] = true
			makers[m.maker[x]] = true
		}
	}
	delete(makers, p.From)
	m.now.m += len(makers)
	if !warm || !first {
		return
	}
	if p.From != m.hub {
		m.now.eager++
		return
	}
	m.now.rounds++
	m.now.at, m.now.updates = m.net.Now(), len(m.made)
	m.latest = m.now
	if m.first.rounds == 0 {
		m.first = m.now
	}
}

func (m *meter) figures() Steady {
	from, to := m.first, m.latest
	rounds := float64(to.rounds - from.rounds)
	eager := float64(to.eager - from.eager)
	span := (to.at - from.at).Seconds()
	sent, bytes := float64(to.sent-from.sent), float64(to.bytes-from.bytes)
	f := Steady{
		Cluster: m.Cluster, Rounds: to.rounds - from.rounds, Eager: to.eager - from.eager,
		M: float64(to.m-from.m) / rounds, Messages: sent / rounds, Missing: m.missing, Late: -1, Burst: m.most, Sent: sent / span,
		HubSent: float64(to.hubSent-from.hubSent) / span, HubReceived: float64(to.hubHeard-from.hubHeard) / span,
		HubShare: float64(to.hubSent-from.hubSent) / sent, HubBytes: float64(to.hubOut-from.hubOut) / span,
		HubIn:   float64(to.hubIn-from.hubIn) / span,
		Busiest: float64(slices.Max(m.sentBy)) / m.length.Seconds(), PerMessage: bytes / sent,
		PerUpdate: bytes / float64(to.updates-from.updates), MemberIn: bytes / span / float64(m.Nodes),
	}
	f.Floor = f.M + (1+eager/rounds)*float64(m.Nodes-1)
	f.Ratio = f.Messages / f.Floor
	var latencies []time.Duration
	for x, at := range m.made {
		if at >= warmUp {
			latencies = append(latencies, m.latency[x])
		}
	}
	slices.Sort(latencies)
	f.Median, f.P99, f.Max = quantile.At(latencies, 0.5), quantile.At(latencies, 0.99), quantile.At(latencies, 1)
	if m.missing == 0 {
		f.Late = m.settled - m.made[len(m.made)-1]
	}
	f.View, _ = m.view()
	return f
}

// MemberInKB is MemberIn in kB.
func (s Steady) MemberInKB() float64 { return s.MemberIn / 1000 }

// PerUpdateAndMember is PerUpdate shared by all members.
func (s Steady) PerUpdateAndMember() float64 { return s.PerUpdate / float64(s.Nodes) }
