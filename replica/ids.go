package replica

import (
	"iter"
	"slices"

	"gset/crdt"
)

// ids is a list of cell ids that is filled again and again, in the same memory: what is
// pending is looked up at every message. It stays as long as the most cells there ever
// were in it, which the state has as well, and takes more for each.
type ids struct {
	list []crdt.CellID
	add  func(crdt.Cell) bool
}

func newIDs() *ids {
	i := new(ids)
	i.add = func(c crdt.Cell) bool {
		i.list = append(i.list, c.ID)
		return true
	}
	return i
}

// collect fills the list with the ids of cells, and returns it, until it is filled again.
func (i *ids) collect(cells iter.Seq[crdt.Cell]) []crdt.CellID {
	i.list = i.list[:0]
	cells(i.add)
	return i.list
}

// merge adds more ids to the list; both increase.
func (i *ids) merge(more []crdt.CellID) {
	known := len(i.list)
	for _, id := range more {
		if _, found := slices.BinarySearch(i.list[:known], id); !found {
			i.list = append(i.list, id)
		}
	}
	if known > 0 && known < len(i.list) {
		slices.Sort(i.list)
	}
}

// idsOf returns the ids of a state's cells, increasing.
func idsOf[S crdt.Lattice[S]](s S) []crdt.CellID {
	var list []crdt.CellID
	for c := range s.Cells(0) {
		list = append(list, c.ID)
	}
	return list
}
