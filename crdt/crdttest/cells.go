package crdttest

import (
	"fmt"
	"slices"

	"pgregory.net/rapid"

	"gset/crdt"
)

// cellLaws make cells a faithful cut of the state, from which differences can be
// found and mended.
func cellLaws[S crdt.Lattice[S]]() []law[S] {
	return []law[S]{
		{name: "cells are sorted", promise: "ids strictly ascend, and a loop may end early", check: cellsAreSorted[S]},
		{name: "cells add up", promise: "the hashes of the cells of s sum to its digest's", check: cellsAddUp[S]},
		{name: "cells identify", promise: "cells of an id have equal hashes if and only if they are equal", check: cellsIdentify[S]},
		{name: "extract", promise: "Extract returns the cells asked for, in any order, any number of times, and no others", check: extract[S]},
		{name: "range", promise: "Range returns the cells from one id to another, both included, and no others", check: ranges[S]},
		{name: "mending by cells", promise: "a ⊔ (cells of b that a lacks or has otherwise) = a ⊔ b", check: mendingByCells[S]},
		{name: "split", promise: "Split's parts fit the limit, are disjoint, and join to the whole", check: splitting[S]},
	}
}

func cellsAreSorted[S crdt.Lattice[S]](t *trial[S]) {
	s := t.draw("s")
	cells := slices.Collect(s.Cells())
	for i := 1; i < len(cells); i++ {
		if cells[i-1].ID >= cells[i].ID {
			t.failf("cell %d has id %d, and cell %d has %d", i-1, cells[i-1].ID, i, cells[i].ID)
		}
	}
	n := 0
	for range s.Cells() {
		if n++; n*2 >= len(cells) {
			break
		}
	}
	if again := slices.Collect(s.Cells()); !slices.Equal(cells, again) {
		t.failf("cells differ the second time: %v, then %v", cells, again)
	}
}

func cellsAddUp[S crdt.Lattice[S]](t *trial[S]) {
	s := t.draw("s")
	var sum crdt.Hash
	for c := range s.Cells() {
		sum = sum.Add(c.Hash)
	}
	if sum != s.Digest().Hash {
		t.failf("the cells' hashes add up to %v, and the digest is %v", sum, s.Digest())
	}
}

func cellsIdentify[S crdt.Lattice[S]](t *trial[S]) {
	a, b := t.draw("a"), t.draw("b")
	hashes := map[crdt.CellID]crdt.Hash{}
	for c := range a.Cells() {
		hashes[c.ID] = c.Hash
	}
	for c := range b.Cells() {
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
	cells := slices.Collect(s.Cells())
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
	if got := slices.Collect(part.Cells()); !slices.Equal(got, cells) {
		t.failf("Extract of %v has the cells %v, want %v", asked, got, cells)
	}
	t.atMost(part, s, "Extract ≤ s")
}

func ranges[S crdt.Lattice[S]](t *trial[S]) {
	s := t.draw("s")
	cells := slices.Collect(s.Cells())
	end := func(name string) crdt.CellID {
		if len(cells) > 0 && rapid.Bool().Draw(t.T, name+" is that of a cell") {
			return rapid.SampledFrom(cells).Draw(t.T, name).ID
		}
		return crdt.CellID(rapid.OneOf(rapid.Uint64(), rapid.Just[uint64](0), rapid.Just(^uint64(0))).Draw(t.T, name))
	}
	first, last := end("first id"), end("last id")
	var ids []crdt.CellID
	for _, c := range cells {
		if first <= c.ID && c.ID <= last {
			ids = append(ids, c.ID)
		}
	}
	t.equal(s.Range(first, last), s.Extract(ids), fmt.Sprintf("Range from %d to %d", first, last))
	t.equal(s.Range(0, ^crdt.CellID(0)), s, "Range of everything")
}

func mendingByCells[S crdt.Lattice[S]](t *trial[S]) {
	a, b := t.draw("a"), t.draw("b")
	has := map[crdt.Cell]bool{}
	for c := range a.Cells() {
		has[c] = true
	}
	var ids []crdt.CellID
	for c := range b.Cells() {
		if !has[c] {
			ids = append(ids, c.ID)
		}
	}
	t.equal(join(a, b.Extract(ids)), join(a, b), "a ⊔ the cells of b that differ")
}

func splitting[S crdt.Lattice[S]](t *trial[S]) {
	s := t.draw("s")
	size := len(t.encode(s))
	limit := rapid.IntRange(0, size+1).Draw(t.T, "limit in bytes")
	parts, err := split(s, limit)
	if err != nil {
		// Only because some cell, or the empty state, does not fit.
		largest := len(t.encode(s.New()))
		for c := range s.Cells() {
			largest = max(largest, len(t.encode(s.Extract([]crdt.CellID{c.ID}))))
		}
		if largest <= limit {
			t.failf("no cell takes more than %d bytes, but: %v", largest, err)
		}
		return
	}
	if len(parts) == 0 || len(parts) > 1 && size <= limit {
		t.failf("%d parts of %d bytes, with a limit of %d", len(parts), size, limit)
	}
	whole, seen := s.New(), map[crdt.CellID]bool{}
	for _, part := range parts {
		if size := len(t.encode(part)); size > limit {
			t.failf("a part takes %d bytes, over the limit of %d", size, limit)
		}
		for c := range part.Cells() {
			if seen[c.ID] {
				t.failf("cell %d is in two parts", c.ID)
			}
			seen[c.ID] = true
		}
		whole.Join(part)
	}
	t.equal(whole, s, "join of the parts")
}

// split collects the parts before an error, if there is one.
func split[S crdt.Lattice[S]](s S, limit int) (parts []S, err error) {
	for part, err := range crdt.Split(s, limit) {
		if err != nil {
			return parts, err
		}
		parts = append(parts, part)
	}
	return parts, nil
}
