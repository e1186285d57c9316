package simnet

import (
	"math/rand/v2"

	"gset/internal/bench/nemesis"
)

// Cut reports whether messages from one node to another are lost.
type Cut func(from, to int) bool

// Partitions has, by name, what Maelstrom's partition nemesis draws from: cuts of n
// nodes, different every time.
var Partitions = allPartitions()

func allPartitions() map[string]func(n int, rng *rand.Rand) Cut {
	all := make(map[string]func(n int, rng *rand.Rand) Cut)
	for _, kind := range nemesis.Kinds {
		all[string(kind)] = func(n int, rng *rand.Rand) Cut {
			cut := kind.Draw(n, rng)
			return func(from, to int) bool { return cut[to][from] }
		}
	}
	return all
}
