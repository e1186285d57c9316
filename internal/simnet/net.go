package simnet

import (
	"fmt"
	"math/rand/v2"
	"strconv"
	"time"

	"gset/crdt"
	"gset/internal/bench/queue"
	"gset/replica"
)

// Config describes a cluster and its network.
type Config struct {
	Nodes    int
	Interval time.Duration // T of every replica; 0 gathers nothing
	Probe    time.Duration // R of every replica
	Fanout   int           // of every replica; 0 is its default
	Seed     uint64        // of the clocks, the faults and the latencies

	Latency     Latency // nil means no time at all
	Loss        float64 // the probability that a message is lost
	Duplication float64 // the probability that a message is delivered twice
	Corruption  float64 // the probability that a message is damaged; see damage

	// Replay is the probability that a message is delivered once more, after a time of up to
	// ReplayWithin.
	Replay       float64
	ReplayWithin time.Duration

	// Carriers gives each node a carrier as Maelstrom's network has it; see [queue.Carrier]. Then
	// whether a message is cut is decided when the receiver's carrier takes it, and messages wait
	// for the one that is carried, for whole milliseconds. Without, each message travels by itself, and one that is cut
	// when it arrives is lost, which is harder on replicas.
	Carriers bool

	// Bandwidth is how many bytes a second a node can send; 0 means any number. What is
	// more waits in the order it was sent in.
	Bandwidth int

	// Buffer is how many bytes can wait at a node: to be carried, and, at one that does
	// nothing, to be received. What does not fit is lost. 0 means any number.
	Buffer int

	// MaxMessage bounds a message's binary form; 0 means 40 kB.
	MaxMessage int

	// Vary, if set, changes the configuration of a node's replica before it starts.
	Vary func(node int, c *replica.Config)

	// Paranoid has every message decoded from its binary form before it is received,
	// and not only one in sixty-four. The run is the same, and takes longer.
	Paranoid bool
}

// Net is a cluster of replicas and the network between them. It is not safe for
// concurrent use.
type Net[S crdt.Lattice[S]] struct {
	// Cut, if set, reports whether the network is cut between two nodes now.
	// It is asked when a message is received, so a cut eats what is under way; with
	// [Config.Carriers] when the message is taken by the receiver's carrier.
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

	// Fail, if set, is told what must never happen: a message above the limit, or one
	// that its receiver cannot read. Otherwise that panics.
	Fail func(what string)

	// Tear, if set, is asked after every event at a node, before anything is done of what it put
	// out. A node that is torn stops there and then, as one does that crashes: what is new to
	// it may have become durable or not, and some of its messages may have been sent.
	Tear func(node int, out replica.Output[S]) (torn bool, cut Torn)

	Sent      int     // messages sent so far, lost ones included
	Delivered int     // messages received so far, duplicates included
	Damaged   int     // messages that were damaged
	Dropped   int     // messages that did not fit a buffer
	Bytes     int     // the binary form of what was sent
	Largest   int     // the longest binary form of a message
	Kinds     [16]int // messages sent by kind
	Ticks     int     // how often a replica was ticked

	cfg     Config
	now     time.Duration
	halted  bool
	rand    *rand.Rand
	bottom  S
	ids     []replica.ID
	nodes   []node[S]
	queue   eventQueue
	calls   pool[func()]
	flights pool[flight[S]]
	trace   trace
	measure measure[S]
}

// Torn says how much of an event's output a node does before it stops.
type Torn struct {
	Durable  bool // what is new to it becomes durable
	Messages int  // how many messages it sends; none unless Durable
}

// node is a place for a replica.
type node[S crdt.Lattice[S]] struct {
	replica *replica.Replica[S] // nil while it is stopped
	members *replica.Members    // its list, or the one that it will start with
	starts  uint64              // how often it was started
	clock   clock
	carrier queue.Carrier[int32] // of places of flights; idle without Config.Carriers
	waiting int                  // bytes that have come through to it while it does nothing
	tick    time.Duration        // when its next tick is scheduled
	idle    time.Duration        // from when on nothing it has sent waits to be carried
	lag     time.Duration        // how long everything takes it
	frozen  time.Duration        // until when it does nothing
}

