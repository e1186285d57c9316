package hardship

import (
	"math/rand/v2"
	"slices"
	"testing"
	"time"

	"gset/crdt"
	"gset/internal/simnet"
	"gset/replica"
)

// What all clusters have in common, unless a hardship says otherwise.
const (
	ms       = time.Millisecond
	interval = 250 * ms
	probe    = 2 * time.Second // R
	hop      = 100 * ms

	// warmUp is how long a cluster is under load before anything befalls it.
	warmUp = 5 * time.Second

	// never is the latency of an update that did not arrive.
	never = time.Duration(1<<63 - 1)
)

// cluster is a cluster of sets under a load, and the books on it. What is added is counted:
// element x is the x-th.
type cluster struct {
	*simnet.Net[*crdt.GSet]
	rand   *rand.Rand
	bottom *crdt.GSet
	spread bool // elements are far apart, as random ones are, and not 0, 1, 2, ...

	made  []time.Duration   // by element: when it was added
	maker []int             // by element: where
	got   [][]time.Duration // by element and node: when the node first held it

	sent, heard []int             // bytes by node, sent by it and to it
	cluster     replica.ClusterID // of all messages
}

// usual is the network of most hardships.
func usual(nodes int, seed uint64) simnet.Config {
	return simnet.Config{Nodes: nodes, Interval: interval, Probe: probe, Seed: seed, Latency: simnet.Jittered(hop, ms)}
}

// start returns a cluster whose nodes begin with the states given, which are copied; with
// nothing beyond them.
func start(t *testing.T, cfg simnet.Config, states ...*crdt.GSet) *cluster {
	t.Helper()
	bottom := crdt.NewGSet(key(cfg.Seed))
	net, err := simnet.New(cfg, bottom)
	if err != nil {
		t.Fatal(err)
	}
	c := &cluster{
		Net: net, rand: rand.New(rand.NewPCG(cfg.Seed, 11)), bottom: bottom,
		sent: make([]int, cfg.Nodes), heard: make([]int, cfg.Nodes),
	}
	for node, state := range states {
		net.Stop(node)
		if err := net.Start(node, state.Clone()); err != nil {
			t.Fatal(err)
		}
	}
	net.OnGrow = func(node int, novel *crdt.GSet) {
		if novel == nil {
			return
		}
		for element := range novel.All() {
			if x := c.index(element); x < uint64(len(c.made)) {
				c.got[x][node] = net.Now()
			}
		}
	}
	net.Watch = func(fate simnet.Fate, p simnet.Packet[*crdt.GSet]) {
		switch fate {
		case simnet.Sent:
			c.sent[p.From] += p.Size
			c.cluster = p.Message.Cluster
		case simnet.Received:
			c.heard[p.To] += p.Size
		}
	}
	return c
}

// key is the hash key of a seed's cluster.
func key(seed uint64) crdt.Key { return crdt.Key{seed, 1} }

// random returns a set of so many random elements, different for each stream.
func random(seed, stream uint64, n int) *crdt.GSet {
	rng, s := rand.New(rand.NewPCG(seed, 1000+stream)), crdt.NewGSet(key(seed))
	for s.Len() < n {
		s.Insert(int64(rng.Uint64()))
	}
	return s
}

// size is the length of a state's binary form.
func size(t *testing.T, s *crdt.GSet) int {
	t.Helper()
	b, err := s.AppendBinary(nil)
	if err != nil {
		t.Fatal(err)
	}
	return len(b)
}

// load has clients of random nodes, of those given, add elements at some rate a second from one
// time until another. Who is stopped takes none.
func (c *cluster) load(rate float64, from, until time.Duration, nodes []int) {
	at := from + time.Duration(c.rand.Float64()*2/rate*float64(time.Second))
	if at >= until {
		return
	}
	c.At(at, func() {
		c.add(nodes[c.rand.IntN(len(nodes))])
		c.load(rate, at, until, nodes)
	})
}

// add has a client of a node add the next element.
func (c *cluster) add(node int) {
	if c.Replica(node) == nil {
		return
	}
	got := make([]time.Duration, c.Nodes())
	for i := range got {
		got[i] = never
	}
	delta := c.delta(len(c.made))
	c.made, c.maker, c.got = append(c.made, c.Now()), append(c.maker, node), append(c.got, got)
	c.Update(node, delta)
}

// delta is element x as a state.
func (c *cluster) delta(x int) *crdt.GSet {
	element := uint64(x)
	if c.spread {
		element *= spreading
	}
	delta := c.bottom.New()
	delta.Insert(int64(element))
	return delta
}

// index is the x of an element.
func (c *cluster) index(element int64) uint64 {
	if c.spread {
		return uint64(element) * gathering
	}
	return uint64(element)
}

// To multiply by one of these takes the other back, modulo 2^64.
const (
	spreading = 0x9e3779b97f4a7c15
	gathering = 0xf1de83e19937733d
)

// latencies returns how long elements took that were added from one time until another by
// some nodes, until the last of those given had them: never, if one has not.
func (c *cluster) latencies(from, until time.Duration, makers, holders []int) []time.Duration {
	var all []time.Duration
	for x, at := range c.made {
		if at < from || at >= until || !slices.Contains(makers, c.maker[x]) {
			continue
		}
		var last time.Duration
		for _, node := range holders {
			last = max(last, c.got[x][node])
		}
		if last < never {
			last -= at
		}
		all = append(all, last)
	}
	return all
}

// nodes returns all nodes but those given.
func (c *cluster) nodes(but ...int) []int {
	var nodes []int
	for node := range c.Nodes() {
		if !slices.Contains(but, node) {
			nodes = append(nodes, node)
		}
	}
	return nodes
}

// hub is the hub in the view of most.
func (c *cluster) hub() int {
	votes := make([]int, c.Nodes())
	for node := range votes {
		if r := c.Replica(node); r != nil {
			votes[simnet.Number(r.Hub())]++
		}
	}
	return slices.Index(votes, slices.Max(votes))
}

// view is the greatest view that any node has.
func (c *cluster) view() (view uint64) {
	for node := range c.Nodes() {
		if r := c.Replica(node); r != nil {
			view = max(view, r.View())
		}
	}
	return view
}

// equalWithin lets time pass until all nodes hold the same, at most so long, and returns how
// long that was: never if they do not.
func (c *cluster) equalWithin(most time.Duration) time.Duration {
	const step = 10 * ms
	for from := c.Now(); c.Now() < from+most; {
		if c.Run(c.Now() + step); c.Converged() {
			return c.Now() - from
		}
	}
	return never
}

// total returns the sum of the bytes of all nodes.
func total(bytes []int) (sum int) {
	for _, b := range bytes {
		sum += b
	}
	return sum
}
