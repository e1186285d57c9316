package replica

import (
	"cmp"
	"math/rand/v2"
	"slices"
	"time"

	"gset/crdt"

	"pgregory.net/rapid"
)

// cluster is some replicas and the network between them, in virtual time. Every message travels
// in its binary form. Clocks do not agree: that of the k-th member is k hours and so many
// milliseconds ahead. After every event the cluster checks what must hold after any: what is
// new was handed over to be made durable, messages are within their sender's limit, and an event
// sends no more than its budget.
type cluster[S crdt.Lattice[S]] struct {
	t       rapid.TB
	now     time.Duration
	latency func() time.Duration
	nodes   []*node[S] // in the order in which they were started first
	mail    []letter[S]
	posted  int // letters so far

	cut   func(from, to ID) bool         // loses letters as they arrive
	lose  func(letter[S]) bool           // loses letters as they are sent
	watch func(fate string, l letter[S]) // is told what becomes of letters: "", "lost", "refused: ..."
}

// node is a place for a replica.
type node[S crdt.Lattice[S]] struct {
	*Replica[S] // nil while it is stopped
	id          ID
	ahead       time.Duration // its clock less the virtual time
}

// letter is a message under way.
type letter[S crdt.Lattice[S]] struct {
	Envelope[S]
	from   ID
	at     time.Duration // of its arrival
	number int
	size   int // in bytes
}

// newCluster returns a cluster of no members, whose messages take 100 ms.
func newCluster[S crdt.Lattice[S]](t rapid.TB) *cluster[S] {
	return &cluster[S]{t: t, latency: constant(100 * time.Millisecond)}
}

func constant(d time.Duration) func() time.Duration { return func() time.Duration { return d } }

// between draws latencies.
func between(low, high time.Duration, seed uint64) func() time.Duration {
	rng := rand.New(rand.NewPCG(seed, 0))
	return func() time.Duration { return low + time.Duration(rng.Int64N(int64(high-low))) }
}

// clusterOf returns a cluster of n members that start with nothing.
func clusterOf[S crdt.Lattice[S]](t rapid.TB, n int, cfg Config, bottom S) *cluster[S] {
	t.Helper()
	c := newCluster[S](t)
	cfg.Members = listOf(t, names(n)...)
	for _, cfg.Self = range names(n) {
		c.start(cfg, bottom.New())
	}
	return c
}

// start gives a member a new replica.
func (c *cluster[S]) start(cfg Config, state S) *node[S] {
	c.t.Helper()
	x := c.place(cfg.Self)
	r, err := New(cfg, state, x.clock(c.now))
	if err != nil {
		c.t.Fatal(err)
	}
	x.Replica = r
	return x
}

// place returns a member's node, which is made if there is none yet.
func (c *cluster[S]) place(id ID) *node[S] {
	if x := c.find(id); x != nil {
		return x
	}
	k := time.Duration(len(c.nodes))
	x := &node[S]{id: id, ahead: k*time.Hour + k*k*7*time.Millisecond}
	c.nodes = append(c.nodes, x)
	return x
}

// find returns a member's node, nil if there is none.
func (c *cluster[S]) find(id ID) *node[S] {
	if i := slices.IndexFunc(c.nodes, func(x *node[S]) bool { return x.id == id }); i >= 0 {
		return c.nodes[i]
	}
	return nil
}

// node returns the node of a member that runs.
func (c *cluster[S]) node(id ID) *node[S] {
	c.t.Helper()
	x := c.find(id)
	if x == nil || x.Replica == nil {
		c.t.Fatalf("%s does not run", id)
	}
	return x
}

// running returns the nodes that are not stopped.
func (c *cluster[S]) running() (nodes []*node[S]) {
	for _, x := range c.nodes {
		if x.Replica != nil {
			nodes = append(nodes, x)
		}
	}
	return nodes
}

func (x *node[S]) clock(now time.Duration) time.Duration { return now + x.ahead }

// due is when a node's next tick is.
func (c *cluster[S]) due(x *node[S]) time.Duration {
	if x.Replica == nil || x.Deadline() == Never {
		return Never
	}
	return max(c.now, x.Deadline()-x.ahead)
}

// update has a client of a member add a delta.
func (c *cluster[S]) update(id ID, delta S) {
	c.t.Helper()
	x := c.node(id)
	if err := c.event(x, func(now time.Duration) (Output[S], error) { return x.Update(now, delta) }); err != nil {
		c.t.Fatalf("%v %s refuses an update: %v", c.now, id, err)
	}
}

// inject hands a member a message now, whoever is said to have sent it.
func (c *cluster[S]) inject(from, to ID, m Message[S]) error {
	x := c.node(to)
	return c.event(x, func(now time.Duration) (Output[S], error) { return x.Receive(now, from, m) })
}

// setMembers gives a member a list.
func (c *cluster[S]) setMembers(id ID, m *Members) {
	c.t.Helper()
	x := c.node(id)
	if err := c.event(x, func(now time.Duration) (Output[S], error) { return x.SetMembers(now, m) }); err != nil {
		c.t.Fatal(err)
	}
}

// run lets time pass.
func (c *cluster[S]) run(long time.Duration) {
	c.t.Helper()
	c.runUntil(long, func() bool { return false })
}

