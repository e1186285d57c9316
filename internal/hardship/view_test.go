package hardship

import (
	"fmt"
	"math"
	"testing"
	"time"

	"gset/crdt"
	"gset/replica"
)

// poisoned: a leaf is sent one message with a huge view, then one hub after another dies.
var poisoned = []hardship{
	poisonedWith(1<<52, 2), poisonedWith(1<<52, 100), poisonedWith(math.MaxUint64, 2), poisonedWith(math.MaxUint64, 100),
}

// poison is a message that claims a view.
func poison(cluster replica.ClusterID, bottom *crdt.GSet, view uint64) replica.Message[*crdt.GSet] {
	return replica.Message[*crdt.GSet]{Kind: replica.Gather, Cluster: cluster, View: view, Delta: bottom.New()}
}

func poisonedWith(view uint64, rate float64) hardship {
	return hardship{
		name: fmt.Sprintf("poisoned view %d: 25 nodes, %v writes/s, three hubs die", view, rate), seeds: 5,
		measure: func(t *testing.T, seed uint64, f *figures) {
			const lives, rest = 10 * time.Second, 30 * time.Second
			c := start(t, usual(25, seed))
			refused := 0 // messages that somebody turned away
			c.Fail = func(string) { refused++ }
			c.load(rate, 0, warmUp+3*lives, c.nodes())
			c.Run(warmUp)
			leaf := (c.hub() + 1) % c.Nodes()
			from := replica.ID(fmt.Sprintf("n%d", (leaf+1)%c.Nodes()))
			if err := c.Inject(from, leaf, poison(c.cluster, c.bottom, view)); err != nil {
				t.Logf("seed %d: it is refused: %v", seed, err)
			}
			c.Run(warmUp + time.Second)
			begins := c.Now()
			var dead []int
			for range 3 {
				dead = append(dead, c.hub())
				c.Stop(c.hub())
				c.Run(c.Now() + lives)
			}
			c.Run(c.Now() + rest)
			live := c.nodes(dead...)
			late := c.latencies(begins, begins+3*lives, live, live)
			lost := 0
			for _, l := range late {
				if l == never {
					lost++
				}
			}
			f.add("honest messages refused", "", float64(refused), goal{})
			f.p99("p99 from the first death on", late, goal{most: 3 * probe.Seconds(), kept: true})
			f.add("updates that are not everywhere", "", float64(lost), goal{most: 0, kept: true})
		},
	}
}
