package hardship

import (
	"fmt"
	"slices"
	"testing"
	"time"

	"gset/crdt"
	"gset/internal/bench/quantile"
	"gset/internal/simnet"
	"gset/replica"
)

// members: who is in the cluster changes under load, or members do not agree on it.
var members = []hardship{
	rolling(25, 2*time.Second), rolling(200, time.Second), disagreeing(200, "lack", lacking), disagreeing(200, "have", having),
}

// rolling replaces one member after another. Each of the others learns of it in its own time.
func rolling(nodes int, every time.Duration) hardship {
	return hardship{
		name:  fmt.Sprintf("rolling change of members: %d members, 100 writes/s, one replaced every %v", nodes, every),
		seeds: 2, long: true,
		measure: func(t *testing.T, seed uint64, f *figures) {
			const calm, lasts, rest = 20 * time.Second, 60 * time.Second, 10 * time.Second
			r := newRoll(t, 2*nodes, seed)
			r.list(r.nodes()[:nodes])
			r.loadMembers(100, 0, warmUp+calm+lasts)
			r.Run(warmUp + calm)
			begins := r.Now()
			sent := r.Sent
			usual := float64(r.Sent) / begins.Seconds()
			for at := begins; at < begins+lasts; at += every {
				r.At(at, r.replace)
			}
			r.Run(begins + lasts)
			changing := float64(r.Sent-sent) / lasts.Seconds()
			r.Run(begins + lasts + rest)
			before, while := r.latencies(warmUp, begins), r.latencies(begins, begins+lasts)
			p99 := quantile.At(sorted(before), 0.99)
			f.add("updates that are not everywhere", "", float64(r.lost()), goal{most: 0, kept: true})
			f.add("p99 while members change", "s", quantile.At(sorted(while), 0.99).Seconds(), goal{})
			f.add("p99 while members change, over that of before", "", float64(quantile.At(sorted(while), 0.99))/float64(p99), goal{most: 2})
			f.add("messages a second, over those of before", "", changing/usual, goal{})
			f.p99("p99 until one who leaves has left", r.left, goal{})
			f.p99("p99 until one who joins has all of before", r.joined, goal{})
		},
	}
}

// roll is a cluster whose members change.
type roll struct {
	*cluster
	now          []int           // who is in it
	since        []time.Duration // by node: when it came up
	until        []time.Duration // by node: when it was told to leave
	left, joined []time.Duration
	nextID       int
}

// newRoll returns a cluster with places for so many nodes, none of them up.
func newRoll(t *testing.T, nodes int, seed uint64) *roll {
	r := &roll{cluster: start(t, usual(nodes, seed)), since: make([]time.Duration, nodes), until: make([]time.Duration, nodes)}
	for node := range nodes {
		r.Stop(node)
		r.since[node], r.until[node] = never, never
	}
	return r
}

// list has the cluster begin with some nodes.
func (r *roll) list(nodes []int) {
	r.now, r.nextID = nodes, len(nodes)
	for _, node := range nodes {
		r.SetMembers(node, r.members())
		r.join(node)
	}
}

func (r *roll) members() *replica.Members {
	m, err := r.Members(r.now...)
	if err != nil {
		panic(err)
	}
	return m
}

func (r *roll) join(node int) {
	r.since[node] = r.Now()
	if err := r.Start(node, r.bottom.New()); err != nil {
		panic(err)
	}
}

// replace has a member leave and another join. All learn of it within a second.
func (r *roll) replace() {
	leaver, joiner := r.now[r.rand.IntN(len(r.now))], r.nextID%r.Nodes()
	if r.Replica(joiner) != nil {
		return // it has not left yet
	}
	r.nextID++
	r.now = append(slices.DeleteFunc(slices.Clone(r.now), func(node int) bool { return node == leaver }), joiner)
	list, begins := r.members(), r.Now()
	for _, node := range append(slices.Clone(r.now), leaver) {
		r.At(begins+time.Duration(r.rand.Int64N(int64(time.Second))), func() {
			switch r.SetMembers(node, list); node {
			case joiner:
				r.join(joiner)
				r.awaitAll(joiner)
			case leaver:
				r.until[leaver] = r.Now()
				r.awaitEmpty(leaver)
			}
		})
	}
}

// awaitEmpty stops a node that leaves as soon as nothing is pending with it.
func (r *roll) awaitEmpty(node int) {
	if r.Replica(node).Pending().Len() == 0 {
		r.left = append(r.left, r.Now()-r.until[node])
		r.Stop(node)
		return
	}
	r.At(r.Now()+10*ms, func() { r.awaitEmpty(node) })
}

// awaitAll notes when a node that has joined has all that was added before.
func (r *roll) awaitAll(node int) {
	all, joined := len(r.made), r.Now()
	var look func()
	look = func() {
		for x := range all {
			if r.got[x][node] == never {
				r.At(r.Now()+10*ms, look)
				return
			}
		}
		r.joined = append(r.joined, r.Now()-joined)
	}
	look()
}

