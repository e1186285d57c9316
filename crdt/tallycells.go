package crdt

import (
	"cmp"
	"iter"
	"slices"

	"gset/crdt/riblt"
)

// cellRef says that the entry at a place is in a cell.
type cellRef struct {
	id CellID
	at int
}

// cellRefs returns the entries by the ids of their cells; entries whose ids collide come in the
// order of their origins. The list takes 16 bytes an entry, and is made anew for the first
// caller after an origin was added.
func (t *tally[C]) cellRefs() []cellRef {
	if refs := t.byCell.Load(); refs != nil {
		return *refs
	}
	refs := make([]cellRef, len(t.entries))
	for i, e := range t.entries {
		refs[i] = cellRef{e.origin.cell(t.key), i}
	}
	slices.SortFunc(refs, func(a, b cellRef) int {
		return cmp.Or(cmp.Compare(a.id, b.id), cmp.Compare(a.at, b.at))
	})
	t.byCell.Store(&refs)
	return refs
}

// cellsFrom yields the ids of the cells from first on, in ascending order, each with the
// entries that are in it.
func (t *tally[C]) cellsFrom(first CellID) iter.Seq2[CellID, []cellRef] {
	return func(yield func(CellID, []cellRef) bool) {
		refs := t.cellRefs()
		at, _ := slices.BinarySearchFunc(refs, first, func(r cellRef, id CellID) int {
			return cmp.Compare(r.id, id)
		})
		for refs = refs[at:]; len(refs) > 0; {
			id, n := refs[0].id, 1
			for n < len(refs) && refs[n].id == id {
				n++
			}
			if !yield(id, refs[:n]) {
				return
			}
			refs = refs[n:]
		}
	}
}

// Cells yields the entries with cell ids from first on, in ascending order. The id of a cell is
// a hash of the origin under the key. If two ids collide, the entries are one cell, with the sum
// of their hashes. A hash takes some 50 ns. The first call after an origin was added sorts the
// entries as well, some 100 ns each. The counter must not change until the loop has ended.
func (t *tally[C]) Cells(first CellID) iter.Seq[Cell] {
	return func(yield func(Cell) bool) {
		for id, refs := range t.cellsFrom(first) {
			c := Cell{ID: id}
			for _, r := range refs {
				e := &t.entries[r.at]
				c.Hash = c.Hash.Add(weigh(e.origin.point(t.key), e.counts).Hash)
			}
			if !yield(c) {
				return
			}
		}
	}
}

// Skip returns the id of the n-th cell from first on; see Sparer.
func (t *tally[C]) Skip(first CellID, n int) (id CellID, ok bool) {
	for id := range t.cellsFrom(first) {
		if n == 0 {
			return id, true
		}
		n--
	}
	return 0, false
}

// extract fills part with the entries in the given cells.
func (t *tally[C]) extract(part *tally[C], ids []CellID) {
	var places []int
	for _, id := range sortedIDs(ids) {
		for got, refs := range t.cellsFrom(id) {
			for _, r := range refs {
				if got == id {
					places = append(places, r.at)
				}
			}
			break
		}
	}
	t.take(part, places)
}

// take fills part with the entries at the given places, which it sorts.
func (t *tally[C]) take(part *tally[C], places []int) {
	slices.Sort(places)
	part.grow(len(places))
	for _, at := range places {
		part.push(t.entries[at])
	}
}

// cut fills part as Cut of a Cutter does.
func (t *tally[C]) cut(part *tally[C], first CellID, limit int) (last CellID, err error) {
	var places []int
	size := 1 // of the tag
	for id, refs := range t.cellsFrom(first) {
		for _, r := range refs {
			size += t.entries[r.at].size()
		}
		if size > limit {
			if len(places) == 0 {
				return id, tooLarge(id, size, limit)
			}
			break
		}
		for _, r := range refs {
			places = append(places, r.at)
		}
		last = id
	}
	t.take(part, places)
	return last, nil
}

// divide fills first and rest with one half of the entries each, or of a single entry with the
// first of its counts and the others.
func (t *tally[C]) divide(first, rest *tally[C]) {
	if len(t.entries) == 1 {
		one, others := t.entries[0], t.entries[0]
		one.counts, others.counts[0] = *new(C), 0
		one.counts[0] = t.entries[0].counts[0]
		first.push(one)
		rest.push(others)
		return
	}
	for i, e := range t.entries {
		if i < len(t.entries)/2 {
			first.push(e)
		} else {
			rest.push(e)
		}
	}
}

// Sketch returns the sketch of the counter with n coded symbols, which the caller owns. From the
// first call on the counter keeps a sketch and the hashes of its cells, some 50 bytes an entry,
// and a change of an entry costs some 0.2 µs more.
func (t *tally[C]) Sketch(n int) *riblt.Sketch {
	if t.sketch == nil {
		t.hashes = make(map[CellID]Hash, len(t.entries))
		for c := range t.Cells(0) {
			t.hashes[c.ID] = c.Hash
		}
	}
	t.sketch = standing(t.sketch, t.Cells(0), n)
	return t.sketch.Prefix(n)
}

// growCell brings the sketch up to date with a cell whose hash grows. The hashes of entries whose
// ids collide add up.
func (t *tally[C]) growCell(id CellID, growth Hash) {
	old, found := t.hashes[id]
	growCell(t.sketch, id, old, found, growth)
	t.hashes[id] = old.Add(growth)
}