// runUntil lets time pass until something is so, for so long at most, and reports whether it is so.
func (c *cluster[S]) runUntil(long time.Duration, so func() bool) bool {
	c.t.Helper()
	until, events := c.now+long, 0
	for !so() {
		var next *node[S]
		at := Never
		if len(c.mail) > 0 {
			at = c.mail[0].at
		}
		for _, x := range c.nodes {
			if due := c.due(x); due < at {
				next, at = x, due
			}
		}
		if at > until {
			c.now = until
			return so()
		}
		if events++; at > c.now {
			events = 0
		}
		if events > 10_000 {
			c.t.Fatalf("10,000 events at %v", c.now)
		}
		c.now = at
		if next != nil {
			_ = c.event(next, func(now time.Duration) (Output[S], error) { return next.Tick(now), nil })
			continue
		}
		l := c.mail[0]
		c.mail = c.mail[1:]
		c.arrive(l)
	}
	return true
}

// arrive hands a letter to its receiver.
func (c *cluster[S]) arrive(l letter[S]) {
	c.t.Helper()
	x := c.find(l.To)
	if x == nil || x.Replica == nil || c.cut != nil && c.cut(l.from, l.To) {
		c.tell("lost", l)
		return
	}
	m, err := Decode(x.stable, encode(c.t, l.Message))
	if err == nil {
		err = c.event(x, func(now time.Duration) (Output[S], error) { return x.Receive(now, l.from, m) })
	}
	if err != nil {
		c.tell("refused: "+err.Error(), l)
	}
}

func (c *cluster[S]) tell(fate string, l letter[S]) {
	if c.watch != nil {
		c.watch(fate, l)
	}
}

// event has a node do something, checks it, and posts what the node sends.
func (c *cluster[S]) event(x *node[S], do func(now time.Duration) (Output[S], error)) error {
	c.t.Helper()
	checks := x.stable.Len() < 5000 // what is new; else it takes too long
	var before S
	if checks {
		before = x.State().Clone()
	}
	out, err := do(x.clock(c.now))
	if checks {
		c.checkDurable(x, before, out)
	}
	if err != nil && len(out.Messages) > 0 {
		c.t.Fatalf("%v %s: an error and messages: %v", c.now, x.id, err)
	}
	checkOutput(c.t, x.Replica, out)
	for _, e := range out.Messages {
		l := letter[S]{Envelope: e, from: x.id, at: c.now + c.latency(), number: c.posted, size: len(encode(c.t, e.Message))}
		c.posted++
		if c.lose != nil && c.lose(l) {
			c.tell("", l)
			c.tell("lost", l)
			continue
		}
		c.tell("", l)
		i, _ := slices.BinarySearchFunc(c.mail, l, func(a, b letter[S]) int {
			return cmp.Or(cmp.Compare(a.at, b.at), cmp.Compare(a.number, b.number))
		})
		c.mail = slices.Insert(c.mail, i, l)
	}
	return err
}

// checkDurable fails the test unless an output hands over all that is new, and nothing else.
func (c *cluster[S]) checkDurable(x *node[S], before S, out Output[S]) {
	c.t.Helper()
	novel := x.State().Minus(before)
	switch {
	case isNil(out.Durable) != (novel.Len() == 0):
		c.t.Fatalf("%v %s: %d parts are new, and Durable is %v", c.now, x.id, novel.Len(), out.Durable)
	case !isNil(out.Durable) && out.Durable.Digest() != novel.Digest():
		c.t.Fatalf("%v %s: Durable is %v, and new is %v", c.now, x.id, out.Durable, novel)
	}
}

// checkOutput fails the test if an event has sent a message above the limit, or more than an event
// may: 16 messages and 256 kB besides scatters.
func checkOutput[S crdt.Lattice[S]](t rapid.TB, r *Replica[S], out Output[S]) {
	t.Helper()
	count, bytes := 0, 0
	for _, e := range out.Messages {
		size := len(encode(t, e.Message))
		if size > r.cfg.MaxMessage {
			t.Fatalf("%s sends a %v (root %.9q) of %d bytes, above %d", r.cfg.Self, e.Message.Kind, e.Message.Root, size, r.cfg.MaxMessage)
		}
		if e.To == r.cfg.Self || e.To == "" {
			t.Fatalf("%s sends a %v to %q", r.cfg.Self, e.Message.Kind, e.To)
		}
		if e.Message.Kind != Scatter {
			count, bytes = count+1, bytes+size
		}
	}
	if count > 16 || bytes > 256<<10 {
		t.Fatalf("an event of %s has it send %d messages of %d bytes: %v", r.cfg.Self, count, bytes, kindsOf(out))
	}
}

// equal reports whether all members that run hold the same.
func (c *cluster[S]) equal() bool {
	nodes := c.running()
	for _, x := range nodes {
		if x.State().Digest() != nodes[0].State().Digest() {
			return false
		}
	}
	return true
}

// settled reports whether nothing is pending anywhere.
func (c *cluster[S]) settled() bool {
	for _, x := range c.running() {
		if x.Pending().Len() > 0 {
			return false
		}
	}
	return true
}
