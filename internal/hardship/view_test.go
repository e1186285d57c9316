package hardship

import (
	"fmt"
	"math"
	"testing"
	"time"

	"gset/crdt"
	"gset/replica"
)

// poisoned: a leaf is sent one message with a huge view, then the hub dies.
var poisoned = []hardship{
	poisonedWith(1<<52, 2), poisonedWith(1<<52, 100), poisonedWith(math.MaxUint64, 2), poisonedWith(math.MaxUint64, 100),
}

// poison is a message that claims a view.
func poison(cluster replica.ClusterID, bottom *crdt.GSet, view uint64) replica.Message[*crdt.GSet] {
	return replica.Message[*crdt.GSet]{Kind: replica.Gather, Cluster: cluster, View: view, Delta: bottom.New()}
}

func poisonedWith(view uint64, rate float64) hardship {
	return hardship{
		name: fmt.Sprintf("poisoned view %d: 25 nodes, %v writes/s", view, rate), seeds: 5,
		measure: func(t *testing.T, seed uint64, f *figures) {
			const watched, rest = 30 * time.Second, 30 * time.Second
			c := start(t, usual(25, seed))
			refused := 0 // messages that somebody turned away
			c.Fail = func(string) { refused++ }
			c.load(rate, 0, warmUp+watched, c.nodes())
			c.Run(warmUp)
			leaf := (c.hub() + 1) % c.Nodes()
			from := replica.ID(fmt.Sprintf("n%d", (leaf+1)%c.Nodes()))
			if err := c.Inject(from, leaf, poison(c.cluster, c.bottom, view)); err != nil {
				t.Logf("seed %d: it is refused: %v", seed, err)
			}
			c.Run(warmUp + time.Second)
			hub := c.hub()
			c.Stop(hub)
			died := c.Now()
			c.Run(warmUp + watched + rest)
			live := c.nodes(hub)
			f.add("honest messages refused", "", float64(refused), goal{})
			late := c.latencies(died, warmUp+watched, live, live)
			f.p99("p99 from the hub's death on", late, goal{most: 3 * probe.Seconds()})
			lost := 0
			for _, l := range late {
				if l == never {
					lost++
				}
			}
			f.add("updates that are not everywhere", "", float64(lost), goal{})
		},
	}
}
