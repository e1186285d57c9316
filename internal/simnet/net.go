package simnet

import (
	"container/heap"
	"encoding/binary"
	"fmt"
	"math"
	"math/rand/v2"
	"time"

	"github.com/dchest/siphash"

	"gset/crdt"
	"gset/replica"
)

// Config describes a cluster and its network.
type Config struct {
	Nodes    int
	Interval time.Duration // T of every replica
	Probe    time.Duration // R of every replica
	Seed     uint64        // of the shared coin, the clocks, the faults and the latencies

	Latency     Latency // nil means no time at all
	Loss        float64 // the probability that a message is lost
	Duplication float64 // the probability that a message is delivered twice

	// MaxMessage bounds a message's binary form; 0 means 40 kB.
	MaxMessage int
}

// Net is a cluster of replicas and the network between them. It is not safe for
// concurrent use.
type Net[S crdt.Lattice[S]] struct {
	// Cut, if set, reports whether the network is cut between two nodes now.
	// It is asked when a message is received, so a cut eats what is under way.
	Cut Cut

	// Lose, if set, is asked about every message as it is sent, whether it
	// shall be lost.
	Lose func(Packet[S]) bool

	// Watch, if set, is told what becomes of every message. The packet must
	// not be changed.
	Watch func(Fate, Packet[S])

	// OnGrow, if set, is told of everything new at a node as it comes in, and of
	// the zero S when an event added nothing.
	OnGrow func(node int, novel S)

	Sent      int                  // messages sent so far, lost ones included
	Delivered int                  // messages received so far, duplicates included
	Bytes     int                  // the binary form of what was sent
	Largest   int                  // the longest binary form of a message
	Kinds     map[replica.Kind]int // messages sent by kind
	Ticks     int                  // how often a replica was ticked

	cfg    Config
	now    time.Duration
	rand   *rand.Rand
	bottom S
	ids    []replica.ID
	index  map[replica.ID]int
	nodes  []node[S]
	events events
	serial int
	trace  uint64
}

// node is a place for a replica.
type node[S crdt.Lattice[S]] struct {
	replica *replica.Replica[S] // nil while it is stopped
	clock   time.Duration       // what its clock shows at time 0
	tick    time.Duration       // when its next tick is scheduled
}

// Fate is what becomes of a message.
type Fate uint8

const (
	Sent     Fate = iota
	Lost          // right after it was sent, or where it would have been received
	Received      // by a replica, which has not seen it yet
)

// Packet is a message between two nodes.
type Packet[S crdt.Lattice[S]] struct {
	From, To int
	Size     int // of its binary form, in bytes
	Message  replica.Message[S]
}

// New returns a cluster of nodes n0, n1, ... in the state bottom, at time 0.
func New[S crdt.Lattice[S]](cfg Config, bottom S) (*Net[S], error) {
	if cfg.MaxMessage == 0 {
		cfg.MaxMessage = 40_000
	}
	if cfg.Latency == nil {
		cfg.Latency = Constant(0)
	}
	n := &Net[S]{
		Kinds:  make(map[replica.Kind]int),
		cfg:    cfg,
		rand:   rand.New(rand.NewPCG(cfg.Seed, 1)),
		bottom: bottom,
		index:  make(map[replica.ID]int),
		nodes:  make([]node[S], cfg.Nodes),
	}
	for i := range cfg.Nodes {
		id := replica.ID(fmt.Sprintf("n%d", i))
		n.ids = append(n.ids, id)
		n.index[id] = i
		n.nodes[i].clock = time.Duration(n.rand.Int64N(int64(time.Hour))).Truncate(time.Microsecond)
	}
	for i := range cfg.Nodes {
		if err := n.Start(i, bottom.New()); err != nil {
			return nil, err
		}
	}
	return n, nil
}

// Now is the virtual time.
func (n *Net[S]) Now() time.Duration { return n.now }

// Nodes is the number of nodes.
func (n *Net[S]) Nodes() int { return n.cfg.Nodes }

// Replica returns the replica of a node; nil if it is stopped.
func (n *Net[S]) Replica(node int) *replica.Replica[S] { return n.nodes[node].replica }

// Start gives a node a new replica with a state that the replica will own.
func (n *Net[S]) Start(node int, state S) error {
	r, err := replica.New(replica.Config{
		Self: n.ids[node], Members: n.ids, Interval: n.cfg.Interval, Probe: n.cfg.Probe,
		Seed: n.cfg.Seed, MaxMessage: n.cfg.MaxMessage,
	}, state, n.Clock(node))
	if err != nil {
		return err
	}
	n.nodes[node].replica, n.nodes[node].tick = r, math.MaxInt64
	n.schedule(node)
	return nil
}

