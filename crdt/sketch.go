package crdt

import (
	"iter"
	"math"
	"math/bits"
	"slices"
)

// MaxSketch is the most coded cells a sketch has: 128 kB of memory. They decode some
// 6,000 differences; beyond that states are large, and so are their differences.
const MaxSketch = 8192

// Sketch is the beginning of an endless code for a state's cells.
type Sketch struct {
	estimator estimator
	cells     []codedCell
}

// codedCell is the sum of the items that have a place in it. The sum is exclusive or.
type codedCell struct {
	ids   CellID
	marks uint64
}

// SketchOf returns the first n coded cells of the given cells, and their estimator.
func SketchOf(cells iter.Seq[Cell], n int) *Sketch {
	s := newSketch(n)
	for c := range cells {
		s.Add(c)
	}
	return s
}

func newSketch(n int) *Sketch {
	return &Sketch{cells: make([]codedCell, min(max(n, 0), MaxSketch))}
}

// Len returns the number of coded cells.
func (s *Sketch) Len() int { return len(s.cells) }

// Add makes a cell part of the state.
func (s *Sketch) Add(c Cell) {
	it := c.Item()
	seed := it.seed()
	s.estimator.add(seed)
	s.toggle(codedCell{it.ID, it.mark(seed)}, seed)
}

// Remove undoes Add.
func (s *Sketch) Remove(c Cell) {
	it := c.Item()
	seed := it.seed()
	s.estimator.remove(seed)
	s.toggle(codedCell{it.ID, it.mark(seed)}, seed)
}

func (c *codedCell) toggle(d codedCell) {
	c.ids ^= d.ids
	c.marks ^= d.marks
}

// toggle puts an item into all its places, or takes it out.
func (s *Sketch) toggle(c codedCell, seed uint64) {
	for i := range places(seed, len(s.cells)) {
		s.cells[i].toggle(c)
	}
}

// places yields the places below n of an item, ascending.
func places(seed uint64, n int) iter.Seq[int] {
	return func(yield func(int) bool) {
		if n == 0 {
			return
		}
		end := float64(n) + 1.5
		for place := 1.5; place < end; {
			if !yield(int(place) - 1) {
				return
			}
			seed += golden
			r := mix(seed)
			place += math.Ceil(place * stride(uint32(r)))
		}
	}
}

// Difference estimates the number of items that are in one state and not the other.
func (s *Sketch) Difference(other *Sketch) int {
	return s.estimator.difference(&other.estimator)
}

// Subtract turns s into the sketch of the items that are in one of two states and not
// the other, in the length of the shorter sketch. other is unchanged.
func (s *Sketch) Subtract(other *Sketch) {
	s.cells = s.cells[:min(len(s.cells), len(other.cells))]
	for i := range s.cells {
		s.cells[i].toggle(other.cells[i])
	}
	s.estimator.subtract(&other.estimator)
}

// prefix returns a copy of the first n coded cells, with the estimator.
func (s *Sketch) prefix(n int) *Sketch {
	return &Sketch{s.estimator, slices.Clone(s.cells[:min(max(n, 0), len(s.cells))])}
}

// standing returns the sketch that a state of the given cells keeps once n coded cells
// were asked for: old, which may be nil, if it is long enough.
func standing(old *Sketch, cells iter.Seq[Cell], n int) *Sketch {
	n = min(max(n, 0), MaxSketch)
	if old != nil && n <= len(old.cells) {
		return old
	}
	if n > 0 {
		n = 1 << bits.Len(uint(n-1))
	}
	return SketchOf(cells, n)
}

// grow makes a cell of the state one with another hash, greater by growth.
func (s *Sketch) grow(id CellID, old, growth Hash) {
	s.Remove(Cell{id, old})
	s.Add(Cell{id, old.Add(growth)})
}

// SketchLen returns how many coded cells to send for an estimated difference.
func SketchLen(difference int) int {
	if difference >= MaxSketch/2 {
		return MaxSketch
	}
	return min(MaxSketch, 8+5*max(difference, 0)/2)
}
