package crdttest

import (
	"errors"
	"slices"

	"pgregory.net/rapid"

	"gset/crdt"
)

// cellLaws make the cells of a state a cut of it from which replicas can find differences and
// repair them.
func cellLaws[S crdt.Lattice[S]]() []law[S] {
	return []law[S]{
		{name: "cells are sorted", promise: "ids strictly ascend, and a loop may end early", check: cellsAreSorted[S]},
		{name: "cells from a first one", promise: "Cells(first) yields the cells of Cells(0) with ids from first on", check: cellsFromAFirst[S]},
		{name: "cells add up", promise: "the hashes of the cells of s sum to its digest's", check: cellsAddUp[S]},
		{name: "cells identify", promise: "cells of an id have equal hashes if and only if they are equal", check: cellsIdentify[S]},
		{name: "extract", promise: "Extract returns the cells asked for, in any order, any number of times, and no others", check: extract[S]},
		{name: "mending by cells", promise: "a ⊔ (cells of b that a lacks or has otherwise) = a ⊔ b", check: mendingByCells[S]},
		{name: "split", promise: "Split's parts fit the limit, are disjoint, and join to the cells from first on, but for those it names as too large", check: splitting[S]},
	}
}

func cellsAreSorted[S crdt.Lattice[S]](t *trial[S]) {
	s := t.draw("s")
	cells := slices.Collect(s.Cells(0))
	for i := 1; i < len(cells); i++ {
		if cells[i-1].ID >= cells[i].ID {
			t.failf("cell %d has id %d, and cell %d has %d", i-1, cells[i-1].ID, i, cells[i].ID)
		}
	}
	n := 0
	for range s.Cells(0) {
		if n++; n*2 >= len(cells) {
			break
		}
	}
	if again := slices.Collect(s.Cells(0)); !slices.Equal(cells, again) {
		t.failf("cells differ the second time: %v, then %v", cells, again)
	}
}

func cellsFromAFirst[S crdt.Lattice[S]](t *trial[S]) {
	s := t.draw("s")
	cells := slices.Collect(s.Cells(0))
	first := t.someID("first", cells)
	want := slices.DeleteFunc(cells, func(c crdt.Cell) bool { return c.ID < first })
	if got := slices.Collect(s.Cells(first)); !slices.Equal(got, want) {
		t.failf("Cells(%d) yields %v, want %v", first, got, want)
	}
}

// someID draws the id of one of the cells, one near it, or any.
func (t *trial[S]) someID(name string, cells []crdt.Cell) crdt.CellID {
	if len(cells) > 0 && rapid.Bool().Draw(t.T, name+" is near a cell") {
		id := rapid.SampledFrom(cells).Draw(t.T, name).ID
		return id + crdt.CellID(rapid.IntRange(-1, 1).Draw(t.T, "distance"))
	}
	return crdt.CellID(rapid.OneOf(rapid.Just[uint64](0), rapid.Uint64(), rapid.Just(^uint64(0))).Draw(t.T, name))
}

func cellsAddUp[S crdt.Lattice[S]](t *trial[S]) {
	s := t.draw("s")
	var sum crdt.Hash
	for c := range s.Cells(0) {
		sum = sum.Add(c.Hash)
	}
	if sum != s.Digest().Hash {
		t.failf("the cells' hashes add up to %v, and the digest is %v", sum, s.Digest())
	}
}

func cellsIdentify[S crdt.Lattice[S]](t *trial[S]) {
	a, b := t.draw("a"), t.draw("b")
	hashes := map[crdt.CellID]crdt.Hash{}
	for c := range a.Cells(0) {
		hashes[c.ID] = c.Hash
	}
	for c := range b.Cells(0) {
		hash, found := hashes[c.ID]
		if !found {
			continue
		}
		id := []crdt.CellID{c.ID}
		x, y := a.Extract(id), b.Extract(id)
		if t.spec.Equal(x, y) != (hash == c.Hash) {
			t.failf("cell %d is %s with hash %v in a, and %s with hash %v in b",
				c.ID, t.spec.Format(x), hash, t.spec.Format(y), c.Hash)
		}
	}
}

