package riblt

import (
	"errors"
	"fmt"
)

// ErrSketch is wrapped by the error of Peel on coded symbols that cannot be peeled: hardly ever those of the
// difference of two sketches.
var ErrSketch = errors.New("coded symbols feed each other")

// Peel decodes a difference of two sketches into its items, in no particular order; see
// Subtract. It uses the sketch up: what is left in it has no meaning.
//
// complete is false if the sketch is too short for the difference. The items are then those
// that were found, few as a rule; a longer prefix yields these and more. A sketch of no coded
// symbols is never complete.
//
// Which set an item is from is for the caller to look up: either its own set has the item, or
// the item is from the other. About once in six million items one comes up that neither has,
// when a sum of several items looks pure; it comes up a second time then. To ask for its cell
// does no harm, as crdt.Lattice.Extract passes over ids that the state does not have.
//
// Peel fails with an error that wraps ErrSketch if more items come up than there are coded
// symbols. In a difference an item empties a coded symbol for good, unless it is such a sum and
// mapped to where it came up; and symbols can be made up that feed each other for ever. A longer
// sketch will do then. That bounds the work: at most as many items as coded
// symbols, each of which is mapped to 2·ln(length) symbols on average, within a small factor
// for items that someone searched for.
func (s *Sketch) Peel() (items []Item, complete bool, err error) {
	var pure []int // coded symbols that look pure
	for i := range s.symbols {
		if s.symbols[i].pure() {
			pure = append(pure, i)
		}
	}
	for tries := 0; len(pure) > 0; {
		i := pure[len(pure)-1]
		pure = pure[:len(pure)-1]
		if !s.symbols[i].pure() {
			continue // its item was found elsewhere in the meantime
		}
		if tries++; tries > len(s.symbols) {
			return nil, false, fmt.Errorf("riblt: more than %d items in as many coded symbols: %w", len(s.symbols), ErrSketch)
		}
		it := s.symbols[i].item()
		seen := len(pure)
		pure = s.peel(it, pure)
		if s.symbols[i] != (symbol{}) {
			s.toggle(it, it.seed()) // it is not mapped to i: a sum of several items, or made up
			pure = pure[:seen]
			continue
		}
		items = append(items, it)
	}
	for i := range s.symbols {
		if s.symbols[i] != (symbol{}) {
			return items, false, nil
		}
	}
	return items, len(s.symbols) > 0, nil
}

// peel takes an item out of all coded symbols it is mapped to, and appends to pure those that
// look pure without it.
func (s *Sketch) peel(it Item, pure []int) []int {
	seed := it.seed()
	c := it.symbol(seed)
	for i := range mapping(seed, len(s.symbols)) {
		if s.symbols[i].xor(c); s.symbols[i].pure() {
			pure = append(pure, i)
		}
	}
	return pure
}

// item returns the item of a pure symbol.
func (c symbol) item() Item { return Item{c.ids, uint32(c.check >> checksumBits)} }

// pure reports whether a coded symbol looks as if it had exactly one item.
func (c symbol) pure() bool {
	it := c.item()
	return c != symbol{} && c == it.symbol(it.seed())
}