// loadMembers has clients of those in the cluster add elements.
func (r *roll) loadMembers(rate float64, from, until time.Duration) {
	at := from + time.Duration(r.rand.Float64()*2/rate*float64(time.Second))
	if at >= until {
		return
	}
	r.At(at, func() {
		var open []int
		for _, node := range r.now {
			if r.Replica(node) != nil {
				open = append(open, node)
			}
		}
		r.add(open[r.rand.IntN(len(open))])
		r.loadMembers(rate, at, until)
	})
}

// latencies returns how long elements took that were added from one time until another, until
// all had them who had been in the cluster for a while and stayed for one.
func (r *roll) latencies(from, until time.Duration) []time.Duration {
	const while = 5 * time.Second
	var all []time.Duration
	for x, at := range r.made {
		if at < from || at >= until {
			continue
		}
		var last time.Duration
		for node := range r.Nodes() {
			if (r.since[node] == 0 || r.since[node] < at-while) && r.until[node] > at+while {
				last = max(last, r.got[x][node])
			}
		}
		if last < never {
			last -= at
		}
		all = append(all, last)
	}
	return all
}

// lost returns how many elements somebody lacks who is in the cluster.
func (r *roll) lost() (lost int) {
	for x := range r.made {
		if slices.ContainsFunc(r.now, func(node int) bool { return r.got[x][node] == never }) {
			lost++
		}
	}
	return lost
}

// disagreeing gives every member a list of its own, and compares that with one list for all.
func disagreeing(nodes int, how string, list func(c *cluster, node, nodes int) []int) hardship {
	return hardship{
		name:  fmt.Sprintf("lists of members: %d members, 100 writes/s, all lists %s one in a hundred", nodes, how),
		seeds: 3, long: true,
		measure: func(t *testing.T, seed uint64, f *figures) {
			agreed := measureLists(t, nodes, seed, func(_ *cluster, _, nodes int) []int { return upTo(nodes) })
			own := measureLists(t, nodes, seed, list)
			f.add("messages, over those with one list", "", float64(own.sent)/float64(agreed.sent), goal{most: 1.05, kept: true})
			f.add("p99, over that with one list", "", own.p99.Seconds()/agreed.p99.Seconds(), goal{})
			f.duration("until halves have healed", own.healed, goal{most: (probe + interval + 4*hop).Seconds()})
			f.duration("until halves with one list have healed", agreed.healed, goal{})
		},
	}
}

// lists is what a cluster comes to.
type lists struct {
	sent        int
	p99, healed time.Duration
}

func measureLists(t *testing.T, nodes int, seed uint64, list func(c *cluster, node, nodes int) []int) (l lists) {
	const lasts, cut = 20 * time.Second, 10 * time.Second
	c := start(t, usual(nodes+nodes/100, seed))
	for node := range c.Nodes() {
		if node >= nodes {
			c.Stop(node) // some have it on their lists, and it is not there
			continue
		}
		m, err := c.Members(list(c, node, nodes)...)
		if err != nil {
			t.Fatal(err)
		}
		c.SetMembers(node, m)
	}
	all := upTo(nodes)
	c.load(100, 0, warmUp+lasts+cut, all)
	c.Run(warmUp)
	sent := c.Sent
	c.Run(warmUp + lasts)
	l.sent = c.Sent - sent
	halves := simnet.Partitions["majority"](c.Nodes(), c.rand)
	c.Cut = halves
	c.Run(warmUp + lasts + cut)
	c.Cut = nil
	state := c.bottom.New()
	for _, node := range all {
		state.Join(c.Replica(node).State())
	}
	l.healed = c.holdWithin(state, all, 30*time.Second)
	c.Run(c.Now() + 10*time.Second)
	l.p99 = quantile.At(sorted(c.latencies(warmUp, warmUp+lasts-2*time.Second, all, all)), 0.99)
	return l
}

// holdWithin lets time pass until all of some nodes hold a state, at most so long, and returns how
// long that was: never if they do not.
func (c *cluster) holdWithin(state *crdt.GSet, nodes []int, most time.Duration) time.Duration {
	lacks := func(node int) bool { return state.Minus(c.Replica(node).State()).Len() > 0 }
	for from := c.Now(); c.Now() < from+most; {
		if c.Run(c.Now() + 10*ms); !slices.ContainsFunc(nodes, lacks) {
			return c.Now() - from
		}
	}
	return never
}

// upTo returns the first n nodes.
func upTo(n int) []int {
	all := make([]int, n)
	for i := range all {
		all[i] = i
	}
	return all
}

// lacking is a list without some members, drawn for each node.
func lacking(c *cluster, node, nodes int) []int {
	all := slices.DeleteFunc(upTo(nodes), func(x int) bool { return x == node })
	c.rand.Shuffle(len(all), func(i, j int) { all[i], all[j] = all[j], all[i] })
	return append(all[nodes/100:], node)
}

// having is a list with members that are not there, half of them for each node.
func having(c *cluster, _, nodes int) []int {
	all := upTo(nodes)
	for ghost := nodes; ghost < c.Nodes(); ghost++ {
		if c.rand.IntN(2) == 0 {
			all = append(all, ghost)
		}
	}
	return all
}

func sorted(times []time.Duration) []time.Duration {
	slices.Sort(times)
	return times
}
