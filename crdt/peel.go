package crdt

import (
	"errors"
	"fmt"
)

// ErrSketch is what the error of Peel wraps on coded cells that are not the difference
// of two sketches.
var ErrSketch = errors.New("coded cells are not those of a difference")

// Peel takes a difference of two sketches apart into its items, in no order that means
// anything; see Subtract. It uses the sketch up: what is left in it has no meaning.
//
// If the prefix is too short for the difference, as happens, complete is false, and the
// items are those that were found, few as a rule. With no coded cells nothing is known,
// so that is too short as well. A longer prefix has the same items and more.
//
// Which state an item is from is for the caller to look up: its own has a cell of that
// item, or else it is from the other. About once in six million items one comes up that
// neither has, when a sum of several looks like a single one; it comes up a second
// time then. To ask for its cell does no harm, as an id that nobody has is passed over.
//
// It fails with an error that wraps ErrSketch if more items come up than there are coded
// cells. In a difference every item empties a coded cell for good, while cells can be
// made up that feed each other for ever. The work is bounded by that: no more items than
// coded cells, each of which has 2·ln(length) places, within a small factor for items
// that were searched for.
func (s *Sketch) Peel() (items []Item, complete bool, err error) {
	var single []int // coded cells that look like a single item
	for i := range s.cells {
		if s.cells[i].single() {
			single = append(single, i)
		}
	}
	for tries := 0; len(single) > 0; {
		i := single[len(single)-1]
		single = single[:len(single)-1]
		if !s.cells[i].single() {
			continue // it was found elsewhere in the meantime
		}
		if tries++; tries > len(s.cells) {
			return nil, false, fmt.Errorf("crdt: sketch: more than %d items in as many coded cells: %w", len(s.cells), ErrSketch)
		}
		it := s.cells[i].item()
		seed := it.seed()
		s.toggle(it, seed)
		if s.cells[i] != (codedCell{}) {
			s.toggle(it, seed) // this is not one of its places: several items at once, or a lie
			continue
		}
		items = append(items, it)
		for j := range places(seed, len(s.cells)) {
			if s.cells[j].single() {
				single = append(single, j)
			}
		}
	}
	for i := range s.cells {
		if s.cells[i] != (codedCell{}) {
			return items, false, nil
		}
	}
	return items, len(s.cells) > 0, nil
}

// item returns the only item of a coded cell that has one.
func (c codedCell) item() Item { return Item{c.ids, uint32(c.marks >> checkBits)} }

// single reports whether a coded cell looks like it has just one item.
func (c codedCell) single() bool {
	it := c.item()
	return c != codedCell{} && c == it.alone(it.seed())
}
