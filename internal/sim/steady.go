package sim

import (
	"fmt"
	"slices"
	"time"

	"gset/internal/simnet"
	"gset/replica"
)

// What an update costs and how long it takes is watched last, when all faults are over and
// all members hold the same: first under load, then of a single update.

const (
	// Rounds are so many intervals under load, before anything is counted and after.
	warmUpRounds  = 12
	countedRounds = 8
)

// requireSteady watches a cluster that nothing is wrong with any more. One that is for other
// reasons out of the ordinary is left alone: where members are gone, clocks do not go
// alike, latencies vary, messages are short, the network is narrow, or rounds are shorter
// than it takes to tell of them.
func (r *run[S, K]) requireSteady() {
	clocks := slices.ContainsFunc(r.s.Events, func(e Event) bool { return e.What == Skew || e.What == Jump })
	if len(r.live()) < r.s.Nodes || clocks || r.s.Shape != Constant || r.s.MaxMessage < 40_000 ||
		r.s.Bandwidth > 0 || r.s.Interval > 0 && r.s.Interval < 4*r.s.Hop {
		return
	}
	count := r.count()
	if r.s.Interval > 0 {
		r.load(warmUpRounds)
		before := *count
		start := r.net.Now()
		r.load(countedRounds)
		r.requireFrugal(r.net.Now()-start, count.since(before))
		r.net.Run(r.net.Now() + 8*r.s.Interval + 4*r.s.Hop)
	}
	node := r.s.Seed
	if int(node%uint64(r.s.Nodes)) == r.hub() {
		node++ // a hub has perhaps measured no round trip, and waits for its round
	}
	for range 3 {
		r.requireLone(int(node%uint64(r.s.Nodes)), count)
	}
	// Only the last two of them are told again.
	if at := int(node % uint64(r.s.Nodes)); r.net.Replica(at).Status().Told > 2 {
		r.violate(Bounded, "n%d keeps %d parts told twice after updates of one", at, r.net.Replica(at).Status().Told)
	}
}

// requireLone has one node add something, which must take one message to each other.
func (r *run[S, K]) requireLone(node int, count *sent) {
	before := *count
	r.steadyUpdate(uint64(node))
	everybody := r.everywhere()
	r.net.Run(r.net.Now() + r.hops()*r.s.Hop)
	everybody()
	r.net.Run(r.net.Now() + 2*r.s.Interval + 4*r.s.Hop)
	most := r.s.Nodes - 1
	// A probe that crosses the news finds that it has not arrived, and is answered; and if a
	// hub answers, it may show everyone what it holds.
	if c := count.since(before); c.news() > most*min(2, 1+c[replica.Probe]) || c.repairs() > 3*(1+c[replica.Probe]) {
		r.violate(Frugal, "one update takes %v, where %d gathers and scatters do", c, most)
	}
}

// load has every node add something twice in an interval, for so many intervals, and
// requires of what was added at the end of each that it is everywhere in time.
func (r *run[S, K]) load(intervals int) {
	n := 2 * r.s.Nodes
	for range intervals {
		for i := range n {
			r.steadyUpdate(uint64(i))
			r.net.Run(r.net.Now() + r.s.Interval/time.Duration(n))
		}
		r.net.At(r.net.Now()+r.underLoadWithin(), r.everywhere())
	}
}

// steadyUpdate has a client of the i-th node, counted round and round, add something.
func (r *run[S, K]) steadyUpdate(i uint64) {
	if !r.going() {
		return
	}
	e := Event{At: r.net.Now(), What: Update, Node: int(i % uint64(r.s.Nodes)), Value: 1}
	if r.s.Lattice == GSet {
		r.fresh++
		e.Value = 1<<61 + r.fresh<<20 // far from all others
	}
	r.do(e)
}

// everywhere returns what is to be called when all that has been added by now must be
// everywhere, but for what was lost with the state of its maker.
func (r *run[S, K]) everywhere() func() {
	added, at := make([]uint64, len(r.model.added)), r.net.Now()
	for _, node := range r.live() {
		for place, count := range r.model.held[node] {
			added[place] = max(added[place], count)
		}
	}
	return func() {
		for node, held := range r.model.held {
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
func (r *run[S, K]) hops() time.Duration {
	if r.s.Fanout == 0 || r.s.Nodes-1 <= r.s.Fanout {
		return 1
	}
	hops := time.Duration(0)
	for below := r.s.Nodes - 1; below > 0; below = (below - 1) / r.s.Fanout {
		hops++
	}
	return hops
}

// underLoadWithin is how long news takes: an interval for the hub to scatter, and the way
// to it and from it. A gather that is late misses a round, as some do after a time of
// faults from which round trips are remembered, and takes another interval or two.
func (r *run[S, K]) underLoadWithin() time.Duration {
	return 4*r.s.Interval + (1+r.hops())*r.s.Hop
}

// sent counts messages by kind.
type sent [replica.Cells + 1]int

func (s *sent) since(before sent) (c sent) {
	for kind := range s {
		c[kind] = s[kind] - before[kind]
	}
	return c
}

func (s *sent) news() int    { return s[replica.Gather] + s[replica.Scatter] + s[replica.Answer] }
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
// each; and as much again for gathers that are late or lone, and for what else a time
// of faults leaves behind. As load sets in, what the first few appoint themselves for may cast a
// doubt on each node: a doubt is a probe, and two repairs.
func (r *run[S, K]) requireFrugal(passed time.Duration, c sent) {
	rounds := 2 + int(passed*4/3/r.s.Interval)
	most := 2 * rounds * (r.s.Nodes - 1)
	if c[replica.Gather] > most || c[replica.Scatter] > most {
		r.violate(Frugal, "%v under load, where %d gathers and as many scatters are allowed in %v", c, most, passed)
	}
	// Who probes more often than hubs scatter does so while news is under way.
	if c.repairs() > 2*r.s.Nodes && r.s.Probe >= 2*r.s.Interval {
		r.violate(Frugal, "%v under load, when no message was lost", c)
	}
}
