package nemesis

import (
	"math/rand/v2"
	"slices"
	"testing"

	"pgregory.net/rapid"
)

func TestTargetsAreOfTheirSizes(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		nodes := nodeNames(rapid.IntRange(1, 30).Draw(t, "nodes"))
		n := len(nodes)
		rng := rand.New(rand.NewPCG(rapid.Uint64().Draw(t, "seed"), 0))
		for target, want := range map[Target]int{OneNode: 1, MinorityOfThird: (n - 1) / 3, MinorityNodes: n / 2, MajorityNodes: n/2 + 1, AllNodes: n, AnyNodes: -1} {
			got := target.draw(nodes, rng)
			if len(got) != want && (want >= 0 || len(got) < 1 || len(got) > n) {
				t.Fatalf("%s of %d nodes is %v", target, n, got)
			}
			if !slices.IsSortedFunc(got, compareNames) || len(slices.Compact(slices.Clone(got))) != len(got) {
				t.Fatalf("%s: %v is not in order, or names a node twice", target, got)
			}
		}
	})
}

func TestEveryPartIsDrawn(t *testing.T) {
	rng := rand.New(rand.NewPCG(1, 4))
	drawn := map[string]bool{}
	for range 1000 {
		for _, node := range AnyNodes.draw(nodeNames(3), rng) {
			drawn[node] = true
		}
		drawn[string(rune('0'+len(AnyNodes.draw(nodeNames(3), rng))))] = true
	}
	if len(drawn) != 6 {
		t.Errorf("nodes and sizes drawn: %v", drawn)
	}
}
