package hardship

import (
	"fmt"
	"testing"
	"time"
)

// cutOff: a side is cut off for five minutes while its clients write on.
var cutOff = []hardship{
	cutOffOf(5, 1, "apart", apart), cutOffOf(25, 1, "apart", apart), cutOffOf(25, 12, "apart", apart),
	cutOffOf(25, 1, "not heard", func(from, to bool) bool { return from && !to }),
	cutOffOf(25, 1, "deaf", func(from, to bool) bool { return !from && to }),
}

// apart reports whether one of two nodes is in the side, and not the other.
func apart(from, to bool) bool { return from != to }

func cutOffOf(nodes, side int, how string, cut func(from, to bool) bool) hardship {
	return hardship{
		name: fmt.Sprintf("five minutes %s: %d of %d nodes, which make all of 100 random writes/s", how, side, nodes), seeds: 1, long: true,
		measure: func(t *testing.T, seed uint64, f *figures) {
			const rate, lasts, last = 100, 5 * time.Minute, 30 * time.Second
			c := start(t, usual(nodes, seed))
			c.spread = true
			c.Run(warmUp)
			// The side has the first nodes. Who is the hub is the seed's to say.
			c.Cut = func(from, to int) bool { return cut(from < side, to < side) }
			some := c.nodes()[:side]
			c.load(rate, warmUp, warmUp+lasts, some)
			c.Run(warmUp + lasts - last)
			before, most := total(c.sent[:side]), 0
			for c.Now() < warmUp+lasts {
				second := total(c.sent[:side])
				c.Run(c.Now() + time.Second)
				most = max(most, total(c.sent[:side])-second)
			}
			sent, added := total(c.sent[:side])-before, c.made[len(c.made)-1]-c.made[0]
			fresh := float64(total(c.encoded(t))) / added.Seconds()
			f.add("kB/s sent in the last 30 s", "kB/s", float64(sent)/last.Seconds()/1000, goal{})
			f.add("kB in the busiest second of them", "kB", float64(most)/1000, goal{})
			f.add("times what is added a second", "", float64(sent)/last.Seconds()/fresh, goal{})
			healed(t, c, f, goal{most: 1.5, kept: true}, goal{}, goal{most: 3, kept: true})
		},
	}
}

// encoded returns the lengths of the load's elements, each as a delta by itself.
func (c *cluster) encoded(t *testing.T) []int {
	var sizes []int
	for x := range c.made {
		sizes = append(sizes, size(t, c.delta(x)))
	}
	return sizes
}
