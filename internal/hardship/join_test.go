package hardship

import (
	"fmt"
	"testing"
	"time"

	"gset/crdt"
)

// joiners: a member with an empty state joins many that hold a large one.
var joiners = []hardship{joinerUnder(0), joinerUnder(100)}

func joinerUnder(rate float64) hardship {
	return hardship{
		name: fmt.Sprintf("joiner: 25 nodes with 200,000 random elements, %v writes/s", rate), seeds: 2, heavy: true,
		measure: func(t *testing.T, seed uint64, f *figures) {
			const nodes, watched = 25, 15 * time.Second
			state := random(seed, 0, scaled(200_000))
			states := make([]*crdt.GSet, nodes)
			for node := range states {
				states[node] = state
			}
			c := start(t, usual(nodes, seed), states...)
			joiner := c.rand.IntN(nodes)
			c.Stop(joiner)
			if rate > 0 {
				c.load(rate, 0, warmUp+watched, c.nodes(joiner))
			}
			c.Run(warmUp)
			if err := c.Start(joiner, c.bottom.New()); err != nil {
				t.Fatal(err)
			}
			heard := c.heard[joiner]
			took := never
			for took == never && c.Now() < warmUp+watched {
				if c.Run(c.Now() + 10*ms); c.Replica(joiner).State().Len() >= state.Len() {
					took = c.Now() - warmUp
				}
			}
			c.Run(warmUp + watched + 3*probe)
			f.add("bytes it is sent, over the state's", "", float64(c.heard[joiner]-heard)/float64(size(t, state)), goal{most: 1.5, kept: true})
			f.duration("until it has the state", took, goal{most: 3, kept: true})
			if !c.Converged() {
				t.Errorf("seed %d: not all are equal in the end", seed)
			}
		},
	}
}
