package crdt

import (
	"iter"
	"math/bits"
	"slices"
)

// A standing sketch is one that a state keeps of itself from the first time it is asked
// for one, so that the next costs a copy and not a walk over all cells. Any prefix of a
// sketch is a sketch, so one serves all lengths up to its own.

// standing returns the standing sketch of a state of the given cells, of which n coded
// cells are asked for: old, nil at first, if it is long enough, else a new one. Lengths
// are powers of two, so that there are no more than log MaxSketch new ones ever.
func standing(old *Sketch, cells iter.Seq[Cell], n int) *Sketch {
	if n = sketchLen(n); old != nil && n <= len(old.cells) {
		return old
	}
	if n > 0 {
		n = 1 << bits.Len(uint(n-1))
	}
	return SketchOf(cells, n)
}

// prefix returns a copy of the first n coded cells, with the estimator.
func (s *Sketch) prefix(n int) *Sketch {
	n = min(sketchLen(n), len(s.cells))
	return &Sketch{s.items, s.estimator, slices.Clone(s.cells[:n])}
}

// grow replaces the cell of an id, if it is known, by one whose hash is greater by
// growth.
func (s *Sketch) grow(id CellID, old Hash, known bool, growth Hash) {
	if known {
		s.Remove(Cell{id, old})
	}
	s.Add(Cell{id, old.Add(growth)})
}
