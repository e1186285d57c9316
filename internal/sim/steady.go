package sim

import (
	"fmt"
	"slices"
	"time"

	"gset/crdt"
	"gset/internal/simnet"
	"gset/replica"
)

// What an update costs and how long it takes is watched last, when all faults are over and
// all members hold the same: first under load, then of a single update.

// Rounds are so many intervals under load, before anything is counted and after.
const (
	warmUpRounds  = 12
	countedRounds = 8
)

// requireSteady watches a cluster that nothing is wrong with any more. Who is gone for good is taken
// off the list of members, the latency becomes constant, and a quarter of an interval at most, and
// clocks go alike. A cluster whose nodes differ in T is left alone: each has rounds of its own. So is one with a
// history, which is about faults.
func (r *run[S, K]) requireSteady() {
	live := r.live()
	if r.s.Mixed || len(live) < 2 || r.History != nil {
		return
	}
	r.result.Steady = true
	c := &calm{nodes: live, hop: r.s.Hop}
	if r.s.Interval > 0 {
		c.hop = min(c.hop, (r.s.Interval / 4).Truncate(time.Millisecond))
	}
	for node := range r.s.Nodes {
		r.membership.member[node] = slices.Contains(live, node)
	}
	r.renew(0)
	r.net.Calm(c.hop)
	r.net.Run(r.net.Now() + r.convergence())

	count := r.count()
	if r.s.Interval > 0 {
		r.load(c, warmUpRounds)
		before := *count
		start := r.net.Now()
		r.load(c, countedRounds)
		r.requireFrugal(c, r.net.Now()-start, count.since(before))
		r.net.Run(r.net.Now() + 8*r.s.Interval + 4*c.hop)
	}
	c.next = int(r.s.Seed % uint64(len(live)))
	if live[c.next] == r.hub() {
		c.next++ // a hub has perhaps measured no round trip, and waits for its round
	}
	node := c.node(c.next)
	for range 3 {
		r.requireEager(c, node, count)
	}
	// Only the last two of them are told again.
	if told := r.net.Replica(node).Status().Told; told > 2 {
		r.violate(Bounded, "n%d keeps %d parts told twice after updates of one", node, told)
	}
}

// calm is a cluster that nothing is wrong with.
type calm struct {
	nodes []int
	hop   time.Duration // that every message takes
	next  int
}

// node returns the i-th node, counted round and round.
func (c *calm) node(i int) int { return c.nodes[i%len(c.nodes)] }

// others is how many nodes a scatter goes to.
func (c *calm) others() int { return len(c.nodes) - 1 }

// requireEager has one node add something, which must take one message to each other.
//
// A probe that crosses the update finds that it has not arrived. Four messages follow at most: a diff,
// a diff twice as long if the difference does not decode, and cells there and back. Such a probe was sent a hop before the update
// at the earliest, so messages are counted from then on. And if a hub answers the probe, the hub may
// show everyone what it holds.
func (r *run[S, K]) requireEager(c *calm, node int, count *sent) {
	r.net.Run(r.net.Now() + r.lull(c))
	before := *count
	r.net.Run(r.net.Now() + c.hop)
	r.steadyUpdate(node)
	everybody := r.everywhere(c)
	r.net.Run(r.net.Now() + r.hops(c)*c.hop)
	everybody()
	r.net.Run(r.net.Now() + 2*r.s.Interval + 4*c.hop)
	sent := count.since(before)
	repairs := 4
	if r.work.weak { // of two that look alike one sends all its cells, and is answered message by message
		for range crdt.Split(r.net.Replica(node).State(), 0, r.s.MaxMessage/2) {
			repairs += 2
		}
	}
	if sent.updates() > c.others()*min(2, 1+sent[replica.Probe]) || sent.repairs() > repairs*sent[replica.Probe] {
		r.violate(Frugal, "one update takes %v, where %d gathers and scatters do", sent, c.others())
	}
}

// lull is how long nobody may have added anything for the next update to be a lone one to every node: the
// longest round trip that one of them reckons with. Short intervals leave little time for more samples since
// the hops became short.
func (r *run[S, K]) lull(c *calm) (longest time.Duration) {
	for _, node := range c.nodes {
		longest = max(longest, r.net.Replica(node).Status().RoundTrip)
	}
	return longest
}

// leastLoad is how many updates an interval are load at any number of nodes: so many that no node takes them for
// few, and pushes its own eagerly. What others add to a counter in a round is one part for each of them, so a
// node of four counts two of its own and three of theirs at eight updates.
const leastLoad = 12

