package nemesis

import (
	"math/rand/v2"

	"gset/internal/bench/edn"
)

// Target says which nodes an outage concerns, as Jepsen's combined nemesis does.
type Target string

// The targets; a nemesis picks among them with equal chances.
const (
	AnyNodes        Target = "" // a random part of the nodes, at least one, each size equally likely
	OneNode         Target = "one"
	MinorityOfThird Target = "minority-third" // fewer than a third of the nodes, but as many as that allows
	MinorityNodes   Target = "minority"       // one node fewer than a majority
	MajorityNodes   Target = "majority"       // the smallest majority
	AllNodes        Target = "all"
)

// Targets are all targets.
var Targets = []Target{AnyNodes, OneNode, MinorityOfThird, MinorityNodes, MajorityNodes, AllNodes}

func (t Target) String() string {
	if t == AnyNodes {
		return "some"
	}
	return string(t)
}

// edn is the target as Jepsen's histories have it.
func (t Target) edn() any {
	if t == AnyNodes {
		return nil
	}
	return edn.Keyword(t)
}

// size draws how many of n nodes the target has.
func (t Target) size(n int, rng *rand.Rand) int {
	switch t {
	case AnyNodes:
		return 1 + rng.IntN(n)
	case OneNode:
		return 1
	case MinorityOfThird:
		return minorityThird(n)
	case MinorityNodes:
		return majority(n) - 1
	case MajorityNodes:
		return majority(n)
	case AllNodes:
		return n
	}
	panic("nemesis: no such target: " + string(t))
}

// draw draws a part of the nodes, in the nodes' order.
func (t Target) draw(nodes []string, rng *rand.Rand) []string {
	if t == AllNodes {
		return nodes
	}
	size := t.size(len(nodes), rng)
	drawn := make([]string, size)
	for i, node := range shuffled(len(nodes), rng)[:size] {
		drawn[i] = nodes[node]
	}
	return sortedBy(nodes, drawn)
}
