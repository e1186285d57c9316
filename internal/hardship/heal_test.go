package hardship

import (
	"fmt"
	"slices"
	"testing"
	"time"

	"gset/crdt"
	"gset/internal/simnet"
)

// heals: two halves, each with 100,000 random elements of its own, find together.
var heals = []hardship{
	healOf(hop, 0), healOf(hop, 100_000), healOf(ms, 0), healOf(ms, 100_000),
}

// healOf is a heal of halves that have some elements in common. Where they do, members find out cell by cell
// what differs, or send what both have, too: a sketch of 200,000 differing cells takes as many bytes as the
// elements, 8 bytes each. So at least half as much again is sent as is missing, in half as many steps
// again, and the goals are wider by that.
func healOf(hop time.Duration, common int) hardship {
	bytes, within := goal{most: 1.5, kept: true}, goal{most: 3, kept: true}
	if common > 0 {
		bytes, within = goal{most: 2.25, kept: true}, goal{most: 4.5, kept: true}
	}
	return hardship{
		name:  fmt.Sprintf("heal: 40 nodes, halves of 100,000 random elements, %d in common, latency %v", common, hop),
		seeds: 1, heavy: true, long: common > 0,
		measure: func(t *testing.T, seed uint64, f *figures) {
			const nodes, own = 40, 100_000
			cfg := usual(nodes, seed)
			cfg.Latency = simnet.Jittered(hop, hop/100)
			shared := random(seed, 0, scaled(common))
			var halves [2]*crdt.GSet
			for i := range halves {
				halves[i] = random(seed, 1+uint64(i), scaled(own))
				halves[i].Join(shared)
			}
			states := make([]*crdt.GSet, nodes)
			for node := range states {
				states[node] = halves[node*2/nodes]
			}
			c := start(t, cfg, states...)
			c.Cut = func(from, to int) bool { return from*2/nodes != to*2/nodes }
			c.Run(3 * probe)
			healed(t, c, f, bytes, goal{most: 4, kept: true}, within)
		},
	}
}

// scaled is a number of elements: a tenth of it unless all is measured in full, and a fiftieth where
// time is short.
func scaled(n int) int {
	switch {
	case *full:
		return n
	case testing.Short():
		return n / 50
	}
	return n / 10
}

// healed ends all cuts and measures what it takes until all hold the same.
func healed(t *testing.T, c *cluster, f *figures, bytes, evenly, within goal) {
	all := c.bottom.New()
	for node := range c.Nodes() {
		all.Join(c.Replica(node).State())
	}
	missing := 0
	for node := range c.Nodes() {
		missing += size(t, all.Minus(c.Replica(node).State()))
	}
	c.Cut = nil
	before, view := slices.Clone(c.sent), c.view()
	took := c.equalWithin(time.Minute)
	c.Run(c.Now() + 3*probe) // what is still under way
	spent := make([]int, len(before))
	for node := range spent {
		spent[node] = c.sent[node] - before[node]
	}
	sent := total(spent)
	slices.Sort(spent)
	f.add("MB missing", "MB", float64(missing)/1e6, goal{})
	f.add("bytes sent, over those that were missing", "", float64(sent)/float64(missing), bytes)
	f.add("greatest sender, over the median sender", "", float64(spent[len(spent)-1])/float64(max(1, spent[len(spent)/2])), evenly)
	f.add("MB sent by the greatest sender", "MB", float64(spent[len(spent)-1])/1e6, goal{})
	f.duration("until all are equal", took, within)
	f.add("views since the heal", "", float64(c.view()-view), goal{})
}
