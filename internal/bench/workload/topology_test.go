package workload

import (
	"fmt"
	"reflect"
	"slices"
	"testing"

	"pgregory.net/rapid"
)

func TestTopologies(t *testing.T) {
	tests := []struct {
		kind  TopologyKind
		nodes int
		want  Topology
	}{
		{"line", 1, Topology{}},
		{"line", 3, Topology{"n0": {"n1"}, "n1": {"n0", "n2"}, "n2": {"n1"}}},
		{"grid", 1, Topology{"n0": {}}},
		{"grid", 5, Topology{
			"n0": {"n3", "n1"}, "n1": {"n4", "n2", "n0"}, "n2": {"n1"},
			"n3": {"n0", "n4"}, "n4": {"n1", "n3"}}},
		{"tree", 1, Topology{"n0": {}}},
		{"tree2", 6, Topology{
			"n0": {"n1", "n2"}, "n1": {"n0", "n3", "n4"}, "n2": {"n0", "n5"},
			"n3": {"n1"}, "n4": {"n1"}, "n5": {"n2"}}},
		{"tree3", 5, Topology{"n0": {"n1", "n2", "n3"}, "n1": {"n0", "n4"}, "n2": {"n0"}, "n3": {"n0"}, "n4": {"n1"}}},
		{"total", 3, Topology{"n0": {"n1", "n2"}, "n1": {"n0", "n2"}, "n2": {"n0", "n1"}}},
	}
	for _, test := range tests {
		if got := topologies[test.kind](nodeNames(test.nodes)); !reflect.DeepEqual(got, test.want) {
			t.Errorf("%s of %d nodes: got %v, want %v", test.kind, test.nodes, got, test.want)
		}
	}
}

func TestTopologiesConnectAllNodesBothWays(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		nodes := nodeNames(rapid.IntRange(2, 40).Draw(t, "nodes"))
		kind := rapid.SampledFrom([]TopologyKind{"line", "grid", "tree", "tree2", "tree3", "tree4", "total"}).Draw(t, "kind")
		topology := topologies[kind](nodes)
		reached := map[string]bool{nodes[0]: true}
		for queue := []string{nodes[0]}; len(queue) > 0; queue = queue[1:] {
			for _, other := range topology[queue[0]] {
				if !slices.Contains(topology[other], queue[0]) {
					t.Fatalf("%s has the neighbour %s, but not the other way round", queue[0], other)
				}
				if !reached[other] {
					reached[other] = true
					queue = append(queue, other)
				}
			}
		}
		if len(reached) != len(nodes) {
			t.Fatalf("only %d of %d nodes can be reached", len(reached), len(nodes))
		}
	})
}

// nodeNames returns n0 to n(n-1).
func nodeNames(n int) []string {
	names := make([]string, n)
	for i := range names {
		names[i] = fmt.Sprint("n", i)
	}
	return names
}