// load has every node add something twice in an interval or more often, for so many intervals, and
// requires of what was added at the end of each that it is everywhere in time.
func (r *run[S, K]) load(c *calm, intervals int) {
	n := max(2*len(c.nodes), leastLoad)
	for range intervals {
		for i := range n {
			r.steadyUpdate(c.node(i))
			r.net.Run(r.net.Now() + r.s.Interval/time.Duration(n))
		}
		r.net.At(r.net.Now()+r.underLoadWithin(c), r.everywhere(c))
	}
}

// steadyUpdate has a client of a node add something. Elements are far from all others, unless
// messages are so short that the updates of a round would take several.
func (r *run[S, K]) steadyUpdate(node int) {
	if !r.going() {
		return
	}
	e := Event{At: r.net.Now(), What: Update, Node: node, Value: 1}
	if r.s.Lattice.set() {
		apart := int64(1)
		if r.s.MaxMessage >= 40_000 {
			apart = 1 << 20
		}
		r.fresh++
		e.Value = 1<<61 + r.fresh*apart
	}
	r.do(e)
}

// everywhere returns what is to be called when all that has been added by now must be
// everywhere, but for what was lost with the state of its maker.
func (r *run[S, K]) everywhere(c *calm) func() {
	added, at := make([]uint64, len(r.model.added)), r.net.Now()
	for _, node := range c.nodes {
		for place, count := range r.model.held[node] {
			added[place] = max(added[place], count)
		}
	}
	return func() {
		for _, node := range c.nodes {
			held := r.model.held[node]
			for place, count := range added {
				if place >= len(held) || held[place] < count {
					r.violate(Prompt, "n%d does not have %d of %v, %v after it was added at the latest",
						node, count, r.model.parts[place], r.net.Now()-at)
					return
				}
			}
		}
	}
}

// hops is how many a scatter takes.
func (r *run[S, K]) hops(c *calm) time.Duration {
	if r.s.Fanout == 0 || c.others() <= r.s.Fanout {
		return 1
	}
	hops := time.Duration(0)
	for below := c.others(); below > 0; below = (below - 1) / r.s.Fanout {
		hops++
	}
	return hops
}

// underLoadWithin is how long an update takes: an interval for the hub to scatter, and the way
// to it and from it. A gather that is late misses a round, as some do after a time of
// faults from which round trips are remembered, and takes another interval or two.
func (r *run[S, K]) underLoadWithin(c *calm) time.Duration {
	return 4*r.s.Interval + (1+r.hops(c))*c.hop
}

// sent counts messages by kind.
type sent [replica.Cells + 1]int

func (s *sent) since(before sent) (c sent) {
	for kind := range s {
		c[kind] = s[kind] - before[kind]
	}
	return c
}

func (s *sent) updates() int { return s[replica.Gather] + s[replica.Scatter] + s[replica.Answer] }
func (s *sent) repairs() int { return s[replica.Diff] + s[replica.Cells] }

func (s sent) String() string {
	return fmt.Sprintf("%d gathers, %d scatters, %d answers, %d probes, %d diffs, %d cells", s[replica.Gather],
		s[replica.Scatter], s[replica.Answer], s[replica.Probe], s[replica.Diff], s[replica.Cells])
}

// count counts what is sent from here on.
func (r *run[S, K]) count() *sent {
	count := new(sent)
	watch := r.net.Watch
	r.net.Watch = func(fate simnet.Fate, p simnet.Packet[S]) {
		if watch != nil {
			watch(fate, p)
		}
		if fate == simnet.Sent {
			count[p.Message.Kind]++
		}
	}
	return count
}

// requireFrugal holds what was sent under load against what it may take: in a period of
// three quarters of an interval at least, a gather of each leaf and a scatter to
// each; and as much again for gathers that are late, for updates that are pushed eagerly, and for what else a time
// of faults leaves behind. As load sets in, what the first few appoint themselves for may make
// each node suspect another: a suspicion is a probe, and two repairs.
func (r *run[S, K]) requireFrugal(c *calm, passed time.Duration, s sent) {
	rounds := 2 + int(passed*4/3/r.s.Interval)
	most := 2 * rounds * c.others()
	if s[replica.Gather] > most || s[replica.Scatter] > most {
		r.violate(Frugal, "%v under load, where %d gathers and as many scatters are allowed in %v", s, most, passed)
	}
	// Who probes more often than hubs scatter does so while updates are under way.
	if s.repairs() > 2*len(c.nodes) && r.s.Probe >= 2*r.s.Interval {
		r.violate(Frugal, "%v under load, when no message was lost", s)
	}
}
