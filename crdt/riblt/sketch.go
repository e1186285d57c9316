package riblt

import (
	"iter"
	"slices"
)

// MaxSketch is the greatest number of coded symbols in a sketch. They take 128 kB of
// memory, and decode some 6,000 differences. For more, sketch parts of the sets.
const MaxSketch = 8192

// Sketch is the first coded symbols of a set of items, with their number and an estimator.
// Two replicas exchange sketches to find the items that only one of them has; the cost
// grows with the difference, not with the sets.
//
// The zero value is a sketch of no coded symbols for the empty set. A Sketch must not be
// copied by assignment; use Prefix. No argument may be nil.
type Sketch struct {
	items     uint64 // in the set; modulo 2^64 in a difference
	estimator estimator
	symbols   []symbol
}

// symbol is a coded symbol: the exclusive or of the ids of its items, and of their tags
// and checksums, which lie side by side. It is 16 bytes.
type symbol struct {
	ids   uint64
	check uint64 // symbolBits wide: tags, then checksums
}

// xor puts the items of d into c, or takes them out, which is the same.
func (c *symbol) xor(d symbol) {
	c.ids ^= d.ids
	c.check ^= d.check
}

// New returns the sketch of the empty set with n coded symbols. An n below 0 stands for 0,
// and one above MaxSketch for MaxSketch.
func New(n int) *Sketch {
	return &Sketch{symbols: make([]symbol, clamp(n))}
}

// Of returns the sketch of some items, none of which comes twice, with n coded symbols
// as New has it.
func Of(items iter.Seq[Item], n int) *Sketch {
	s := New(n)
	s.AddAll(items)
	return s
}

// clamp takes n into the range of lengths.
func clamp(n int) int { return min(max(n, 0), MaxSketch) }

// Len returns the number of coded symbols.
func (s *Sketch) Len() int { return len(s.symbols) }

// Items returns the number of items in the set. In a difference it is the number of the
// items of one set less that of the other, modulo 2^64.
func (s *Sketch) Items() uint64 { return s.items }

// Prefix returns a copy with the first n coded symbols, or all if there are fewer. It has
// the same items and the same estimator.
func (s *Sketch) Prefix(n int) *Sketch {
	n = min(clamp(n), len(s.symbols))
	return &Sketch{s.items, s.estimator, slices.Clone(s.symbols[:n])}
}

// Add puts an item in that is not in the set yet. It takes time in proportion to the
// logarithm of the length.
func (s *Sketch) Add(it Item) {
	seed := it.seed()
	s.items++
	s.estimator.add(seed)
	s.toggle(it, seed)
}

// Remove takes an item out that is in the set. Adding and removing may come in any order:
// only which items were added more often than removed counts.
func (s *Sketch) Remove(it Item) {
	seed := it.seed()
	s.items--
	s.estimator.remove(seed)
	s.toggle(it, seed)
}

// Replace takes an item out that is in the set, and puts another in, at less cost than Remove
// and Add.
func (s *Sketch) Replace(old, new Item) {
	was, is := old.seed(), new.seed()
	s.estimator.remove(was)
	s.estimator.add(is)
	s.togglePair(old, new, was, is)
}

// AddAll puts in items that are not in the set yet and none of which comes twice, each at less
// cost than Add does.
func (s *Sketch) AddAll(items iter.Seq[Item]) {
	var waiting Item
	odd := false
	for it := range items {
		if odd = !odd; odd {
			waiting = it
			continue
		}
		seed1, seed2 := waiting.seed(), it.seed()
		s.items += 2
		s.estimator.add(seed1)
		s.estimator.add(seed2)
		s.togglePair(waiting, it, seed1, seed2)
	}
	if odd {
		s.Add(waiting)
	}
}

// Difference estimates how many items only one of two sets has, from sketches of any
// lengths, even none. The estimate is right on average, with a standard deviation of 0.35
// times the difference; it is 0 for equal sets and exactly 1 for a difference of 1. Beyond
// some 50,000 it falls behind, and stays near 87,000 for the largest (see estimator.go),
// but it is never less than the difference of the numbers of items.
func (s *Sketch) Difference(other *Sketch) int {
	more := int64(s.items - other.items)
	if more < 0 {
		more = -more
	}
	// More cannot be held by any replica: a sketch that says so was made up. This is also
	// below the greatest int of every machine.
	const enough = 1<<31 - 1
	return max(s.estimator.difference(&other.estimator), int(min(uint64(more), enough)))
}

// Subtract turns s into the sketch of the items that only one of the two sets has, to be
// peeled. Its length becomes that of the shorter one. other is unchanged.
func (s *Sketch) Subtract(other *Sketch) {
	s.symbols = s.symbols[:min(len(s.symbols), len(other.symbols))]
	for i := range s.symbols {
		s.symbols[i].xor(other.symbols[i])
	}
	s.items -= other.items
	s.estimator.subtract(&other.estimator)
}
