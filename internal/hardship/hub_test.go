package hardship

import (
	"fmt"
	"testing"
	"time"
)

// deadHub: the hub dies for good, and little is going on.
var deadHub = []hardship{deadHubOf(5), deadHubOf(25)}

func deadHubOf(nodes int) hardship {
	return hardship{
		name: fmt.Sprintf("dead hub: %d nodes, 2 writes/s", nodes), seeds: 20,
		measure: func(t *testing.T, seed uint64, f *figures) {
			const rate, watched, rest = 2, 10 * time.Second, 30 * time.Second
			c := start(t, usual(nodes, seed))
			c.load(rate, 0, warmUp+watched, c.nodes())
			c.Run(warmUp)
			hub := c.hub()
			c.Stop(hub)
			c.Run(warmUp + watched + rest)
			live := c.nodes(hub)
			f.p99("p99 in the 10 s after it died", c.latencies(warmUp, warmUp+watched, live, live), goal{most: probe.Seconds(), kept: true})
		},
	}
}