func extract[S crdt.Lattice[S]](t *trial[S]) {
	s := t.draw("s")
	cells := slices.Collect(s.Cells(0))
	all := make([]crdt.CellID, len(cells))
	for i, c := range cells {
		all[i] = c.ID
	}
	t.empty(s.Extract(nil), "Extract of no cell")
	t.equal(s.Extract(all), s, "Extract of all cells")

	// Ids in no order, some twice, some not there.
	asked := append(t.someCells(s), t.someCells(s)...)
	asked = append(asked, crdt.CellID(rapid.Uint64().Draw(t.T, "another id")))
	asked = rapid.Permutation(asked).Draw(t.T, "ids asked for")
	given := slices.Clone(asked)
	part := s.Extract(asked)
	if !slices.Equal(asked, given) {
		t.failf("Extract changed its argument from %v to %v", given, asked)
	}
	cells = slices.DeleteFunc(cells, func(c crdt.Cell) bool { return !slices.Contains(asked, c.ID) })
	if got := slices.Collect(part.Cells(0)); !slices.Equal(got, cells) {
		t.failf("Extract of %v has the cells %v, want %v", asked, got, cells)
	}
	t.atMost(part, s, "Extract ≤ s")
}

func mendingByCells[S crdt.Lattice[S]](t *trial[S]) {
	a, b := t.draw("a"), t.draw("b")
	has := map[crdt.Cell]bool{}
	for c := range a.Cells(0) {
		has[c] = true
	}
	var ids []crdt.CellID
	for c := range b.Cells(0) {
		if !has[c] {
			ids = append(ids, c.ID)
		}
	}
	t.equal(join(a, b.Extract(ids)), join(a, b), "a ⊔ the cells of b that differ")
}

func splitting[S crdt.Lattice[S]](t *trial[S]) {
	s := t.draw("s")
	first := t.someID("first", slices.Collect(s.Cells(0)))
	limit := rapid.IntRange(0, len(t.encode(s))+1).Draw(t.T, "limit in bytes")
	whole, next := s.New(), first // next is the least id that may come
	tooLarge := map[crdt.CellID]bool{}
	for part, err := range crdt.Split(s, first, limit) {
		if err != nil {
			tooLarge[t.cellOf(err)] = true
			continue
		}
		if size := len(t.encode(part)); size > limit || part.Len() == 0 {
			t.failf("a part takes %d bytes, with a limit of %d, and has length %d", size, limit, part.Len())
		}
		for c := range part.Cells(0) {
			if c.ID < next && !(c.ID == next-1 && t.isDivided(s, c.ID, limit)) {
				t.failf("cell %d comes in a part after cell %d, or before the first", c.ID, next-1)
			}
			next = c.ID + 1
		}
		whole.Join(part)
	}
	want := s.New() // what the parts have to join to
	for c := range s.Cells(first) {
		cell := s.Extract([]crdt.CellID{c.ID})
		if tooLarge[c.ID] {
			fits, all := t.fitting(cell, limit)
			if all {
				t.failf("Split calls cell %d too large, but it fits the limit of %d bytes", c.ID, limit)
			}
			cell = fits
		}
		want.Join(cell)
	}
	t.equal(whole, want, "join of the parts")
}

// isDivided reports whether a cell takes more than limit bytes.
func (t *trial[S]) isDivided(s S, id crdt.CellID, limit int) bool {
	t.Helper()
	return len(t.encode(s.Extract([]crdt.CellID{id}))) > limit
}

// fitting returns the part of a state of one cell that can be sent in states of at most limit
// bytes, and whether it is all of the state.
func (t *trial[S]) fitting(cell S, limit int) (fits S, all bool) {
	t.Helper()
	if len(t.encode(cell)) <= limit {
		return cell.Clone(), true
	}
	d, ok := any(cell).(crdt.Divider[S])
	if !ok || cell.Len() < 2 {
		return cell.New(), false
	}
	first, rest := d.Divide()
	if first.Len()+rest.Len() != cell.Len() || first.Len() == 0 || rest.Len() == 0 {
		t.failf("Divide cuts a state of length %d in two of %d and %d", cell.Len(), first.Len(), rest.Len())
	}
	t.equal(join(first, rest), cell, "join of the two states that Divide returns")
	fits, all = t.fitting(first, limit)
	other, allOfOther := t.fitting(rest, limit)
	fits.Join(other)
	return fits, all && allOfOther
}

// cellOf returns the cell that an error of Split names, and ends the trial if it names none.
func (t *trial[S]) cellOf(err error) crdt.CellID {
	t.Helper()
	var cell *crdt.CellError
	if !errors.As(err, &cell) || !errors.Is(err, crdt.ErrCellTooLarge) {
		t.failf("Split: %v, which is not about a cell that is too large", err)
	}
	return cell.ID
}
