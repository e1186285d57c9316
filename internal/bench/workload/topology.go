package workload

import "slices"

// A Topology maps nodes to the neighbours that a test suggests to them. It
// binds nobody: any node may talk to any other.
type Topology map[string][]string

// TopologyKind names a way to lay out nodes.
type TopologyKind string

// Topologies lists the names of all layouts.
func Topologies() []string {
	var names []string
	for kind := range topologies {
		names = append(names, string(kind))
	}
	slices.Sort(names)
	return names
}

// topologies holds every layout by its name. The nodes keep the order of the
// test's node list.
var topologies = map[TopologyKind]func(nodes []string) Topology{
	"line":  lineTopology,
	"grid":  gridTopology,
	"tree":  func(nodes []string) Topology { return treeTopology(nodes, 2) },
	"tree2": func(nodes []string) Topology { return treeTopology(nodes, 2) },
	"tree3": func(nodes []string) Topology { return treeTopology(nodes, 3) },
	"tree4": func(nodes []string) Topology { return treeTopology(nodes, 4) },
	"total": totalTopology,
}

// lineTopology puts the nodes in a row. A lone node is not mentioned at all,
// as in Maelstrom.
func lineTopology(nodes []string) Topology {
	t := Topology{}
	if len(nodes) < 2 {
		return t
	}
	for i, node := range nodes {
		t[node] = nodes[max(0, i-1):i:i]
		if i+1 < len(nodes) {
			t[node] = append(t[node], nodes[i+1])
		}
	}
	return t
}

// gridTopology fills the rows of a square, the last of which may be short or
// missing.
func gridTopology(nodes []string) Topology {
	side := 0
	for side*side < len(nodes) {
		side++
	}
	t := Topology{}
	for at, node := range nodes {
		row, col := at/side, at%side
		neighbours := []string{}
		for _, step := range [][2]int{{1, 0}, {-1, 0}, {0, 1}, {0, -1}} {
			r, c := row+step[0], col+step[1]
			if r < 0 || c < 0 || c >= side || r*side+c >= len(nodes) {
				continue
			}
			neighbours = append(neighbours, nodes[r*side+c])
		}
		t[node] = neighbours
	}
	return t
}

// treeTopology numbers a tree with the given number of branches row by row,
// from the first node, its root.
func treeTopology(nodes []string, branches int) Topology {
	t := Topology{}
	for i, node := range nodes {
		neighbours := []string{}
		if i > 0 {
			neighbours = append(neighbours, nodes[(i-1)/branches])
		}
		for child := i*branches + 1; child <= i*branches+branches && child < len(nodes); child++ {
			neighbours = append(neighbours, nodes[child])
		}
		t[node] = neighbours
	}
	return t
}

// totalTopology makes every node every other's neighbour.
func totalTopology(nodes []string) Topology {
	t := Topology{}
	for i, node := range nodes {
		neighbours := append([]string{}, nodes[:i]...)
		t[node] = append(neighbours, nodes[i+1:]...)
	}
	return t
}
