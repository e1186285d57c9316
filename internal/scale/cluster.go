package scale

import (
	"fmt"
	"math/rand/v2"
	"time"

	"gset/crdt"
	"gset/internal/simnet"
	"gset/replica"
)

// What all measurements have in common.
const (
	Interval = 250 * time.Millisecond // T
	Probe    = 2 * time.Second        // R
	Hop      = 50 * time.Millisecond  // the mean latency of a message

	// jitter is the part of a hop that varies, exponentially: its mean.
	jitter = 500 * time.Microsecond

	// warmUp is how long a cluster is under load before anything is counted: hubs have
	// been heard and round trips measured by then.
	warmUp = 4 * time.Second

	seconds = float64(time.Second)
)

// Cluster is what is measured.
type Cluster struct {
	Nodes     int
	Fanout    int     // 0 is replica.DefaultFanout
	Rate      float64 // updates a second, each at a random node
	Bandwidth int     // bytes a second that a node can send; 0 is any number
	Seed      uint64
}

// fanout is how many members one sends a scatter to, at most.
func (c Cluster) fanout() int {
	if c.Fanout == 0 {
		return replica.DefaultFanout
	}
	return c.Fanout
}

// Depth is how many hops it is from a hub down to everyone.
func (c Cluster) Depth() int {
	depth := 0
	for room, width := 1, 1; room < c.Nodes; depth++ {
		width *= c.fanout()
		room += width
	}
	return depth
}

// Inner is how many members pass scatters on, the hub not included.
func (c Cluster) Inner() int { return (c.Nodes-2+c.fanout())/c.fanout() - 1 }

// Rate is the load that n members are measured under: 4 updates a second each, but 40 in
// all, so that every round has some updates, and 1,000 at most.
func Rate(n int) float64 { return float64(min(max(4*n, 40), 1000)) }

// run is a cluster at work.
type run struct {
	Cluster
	net  *simnet.Net[*crdt.GSet]
	rand *rand.Rand
	live int // how many nodes are not stopped

	made    []time.Duration // by element: when it was added
	maker   []int           // by element: where
	have    []int           // by element: how many nodes have it
	latency []time.Duration // by element: until the last live node had it; 0 if it has not
	missing int             // how many elements are missing, at all nodes together
	settled time.Duration   // when nothing was missing any more, last
}

func start(c Cluster) (*run, error) {
	net, err := simnet.New(simnet.Config{
		Nodes: c.Nodes, Fanout: c.Fanout, Interval: Interval, Probe: Probe, Seed: c.Seed,
		Latency: simnet.Jittered(Hop-jitter, jitter), Bandwidth: c.Bandwidth,
	}, crdt.NewGSet(crdt.Key{c.Seed, 1}))
	if err != nil {
		return nil, fmt.Errorf("scale: %d nodes: %w", c.Nodes, err)
	}
	r := &run{Cluster: c, net: net, live: c.Nodes, rand: rand.New(rand.NewPCG(c.Seed, 5))}
	net.OnGrow = r.grown
	return r, nil
}

// load adds elements at random nodes from now until a time.
func (r *run) load(until time.Duration) {
	next := r.net.Now() + time.Duration(r.rand.Float64()*2/r.Rate*seconds)
	if next >= until {
		return
	}
	r.net.At(next, func() {
		node, x := r.rand.IntN(r.Nodes), len(r.made)
		if r.net.Replica(node) != nil {
			r.made, r.maker = append(r.made, next), append(r.maker, node)
			r.have, r.latency = append(r.have, 0), append(r.latency, 0)
			r.missing += r.live
			r.net.Update(node, crdt.NewGSet(crdt.Key{r.Seed, 1}, int64(x)))
		}
		r.load(until)
	})
}

// grown keeps the books on who has what.
func (r *run) grown(_ int, novel *crdt.GSet) {
	if novel == nil {
		return
	}
	now := r.net.Now()
	for x := range novel.All() {
		r.missing--
		if r.have[x]++; r.have[x] == r.live {
			r.latency[x] = now - r.made[x]
		}
	}
	if r.missing == 0 {
		r.settled = now
	}
}

// view is the greatest view of any member, and hub the node that is its hub.
func (r *run) view() (view uint64, hub int) {
	for node := range r.Nodes {
		if m := r.net.Replica(node); m != nil && (m.View() > view || hub == 0) {
			view, hub = m.View(), simnet.Number(m.Hub())
		}
	}
	return view, hub
}

// root reports whether a packet is a scatter from the member whose it is, and not one
// that is passed on.
func (r *run) root(p simnet.Packet[*crdt.GSet]) bool {
	return p.Message.Kind == replica.Scatter && p.Message.Root == ""
}
