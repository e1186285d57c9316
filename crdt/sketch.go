package crdt

import (
	"iter"
	"math/bits"

	"gset/crdt/riblt"
)

// Sketcher is implemented by states that keep a sketch of their cells and bring it up to date
// on every change, so that a sketch costs a copy and not a walk over all cells. GSet, KeySet,
// GCounter and PNCounter do.
type Sketcher interface {
	// Sketch returns the sketch of the state's cells with n coded symbols, the caller's to
	// keep: the same as SketchOfCells(Cells(0), n). An n below 0 stands for 0, and one
	// above riblt.MaxSketch for that.
	//
	// The first call makes the sketch that the state keeps from then on; states made from
	// it start without. So Sketch is not among the methods that only read: like Join it
	// must be alone.
	Sketch(n int) *riblt.Sketch
}

// SketchOf returns the sketch of a state's cells with n coded symbols, from the state itself
// if it is a Sketcher. Then it must be alone, as Join must.
func SketchOf[S Lattice[S]](s S, n int) *riblt.Sketch {
	if own, ok := any(s).(Sketcher); ok {
		return own.Sketch(n)
	}
	return SketchOfCells(s.Cells(0), n)
}

// SketchOfCells returns the sketch of some cells, no two of which have the same id, with n
// coded symbols: that of a key range, for instance. It takes some 0.1 µs a cell.
func SketchOfCells(cells iter.Seq[Cell], n int) *riblt.Sketch {
	return riblt.Of(func(yield func(riblt.Item) bool) {
		for c := range cells {
			if !yield(c.Item()) {
				return
			}
		}
	}, n)
}

// Item returns the cell as a sketch has it. Equal cells have equal items. Cells of one id
// with different hashes have different items, except with a probability of 2^-24. Then no
// sketch tells them apart: a replica that decodes "no difference" while the digests differ
// has met such a pair, and sends the whole state. So a coincidence costs bytes and nothing
// else.
//
// Hashes are keyed (see Key). Without the key nobody can choose content for the tag it
// gets, nor for the coded symbols that follow from the tag.
func (c Cell) Item() riblt.Item {
	tag := riblt.Mix(c.Hash.Lo^riblt.Mix(c.Hash.Hi)) >> (64 - riblt.TagBits)
	return riblt.Item{ID: uint64(c.ID), Tag: uint32(tag)}
}

// A standing sketch is the one that a Sketcher keeps. Any prefix of a sketch is a sketch, so
// one serves all lengths up to its own.

// standing returns the standing sketch of a state of the given cells, of which n coded
// symbols are asked for: old, nil at first, if it is long enough, else a new one. Lengths
// are powers of two, so that there are no more than log MaxSketch new ones ever.
func standing(old *riblt.Sketch, cells iter.Seq[Cell], n int) *riblt.Sketch {
	if n = min(max(n, 0), riblt.MaxSketch); old != nil && n <= old.Len() {
		return old
	}
	if n > 0 {
		n = 1 << bits.Len(uint(n-1))
	}
	return SketchOfCells(cells, n)
}

// growCell replaces the cell of an id in a sketch, if it is known there, by one whose hash is
// greater by growth.
func growCell(s *riblt.Sketch, id CellID, old Hash, known bool, growth Hash) {
	now := Cell{id, old.Add(growth)}.Item()
	if known {
		s.Replace(Cell{id, old}.Item(), now)
	} else {
		s.Add(now)
	}
}
