package simnet

import "math/rand/v2"

// Cut reports whether messages from one node to another are lost.
type Cut func(from, to int) bool

// Partitions has, by name, what Maelstrom's partition nemesis draws from: cuts of n
// nodes, different every time.
var Partitions = map[string]func(n int, rng *rand.Rand) Cut{
	"one":             func(n int, rng *rand.Rand) Cut { return apart(n, 1, rng) },
	"minority-third":  func(n int, rng *rand.Rand) Cut { return apart(n, (n-1)/3, rng) },
	"majority":        func(n int, rng *rand.Rand) Cut { return apart(n, n/2, rng) },
	"majorities-ring": ring,
}

// apart cuts some nodes off from the others.
func apart(n, some int, rng *rand.Rand) Cut {
	place := rng.Perm(n)
	return func(from, to int) bool { return (place[from] < some) != (place[to] < some) }
}

// ring puts the nodes in a ring and lets each hear its neighbours up to a majority,
// itself included. Every node sees another majority: "hears" is not transitive.
func ring(n int, rng *rand.Rand) Cut {
	place, reach := rng.Perm(n), (n/2+1)/2
	return func(from, to int) bool {
		d := (place[from] - place[to] + n) % n
		return min(d, n-d) > reach
	}
}
