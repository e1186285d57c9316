package crdt

import (
	"iter"

	"gset/crdt/internal/keyindex"
	"gset/crdt/riblt"
)

// Cells yields the set's cells with ids from first on, in ascending order: one for each
// element, but for elements whose ids collide, which are one cell. Hashes are computed on the
// way. The set must not change until the loop has ended.
func (s *KeySet) Cells(first CellID) iter.Seq[Cell] { return s.cells(s, first) }

// Sketch returns the sketch of the set with n coded symbols, the caller's to keep. From the
// first call on the set keeps a sketch of its own, of 16 bytes a coded symbol. A call that
// asks for more coded symbols than any before reads the whole set.
func (s *KeySet) Sketch(n int) *riblt.Sketch { return s.sketched(s, n) }

// Extract returns the elements in the given cells. The ids may come in any order.
func (s *KeySet) Extract(ids []CellID) *KeySet {
	part := s.New()
	giveCells(s, part, ids)
	return part
}

// Cut returns the elements in the cells from first on, as many as take at most limit bytes in
// binary form, and the id of the last of those cells, as Cutter says.
func (s *KeySet) Cut(first CellID, limit int) (part *KeySet, last CellID, err error) {
	part = s.New()
	size := 1 // of the tag
	n, bytes, last, full := s.fitting(first, limit, func(element []byte) int {
		size += keyindex.KeyBytes(len(element))
		return size
	})
	if full && n == 0 {
		return part, last, tooLarge(last, 1+s.Extract([]CellID{last}).index.Bytes(), limit)
	}
	giveFirst(s, part, first, n, bytes)
	return part, last, nil
}

// Divide returns two sets without a common element whose join is s: the first half of its
// elements, rounded up, and the rest. Split divides a cell that is too long for a message.
func (s *KeySet) Divide() (first, rest *KeySet) {
	first, rest = s.New(), s.New()
	giveHalves(s, first, rest)
	return first, rest
}