// New returns a cluster of nodes n0, n1, ... in the state bottom, at time 0.
func New[S crdt.Lattice[S]](cfg Config, bottom S) (*Net[S], error) {
	if cfg.MaxMessage == 0 {
		cfg.MaxMessage = 40_000
	}
	if cfg.Latency == nil {
		cfg.Latency = Constant(0)
	}
	n := &Net[S]{cfg: cfg, rand: rand.New(rand.NewPCG(cfg.Seed, 1)), bottom: bottom, nodes: make([]node[S], cfg.Nodes)}
	for i := range n.nodes {
		n.ids = append(n.ids, replica.ID("n"+strconv.Itoa(i)))
		n.nodes[i].clock.then = time.Duration(n.rand.Int64N(int64(time.Hour))).Truncate(time.Microsecond)
	}
	members, err := replica.NewMembers(n.ids...)
	if err != nil {
		return nil, err
	}
	for i := range n.nodes {
		n.nodes[i].members = members
		if err := n.Start(i, bottom.New()); err != nil {
			return nil, err
		}
	}
	return n, nil
}

// Number is the number of the node with an id: 3 of n3.
func Number(id replica.ID) int {
	i := 0
	for k := 1; k < len(id); k++ {
		i = 10*i + int(id[k]-'0')
	}
	return i
}

// Now is the virtual time.
func (n *Net[S]) Now() time.Duration { return n.now }

// Nodes is the number of nodes.
func (n *Net[S]) Nodes() int { return n.cfg.Nodes }

// Replica returns the replica of a node; nil if it is stopped.
func (n *Net[S]) Replica(node int) *replica.Replica[S] { return n.nodes[node].replica }

// Clock is the time a node's clock shows now.
func (n *Net[S]) Clock(node int) time.Duration { return n.nodes[node].clock.at(n.now) }

// Start gives a node a new replica with a state that the replica will own, and that is known
// to all as far as the replica is concerned.
func (n *Net[S]) Start(node int, state S) error {
	r, err := replica.New(n.config(node), state, n.Clock(node))
	return n.started(node, r, err)
}

// Restore gives a node a new replica with a snapshot that the replica will own.
func (n *Net[S]) Restore(node int, s replica.Snapshot[S]) error {
	r, err := replica.Restore(n.config(node), s, n.Clock(node))
	return n.started(node, r, err)
}

// config is what a node's next replica is configured as.
func (n *Net[S]) config(node int) replica.Config {
	at := &n.nodes[node]
	at.starts++
	c := replica.Config{
		Self: n.ids[node], Members: at.members, Interval: interval(n.cfg.Interval), Probe: n.cfg.Probe, Fanout: n.cfg.Fanout,
		MaxMessage: n.cfg.MaxMessage, Incarnation: at.starts,
	}
	if n.cfg.Vary != nil {
		n.cfg.Vary(node, &c)
	}
	return c
}

func (n *Net[S]) started(node int, r *replica.Replica[S], err error) error {
	if err != nil {
		return err
	}
	n.nodes[node].replica, n.nodes[node].tick = r, never
	n.schedule(node)
	return nil
}

// interval is what a replica's configuration says for T.
func interval(t time.Duration) time.Duration {
	if t == 0 {
		return replica.Eager
	}
	return t
}

// Stop takes a node's replica away with all it knows. What is sent to it is lost.
func (n *Net[S]) Stop(node int) { n.nodes[node].replica = nil }

// Update has a client of the node add delta now; not if the node is stopped.
func (n *Net[S]) Update(node int, delta S) {
	if r := n.Replica(node); r != nil {
		out, err := r.Update(n.Clock(node), delta)
		if err != nil {
			n.fail("n%d refuses an update: %v", node, err)
			return
		}
		n.perform(node, out)
	}
}

// Members returns the list of some nodes.
func (n *Net[S]) Members(nodes ...int) (*replica.Members, error) {
	ids := make([]replica.ID, len(nodes))
	for i, node := range nodes {
		ids[i] = n.ids[node]
	}
	return replica.NewMembers(ids...)
}

