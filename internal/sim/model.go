package sim

import "fmt"

// model knows what clients have added and what every node has been seen to get, as plain
// numbers: it shares no code with the lattices that it is held against.
type model[K comparable] struct {
	index map[K]int  // the place of a part in the lists below
	parts []K        // by place
	added []uint64   // by place: the greatest count that was acknowledged
	held  [][]uint64 // by node and place: the count that the node has

	ledgers []ledger // by node
}

// ledger is what clients of a node have added to a counter, all lives of the node together.
type ledger struct {
	acked, unknown uint64 // amounts, up and down alike
	setBack        bool   // the node has lost some of it
}

func newModel[K comparable](nodes int) *model[K] {
	return &model[K]{index: make(map[K]int), held: make([][]uint64, nodes), ledgers: make([]ledger, nodes)}
}

// credit notes an amount that a client was told was added at a node, and one of which nobody knows.
func (m *model[K]) credit(node int, acked, unknown uint64) {
	m.ledgers[node].acked += acked
	m.ledgers[node].unknown += unknown
}

// setBack notes that a node has lost some of what was added there.
func (m *model[K]) setBack(node int) { m.ledgers[node].setBack = true }

// count returns the greatest count of a part that was acknowledged, 0 if there is none.
func (m *model[K]) count(part K) uint64 {
	if place, known := m.index[part]; known {
		return m.added[place]
	}
	return 0
}

// add notes that a client was told that a part has a count.
func (m *model[K]) add(part K, count uint64) {
	place, known := m.index[part]
	if !known {
		place = len(m.parts)
		m.index[part] = place
		m.parts = append(m.parts, part)
		m.added = append(m.added, 0)
	}
	m.added[place] = max(m.added[place], count)
}

// get notes that a part with a count is new at a node, and says what is wrong with that:
// which invariant does not hold, and why.
func (m *model[K]) get(node int, part K, count uint64) (broken Invariant, why string) {
	place, known := m.index[part]
	if !known || count > m.added[place] {
		return NothingForeign, fmt.Sprintf("n%d gets %v of %v, which nobody added", node, count, part)
	}
	for len(m.held[node]) <= place {
		m.held[node] = append(m.held[node], 0)
	}
	if had := m.held[node][place]; count <= had {
		return OnlyGrows, fmt.Sprintf("n%d calls %v of %v new, and had %v", node, count, part, had)
	}
	m.held[node][place] = count
	return "", ""
}

// lose notes that a node has lost its state.
func (m *model[K]) lose(node int) { m.held[node] = nil }

// keep notes what is left to a node that has lost its state but for something older.
func (m *model[K]) keep(node int, part K, count uint64) {
	place := m.index[part]
	for len(m.held[node]) <= place {
		m.held[node] = append(m.held[node], 0)
	}
	m.held[node][place] = count
}

// owed returns the count that a part must have everywhere, since one of the given nodes
// has it: whatever was acknowledged, unless all who had got it have lost it.
func (m *model[K]) owed(place int, nodes []int) uint64 {
	var most uint64
	for _, node := range nodes {
		if place < len(m.held[node]) {
			most = max(most, m.held[node][place])
		}
	}
	return most
}
