package sim

import (
	"math/rand/v2"
	"time"

	"gset/replica"
)

// rules are what a node is configured as. An interval of 0 gathers nothing.
type rules struct {
	interval, probe time.Duration
	fanout          int
}

// rules returns those of a node. All are the same unless the schedule is mixed: then T is nothing, half,
// once or twice the schedule's, R half, once or twice, and any fanout will do.
func (s Schedule) rules(node int) rules {
	all := rules{s.Interval, s.Probe, s.Fanout}
	if !s.Mixed {
		return all
	}
	d := draw{rand.New(rand.NewPCG(s.Seed, 100+uint64(node)))}
	own := rules{all.interval * time.Duration(d.IntN(5)) / 2, max(all.probe<<d.IntN(3)/2, replica.MinProbe), all.fanout}
	if d.IntN(2) == 0 {
		own.fanout = 2 + d.IntN(7)
	}
	return own
}

// slowest returns the longest intervals of any node.
func (s Schedule) slowest() rules {
	var most rules
	for node := range s.Nodes {
		own := s.rules(node)
		most.interval, most.probe = max(most.interval, own.interval), max(most.probe, own.probe)
	}
	return most
}

// vary puts a node's rules into its configuration.
func (s Schedule) vary(node int, c *replica.Config) {
	own := s.rules(node)
	if c.Interval, c.Probe, c.Fanout = own.interval, own.probe, own.fanout; own.interval == 0 {
		c.Interval = replica.Eager
	}
}
