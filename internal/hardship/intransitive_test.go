package hardship

import (
	"testing"
	"time"
)

// intransitive: two leaves reach one peer each, different ones and not the hub. There is a
// path of two hops to everyone, and nobody else may be troubled.
var intransitive = []hardship{{
	name: "intransitive: 25 nodes, 100 writes/s, two leaves behind one peer each", seeds: 5, long: true,
	measure: func(t *testing.T, seed uint64, f *figures) {
		const rate, lasts, rest = 100, 120 * time.Second, 60 * time.Second
		c := start(t, usual(25, seed))
		c.load(rate, 0, warmUp+lasts, c.nodes())
		c.Run(warmUp)
		some := c.rand.Perm(c.Nodes())
		var odd [2]struct{ leaf, peer int }
		for i := range odd {
			for odd[i].leaf, odd[i].peer = some[0], some[1]; odd[i].leaf == c.hub() || odd[i].peer == c.hub(); {
				some = some[1:]
				odd[i].leaf, odd[i].peer = some[0], some[1]
			}
			some = some[2:]
		}
		c.Cut = func(from, to int) bool {
			for _, o := range odd {
				if from == o.leaf && to != o.peer || to == o.leaf && from != o.peer {
					return true
				}
			}
			return false
		}
		view, sent := c.view(), c.Sent
		c.Run(warmUp + lasts)
		leaves := []int{odd[0].leaf, odd[1].leaf}
		f.add("views in 120 s", "", float64(c.view()-view), goal{most: 3, kept: true})
		f.add("messages an update", "", float64(c.Sent-sent)/(rate*lasts.Seconds()), goal{})
		c.Run(warmUp + lasts + rest)
		f.p99("p99 of what these leaves write", c.latencies(warmUp, warmUp+lasts, leaves, c.nodes()), goal{most: 3 * probe.Seconds(), kept: true})
		f.p99("p99 of what all others write, at these leaves", c.latencies(warmUp, warmUp+lasts, c.nodes(leaves...), leaves), goal{most: 3 * probe.Seconds(), kept: true})
		f.p99("p99 of what all others write, at all others", c.latencies(warmUp, warmUp+lasts, c.nodes(leaves...), c.nodes(leaves...)), goal{})
	},
}}
