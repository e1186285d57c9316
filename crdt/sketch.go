package crdt

import "iter"

// MaxSketch is the greatest number of coded cells in a sketch. They take 128 kB of
// memory, and decode some 6,000 differences. Beyond that a sketch is no longer much
// cheaper than what it saves.
const MaxSketch = 8192

// Sketch is what two replicas find out with in which cells their states differ, at a
// cost that depends on how many these are and not on how many there are. It is the
// beginning of a rateless invertible Bloom lookup table (Yang, Gilad and Alizadeh,
// "Practical Rateless Set Reconciliation", SIGCOMM 2024), with an estimator of the
// difference of two states.
//
// The table is an endless sequence of coded cells. Every cell of the state, as an Item,
// is put into some of them, drawn at random but the same ones everywhere: into the
// first for sure, and ever more thinly from there on (see places.go). A coded cell is
// the exclusive or of the items that are in it. So a sketch of one state subtracted from
// one of another is the sketch of the items that only one of them has: what they have in
// common cancels out, without anybody knowing what it is. And if the difference is not
// too large for the length, it can be read off again by peeling (see peel.go): somewhere
// an item is alone in a coded cell; taken out of all its other ones it leaves another
// alone, and so on.
//
// The first n coded cells are all that there is to a sketch of length n. Any prefix is a
// sketch, and decodes some n/1.35 differences, fewer if n is small: n = 1.7·d for d = 10
// differences, 1.45·d for 100, on average. So nobody has to know the size of a difference
// beforehand. Whoever cannot decode a prefix asks for a longer one, or sends one.
//
// Two things differ from the paper. A coded cell does not count its items. In the paper
// the count tells a single item, by being 1 or -1, and which side it is from. Here the
// item's check alone tells (24 bits, and that the item belongs where it was found),
// and which side an item is from is seen by looking among one's own cells; that saves a
// coded cell two to four bytes of some ten. And the root in the draw of an item's places
// is done without.
//
// The zero value is a sketch of no coded cells for an empty state. A Sketch must not be
// copied by assignment. Methods that only read may run side by side, those that change
// the sketch must be alone. No argument may be nil.
type Sketch struct {
	items     uint64 // in the state; modulo 2^64 in a difference
	estimator estimator
	cells     []codedCell
}

// codedCell is the exclusive or of the items in it: of their ids, and of their marks, in
// which a tag and a check are side by side. It is 16 bytes.
type codedCell struct {
	ids   CellID
	marks uint64 // markBits wide
}

// xor puts the items of d into c, or takes them out, which is the same.
func (c *codedCell) xor(d codedCell) {
	c.ids ^= d.ids
	c.marks ^= d.marks
}

// SketchOf returns the sketch of some cells, no two of which have the same id, with n
// coded cells. An n below 0 stands for 0, and one above MaxSketch for that. It takes some
// 0.1 µs a cell.
func SketchOf(cells iter.Seq[Cell], n int) *Sketch {
	s := &Sketch{cells: make([]codedCell, sketchLen(n))}
	for c := range cells {
		s.Add(c)
	}
	return s
}

// sketchLen takes n into the range of lengths.
func sketchLen(n int) int { return min(max(n, 0), MaxSketch) }

// Len returns the number of coded cells.
func (s *Sketch) Len() int { return len(s.cells) }

// Items returns the number of items in the sketch, which is that of the state's cells.
// It wraps around modulo 2^64, so that of a difference says by how many one has more.
func (s *Sketch) Items() uint64 { return s.items }

// Add puts in a cell: one that the state has from now on, and had not before. It takes
// time in proportion to the logarithm of the length.
func (s *Sketch) Add(c Cell) {
	it := c.Item()
	seed := it.seed()
	s.items++
	s.estimator.add(seed)
	s.toggle(it, seed)
}

// Remove takes out a cell that was put in before. To change a cell is to remove the
// old and to add the new one.
func (s *Sketch) Remove(c Cell) {
	it := c.Item()
	seed := it.seed()
	s.items--
	s.estimator.remove(seed)
	s.toggle(it, seed)
}

// toggle puts an item into all its places, or takes it out.
func (s *Sketch) toggle(it Item, seed uint64) {
	c := it.alone(seed)
	for i := range places(seed, len(s.cells)) {
		s.cells[i].xor(c)
	}
}

// Difference estimates how many items only one of two states has, from sketches of
// any length, even none. A cell that both have, but not with the same content, counts
// twice. The estimate is right on average, with a standard deviation of 0.35 times the
// difference; it is 0 for equal states, exactly 1 for a difference of 1, and beyond
// some 50,000 it falls behind, and stays near 87,000 for the largest (see estimator.go),
// but it is never less than one of the states has more items than the other.
func (s *Sketch) Difference(other *Sketch) int {
	more := int64(s.items - other.items)
	if more < 0 {
		more = -more
	}
	const enough = 1 << 40 // whoever says so lies
	return max(s.estimator.difference(&other.estimator), int(min(uint64(more), enough)))
}

// Subtract turns s into the sketch of the items that only one of the two states has, to
// be peeled. Its length is that of the shorter one. other is unchanged.
func (s *Sketch) Subtract(other *Sketch) {
	s.cells = s.cells[:min(len(s.cells), len(other.cells))]
	for i := range s.cells {
		s.cells[i].xor(other.cells[i])
	}
	s.items -= other.items
	s.estimator.subtract(&other.estimator)
}
