package crdt

import (
	"errors"
	"fmt"
)

// ErrSketch is what the error of Peel wraps if the coded cells are none that the
// difference of two sketches could have.
var ErrSketch = errors.New("coded cells of no difference of sketches")

// Peel returns the items of a sketch.
func (s *Sketch) Peel() (items []Item, complete bool, err error) {
	var pure []int
	for i := range s.cells {
		if s.cells[i].pure() {
			pure = append(pure, i)
		}
	}
	for tries := 0; len(pure) > 0; {
		i := pure[len(pure)-1]
		pure = pure[:len(pure)-1]
		if !s.cells[i].pure() {
			continue
		}
		if tries++; tries > len(s.cells) {
			return nil, false, fmt.Errorf("crdt: more items than the %d coded cells: %w", len(s.cells), ErrSketch)
		}
		c := s.cells[i]
		it := c.item()
		seed := it.seed()
		s.toggle(c, seed)
		if s.cells[i] != (codedCell{}) {
			s.toggle(c, seed)
			continue
		}
		items = append(items, it)
		for j := range places(seed, len(s.cells)) {
			if s.cells[j].pure() {
				pure = append(pure, j)
			}
		}
	}
	if len(s.cells) == 0 {
		return nil, false, nil
	}
	for _, c := range s.cells {
		if c != (codedCell{}) {
			return items, false, nil
		}
	}
	return items, true, nil
}

func (c codedCell) item() Item { return Item{c.ids, uint32(c.marks >> checkBits)} }

func (c codedCell) pure() bool {
	if c == (codedCell{}) {
		return false
	}
	it := c.item()
	return it.mark(it.seed()) == c.marks
}
