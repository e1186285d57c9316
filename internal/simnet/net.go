package simnet

import (
	"container/heap"
	"fmt"
	"math"
	"math/rand/v2"
	"time"

	"gset/crdt"
	"gset/replica"
)

// Config describes a cluster and its network.
type Config struct {
	Nodes    int
	Interval time.Duration // T of every replica
	Probe    time.Duration // R of every replica
	Seed     uint64        // of the shared coin, the faults and the latencies

	// Latency draws how long one message is under way. Nil means no time at all.
	Latency func(*rand.Rand) time.Duration

	// Loss is the probability that a message is lost.
	Loss float64

	// MaxMessage bounds a message's binary form; 0 means 40 kB.
	MaxMessage int
}

// Net is a cluster of replicas and the network between them. It is not safe for
// concurrent use.
type Net[S crdt.Lattice[S]] struct {
	// Cut, if set, reports whether the network is cut between two nodes now.
	// It is asked when a message is received, so a cut eats what is under way.
	Cut func(from, to int) bool

	// OnGrow, if set, is told of everything new at a node as it comes in.
	OnGrow func(node int, novel S)

	// OnSend, if set, is told of every message as it is sent.
	OnSend func(from, to int, m replica.Message[S])

	Sent  int                  // messages sent so far, lost ones included
	Bytes int                  // the same in bytes of their binary form
	Kinds map[replica.Kind]int // the same by kind

	cfg      Config
	now      time.Duration
	rand     *rand.Rand
	bottom   S
	ids      []replica.ID
	index    map[replica.ID]int
	replicas []*replica.Replica[S]
	ticks    []time.Duration // when each node's next tick is scheduled
	events   events
	serial   int
}

// New returns a cluster of nodes n0, n1, ... in the state bottom, at time 0.
func New[S crdt.Lattice[S]](cfg Config, bottom S) (*Net[S], error) {
	if cfg.MaxMessage == 0 {
		cfg.MaxMessage = 40_000
	}
	n := &Net[S]{
		Kinds:  make(map[replica.Kind]int),
		cfg:    cfg,
		rand:   rand.New(rand.NewPCG(cfg.Seed, 1)),
		bottom: bottom,
		index:  make(map[replica.ID]int),
		ticks:  make([]time.Duration, cfg.Nodes),
	}
	for i := range cfg.Nodes {
		id := replica.ID(fmt.Sprintf("n%d", i))
		n.ids = append(n.ids, id)
		n.index[id] = i
		n.ticks[i] = math.MaxInt64
	}
	for i, id := range n.ids {
		r, err := replica.New(replica.Config{
			Self: id, Members: n.ids, Interval: cfg.Interval, Probe: cfg.Probe,
			Seed: cfg.Seed, MaxMessage: cfg.MaxMessage,
		}, bottom.New(), 0)
		if err != nil {
			return nil, err
		}
		n.replicas = append(n.replicas, r)
		n.schedule(i)
	}
	return n, nil
}

// Now is the virtual time.
func (n *Net[S]) Now() time.Duration { return n.now }

// Replica returns the replica of a node.
func (n *Net[S]) Replica(node int) *replica.Replica[S] { return n.replicas[node] }

// Update has a client of the node add delta now.
func (n *Net[S]) Update(node int, delta S) {
	n.perform(node, n.replicas[node].Update(n.now, delta))
}

// At has do called at the given time, or now if that has passed.
func (n *Net[S]) At(at time.Duration, do func()) {
	n.push(event{at: max(at, n.now), do: do})
}

// Run lets time pass until the given time.
func (n *Net[S]) Run(until time.Duration) {
	for len(n.events) > 0 && n.events[0].at <= until {
		e := heap.Pop(&n.events).(event)
		n.now = e.at
		e.do()
	}
	n.now = until
}

// Converged reports whether all nodes hold the same state.
func (n *Net[S]) Converged() bool {
	for _, r := range n.replicas[1:] {
		if r.State().Digest() != n.replicas[0].State().Digest() {
			return false
		}
	}
	return true
}

// perform does what an output asks for.
func (n *Net[S]) perform(node int, out replica.Output[S]) {
	if n.OnGrow != nil {
		n.OnGrow(node, out.Durable)
	}
	for _, e := range out.Messages {
		n.send(node, n.index[e.To], e.Message)
	}
	n.schedule(node)
}

func (n *Net[S]) send(from, to int, m replica.Message[S]) {
	data, err := m.AppendBinary(nil)
	if err != nil || len(data) > n.cfg.MaxMessage {
		panic(fmt.Sprintf("simnet: n%d sends a %v of %d bytes: %v", from, m.Kind, len(data), err))
	}
	n.Sent++
	n.Kinds[m.Kind]++
	n.Bytes += len(data)
	if n.OnSend != nil {
		n.OnSend(from, to, m)
	}
	delay := time.Duration(0)
	if n.cfg.Latency != nil {
		delay = n.cfg.Latency(n.rand)
	}
	if n.rand.Float64() < n.cfg.Loss {
		return
	}
	n.push(event{at: n.now + delay, do: func() { n.deliver(from, to, data) }})
}

func (n *Net[S]) deliver(from, to int, data []byte) {
	if n.Cut != nil && n.Cut(from, to) {
		return
	}
	m, err := replica.Decode(n.bottom, data)
	if err != nil {
		panic(fmt.Sprintf("simnet: n%d cannot read what n%d sent: %v", to, from, err))
	}
	out, err := n.replicas[to].Receive(n.now, n.ids[from], m)
	if err != nil {
		panic(fmt.Sprintf("simnet: n%d: %v", to, err))
	}
	n.perform(to, out)
}

// schedule sees to it that a node ticks by its deadline. Ticks that have been
// overtaken by an earlier one are harmless.
func (n *Net[S]) schedule(node int) {
	due := max(n.replicas[node].Deadline(), n.now)
	if due >= n.ticks[node] {
		return
	}
	n.ticks[node] = due
	n.push(event{at: due, do: func() {
		if n.ticks[node] == n.now {
			n.ticks[node] = math.MaxInt64
		}
		n.perform(node, n.replicas[node].Tick(n.now))
	}})
}

func (n *Net[S]) push(e event) {
	n.serial++
	e.serial = n.serial
	heap.Push(&n.events, e)
}

// event is something that happens at a time; serial orders what happens at once.
type event struct {
	at     time.Duration
	serial int
	do     func()
}

type events []event

func (h events) Len() int      { return len(h) }
func (h events) Swap(i, j int) { h[i], h[j] = h[j], h[i] }
func (h events) Less(i, j int) bool {
	return h[i].at < h[j].at || h[i].at == h[j].at && h[i].serial < h[j].serial
}
func (h *events) Push(e any) { *h = append(*h, e.(event)) }
func (h *events) Pop() any {
	last := len(*h) - 1
	e := (*h)[last]
	(*h)[last] = event{}
	*h = (*h)[:last]
	return e
}