// SetMembers tells a node who is in the cluster, now and whenever it starts.
func (n *Net[S]) SetMembers(node int, members *replica.Members) {
	at := &n.nodes[node]
	if at.members = members; at.replica == nil {
		return
	}
	out, err := at.replica.SetMembers(n.Clock(node), members)
	if err != nil {
		n.fail("n%d refuses a list of members: %v", node, err)
		return
	}
	n.perform(node, out)
}

// At has do called at the given time, or now if that has passed.
func (n *Net[S]) At(at time.Duration, do func()) {
	n.queue.push(max(at, n.now), call, n.calls.put(do))
}

// Run lets time pass until the given time, or until Halt is called.
func (n *Net[S]) Run(until time.Duration) {
	for !n.queue.empty() && n.queue.next() <= until && !n.halted {
		e := n.queue.pop()
		n.now = e.at
		switch e.kind {
		case call:
			n.calls.take(e.subject)()
		case arrival:
			n.arrive(e.subject)
		case tick:
			n.tick(int(e.subject))
		}
	}
	if !n.halted {
		n.now = max(n.now, until)
	}
}

// Halt ends Run, now and for good.
func (n *Net[S]) Halt() { n.halted = true }

// Converged reports whether all nodes that are not stopped hold the same state.
func (n *Net[S]) Converged() bool {
	var first crdt.Digest
	some := false
	for i := range n.nodes {
		r := n.nodes[i].replica
		if r == nil {
			continue
		}
		switch digest := digestOf(r); {
		case !some:
			first, some = digest, true
		case digest != first:
			return false
		}
	}
	return true
}

// digestOf returns the digest of a replica's state, which costs a copy only if something is
// pending.
func digestOf[S crdt.Lattice[S]](r *replica.Replica[S]) crdt.Digest {
	if r.Pending().Len() == 0 {
		return r.Stable().Digest()
	}
	return r.State().Digest()
}

// Trace is a hash of all that was sent so far: when, by whom, to whom and what.
func (n *Net[S]) Trace() uint64 { return uint64(n.trace) }

// Inject hands a node a message now, as if it had come from anyone at all.
func (n *Net[S]) Inject(from replica.ID, to int, m replica.Message[S]) error {
	out, err := n.Replica(to).Receive(n.Clock(to), from, m)
	if err != nil {
		return err
	}
	n.perform(to, out)
	return nil
}

// perform does what an output asks for.
func (n *Net[S]) perform(node int, out replica.Output[S]) {
	torn := false
	if n.Tear != nil {
		var cut Torn
		if torn, cut = n.Tear(node, out); torn {
			out.Messages = out.Messages[:min(cut.Messages, len(out.Messages))]
			if !cut.Durable {
				n.Stop(node)
				return
			}
		}
	}
	if n.OnGrow != nil {
		n.OnGrow(node, out.Durable)
	}
	n.measure.forget()
	for i := range out.Messages {
		n.send(node, &out.Messages[i])
	}
	if torn {
		n.Stop(node)
		return
	}
	n.schedule(node)
}

// schedule sees to it that a node ticks by its deadline. A tick that has been overtaken
// by an earlier one is harmless, and comes to nothing.
func (n *Net[S]) schedule(node int) {
	at := &n.nodes[node]
	if due := at.clock.when(at.replica.Deadline(), n.now); due < at.tick {
		at.tick = due
		n.queue.push(due+at.lag, tick, int32(node))
	}
}

func (n *Net[S]) tick(node int) {
	at := &n.nodes[node]
	switch {
	case at.replica == nil || n.now < at.tick:
		return // stopped since, or started again
	case n.now < at.frozen:
		at.tick = at.frozen
		n.queue.push(at.frozen, tick, int32(node))
		return
	}
	at.tick = never
	n.Ticks++
	n.perform(node, at.replica.Tick(n.Clock(node)))
}

// fail reports what must never happen.
func (n *Net[S]) fail(format string, args ...any) {
	what := fmt.Sprintf(format, args...)
	if n.Fail == nil {
		panic("simnet: " + what)
	}
	n.Fail(what)
}