// Stop takes a node's replica away with all it knows. What is sent to it is lost.
func (n *Net[S]) Stop(node int) { n.nodes[node].replica = nil }

// Update has a client of the node add delta now; not if the node is stopped.
func (n *Net[S]) Update(node int, delta S) {
	if r := n.Replica(node); r != nil {
		n.perform(node, r.Update(n.Clock(node), delta))
	}
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
	n.now = max(n.now, until)
}

// Faultless ends all loss, duplication and cuts. Stopped nodes stay so.
func (n *Net[S]) Faultless() {
	n.cfg.Loss, n.cfg.Duplication, n.Cut, n.Lose = 0, 0, nil, nil
}

// Converged reports whether all nodes that are not stopped hold the same state.
func (n *Net[S]) Converged() bool {
	var first *replica.Replica[S]
	for _, node := range n.nodes {
		switch r := node.replica; {
		case r == nil:
		case first == nil:
			first = r
		case r.State().Digest() != first.State().Digest():
			return false
		}
	}
	return true
}

// Clock is the time a node's clock shows now.
func (n *Net[S]) Clock(node int) time.Duration { return n.now + n.nodes[node].clock }

// Trace is a hash of all that was sent so far: when, by whom, to whom and what.
func (n *Net[S]) Trace() uint64 { return n.trace }

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
		panic(fmt.Sprintf("simnet: n%d sends a %v of %d bytes, %d are allowed: %v", from, m.Kind, len(data), n.cfg.MaxMessage, err))
	}
	p := Packet[S]{From: from, To: to, Size: len(data), Message: m}
	n.Sent++
	n.Kinds[m.Kind]++
	n.Bytes += len(data)
	n.Largest = max(n.Largest, len(data))
	n.record(p, data)
	n.watch(Sent, p)
	lost := n.rand.Float64() < n.cfg.Loss
	if n.Lose != nil && n.Lose(p) {
		lost = true
	}
	copies := 1
	if n.rand.Float64() < n.cfg.Duplication {
		copies = 2
	}
	if lost {
		n.watch(Lost, p)
		return
	}
	for range copies {
		n.At(n.now+n.cfg.Latency(n.rand), func() { n.deliver(p, data) })
	}
}

func (n *Net[S]) deliver(p Packet[S], data []byte) {
	r := n.Replica(p.To)
	if r == nil || n.Cut != nil && n.Cut(p.From, p.To) {
		n.watch(Lost, p)
		return
	}
	m, err := replica.Decode(n.bottom, data)
	if err != nil {
		panic(fmt.Sprintf("simnet: n%d cannot read the %v that n%d sent: %v", p.To, p.Message.Kind, p.From, err))
	}
	n.Delivered++
	n.watch(Received, p)
	if err := n.Inject(n.ids[p.From], p.To, m); err != nil {
		panic(fmt.Sprintf("simnet: n%d: %v", p.To, err))
	}
}

// Inject hands a node a message now, as if it had come from anyone at all.
func (n *Net[S]) Inject(from replica.ID, to int, m replica.Message[S]) error {
	out, err := n.Replica(to).Receive(n.Clock(to), from, m)
	if err != nil {
		return err
	}
	n.perform(to, out)
	return nil
}

func (n *Net[S]) watch(f Fate, p Packet[S]) {
	if n.Watch != nil {
		n.Watch(f, p)
	}
}

// record adds a packet to the trace.
func (n *Net[S]) record(p Packet[S], data []byte) {
	var head [32]byte
	binary.LittleEndian.PutUint64(head[0:], n.trace)
	binary.LittleEndian.PutUint64(head[8:], uint64(n.now))
	binary.LittleEndian.PutUint64(head[16:], uint64(p.From)<<32|uint64(p.To))
	binary.LittleEndian.PutUint64(head[24:], siphash.Hash(0, 0, data))
	n.trace = siphash.Hash(0, 0, head[:])
}

// schedule sees to it that a node ticks by its deadline. Ticks that have been
// overtaken by an earlier one are harmless.
func (n *Net[S]) schedule(node int) {
	at := &n.nodes[node]
	due := max(at.replica.Deadline()-at.clock, n.now)
	if due >= at.tick {
		return
	}
	at.tick = due
	r := at.replica
	n.At(due, func() {
		if at.replica != r {
			return // stopped since
		}
		if at.tick == n.now {
			at.tick = math.MaxInt64
		}
		n.Ticks++
		n.perform(node, r.Tick(n.Clock(node)))
	})
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
