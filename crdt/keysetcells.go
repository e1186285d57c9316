package crdt

import (
	"iter"

	"gset/crdt/internal/keyindex"
	"gset/crdt/riblt"
)

// Cells yields the set's cells with ids from first on, in ascending order: one for each
// element, but for elements whose ids collide, which are one cell. Hashes are computed on the
// way. The set must not change until the loop has ended.
func (s *KeySet) Cells(first CellID) iter.Seq[Cell] {
	return func(yield func(Cell) bool) {
		var cell Cell
		open := false
		for id, element := range s.index.From(uint64(first)) {
			_, hash := s.locate(element)
			if open && cell.ID == CellID(id) {
				cell.Hash = cell.Hash.Add(hash)
				continue
			}
			if open && !yield(cell) {
				return
			}
			cell, open = Cell{CellID(id), hash}, true
		}
		if open {
			yield(cell)
		}
	}
}

// cellHash returns the hash of a cell, and whether the set has any element in it.
func (s *KeySet) cellHash(id uint64) (hash Hash, found bool) {
	for cell := range s.Cells(CellID(id)) {
		if cell.ID == CellID(id) {
			return cell.Hash, true
		}
		break
	}
	return Hash{}, false
}

// cellGrowth brings the sketch of a set up to date with elements that come in ascending
// order of their cells. It remembers the hash of the last cell, so that a cell is read once
// and not for each of its elements.
type cellGrowth struct {
	id    uint64
	hash  Hash
	known bool // the set has the cell, with that hash
	begun bool
}

// grow is called before an element of a cell is inserted, with the element's hash.
func (c *cellGrowth) grow(s *KeySet, id uint64, hash Hash) {
	if !c.begun || c.id != id {
		c.id, c.begun = id, true
		c.hash, c.known = s.cellHash(id)
	}
	growCell(s.sketch, CellID(id), c.hash, c.known, hash)
	c.hash, c.known = c.hash.Add(hash), true
}

// Sketch returns the sketch of the set with n coded symbols, the caller's to keep. From the
// first call on the set keeps a sketch of its own, of 16 bytes a coded symbol. A call that
// asks for more coded symbols than any before reads the whole set.
func (s *KeySet) Sketch(n int) *riblt.Sketch {
	s.sketch = standing(s.sketch, s.Cells(0), n)
	return s.sketch.Prefix(n)
}

// Skip returns the id of the n-th cell from first on; see Sparer. It reads n ids or a few more.
func (s *KeySet) Skip(first CellID, n int) (id CellID, ok bool) {
	if n < 0 {
		return 0, false
	}
	for got := range s.index.From(uint64(first)) {
		if ok && CellID(got) == id {
			continue // another element of the cell
		}
		if id, ok = CellID(got), true; n == 0 {
			return id, true
		}
		n--
	}
	return 0, false
}

// Extract returns the elements in the given cells. The ids may come in any order.
func (s *KeySet) Extract(ids []CellID) *KeySet {
	part := s.New()
	for _, id := range sortedIDs(ids) {
		for got, element := range s.index.From(uint64(id)) {
			if CellID(got) != id {
				break
			}
			_, hash := s.locate(element)
			part.push(got, hash, element)
		}
	}
	return part
}

// Cut returns the elements in the cells from first on, as many as take at most limit bytes in
// binary form, and the id of the last of those cells, as Cutter says.
func (s *KeySet) Cut(first CellID, limit int) (part *KeySet, last CellID, err error) {
	n, size := 0, 1          // elements of the cells that fit, and their binary form with the tag
	inCell, cellSize := 0, 0 // the same of the cell that is being read
	var cell CellID
	full := false
	for id, element := range s.index.From(uint64(first)) {
		if inCell > 0 && CellID(id) != cell {
			n, size, last = n+inCell, size+cellSize, cell
			inCell, cellSize = 0, 0
		}
		cell = CellID(id)
		inCell++
		cellSize += keyindex.KeyBytes(len(element))
		if full = size+cellSize > limit; full {
			break
		}
	}
	part = s.New()
	switch {
	case !full:
		n, size, last = n+inCell, size+cellSize, cell
	case n == 0:
		return part, cell, tooLarge(cell, 1+s.Extract([]CellID{cell}).index.Bytes(), limit)
	}
	part.index.Reserve(size - 1)
	for id, element := range s.index.From(uint64(first)) {
		if part.Len() == n {
			break
		}
		_, hash := s.locate(element)
		part.push(id, hash, element)
	}
	return part, last, nil
}

// Divide returns two sets without a common element whose join is s: the first half of its
// elements, rounded up, and the rest. Split divides a cell that is too long for a message.
func (s *KeySet) Divide() (first, rest *KeySet) {
	first, rest = s.New(), s.New()
	for id, element := range s.index.All() {
		_, hash := s.locate(element)
		if first.Len() < (s.Len()+1)/2 {
			first.push(id, hash, element)
		} else {
			rest.push(id, hash, element)
		}
	}
	return first, rest
}
