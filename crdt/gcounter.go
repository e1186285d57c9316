package crdt

import (
	"fmt"
	"iter"
	"math/big"
	"strings"

	"gset/crdt/riblt"
)

// GCounter is a counter that only grows. Every origin has an entry, the sum of
// what it added, and the counter's value is the sum of the entries; the join
// takes the greater of each (Shapiro et al. 2011). Its irreducible parts and
// its cells are its entries, and its digest's count is its value modulo 2^64.
//
// An entry of a delta has the origin's full sum, not what was added last. That is
// what makes it safe to join again, and out of order.
//
// Entries are a sorted slice: 32 bytes each, and the name. Joining entries of
// known origins takes a search for each and moves nothing; a new origin moves those
// after it. That is made for the origins a cluster has, thousands, not millions.
//
// The zero value is zero under the zero Key, ready for use. A GCounter must not
// be copied by assignment; use Clone. Methods that only read may run side by
// side, those that change the counter and Sketch must be alone. No argument may be nil.
type GCounter struct {
	tally tally[[1]uint64]
}

var (
	_ Lattice[*GCounter] = (*GCounter)(nil)
	_ Sketcher           = (*GCounter)(nil)
	_ Cutter[*GCounter]  = (*GCounter)(nil)
	_ Divider[*GCounter] = (*GCounter)(nil)
)

// NewGCounter returns a counter at zero.
func NewGCounter(key Key) *GCounter {
	return &GCounter{tally[[1]uint64]{key: key}}
}

// Increment returns the delta by which n is added in the name of origin: the
// origin's entry, n greater than here, or nothing if n is zero. The receiver is
// unchanged until the delta is joined. That must be done before the next delta
// of the same origin is made: two made from one state are not added up, the
// greater wins.
//
// It fails if the entry would pass 2^64-1, with ErrOverflow, and on an origin
// that does not pass Check.
func (c *GCounter) Increment(origin Origin, n uint64) (*GCounter, error) {
	delta := c.New()
	if err := c.tally.increment(&delta.tally, origin, 0, n); err != nil {
		return nil, err
	}
	return delta, nil
}

// Value returns the sum of all entries. It is exact, and the caller's to keep.
func (c *GCounter) Value() *big.Int { return c.tally.sum(0) }

// All yields the entries that are not zero, in ascending order of origin. The
// counter must not change until the loop has ended.
func (c *GCounter) All() iter.Seq2[Origin, uint64] {
	return func(yield func(Origin, uint64) bool) {
		for _, e := range c.tally.entries {
			if !yield(e.origin, e.counts[0]) {
				return
			}
		}
	}
}

// Equal reports whether two counters have the same entries, whatever their keys.
// It takes no digest's word for it.
func (c *GCounter) Equal(other *GCounter) bool {
	if other == nil {
		return c.Len() == 0
	}
	return c.tally.equal(&other.tally)
}

// String lists the entries in order of origin: "{n1/7: 12, n2/1: 3}".
func (c *GCounter) String() string {
	var entries []string
	for origin, n := range c.All() {
		entries = append(entries, fmt.Sprintf("%v: %d", origin, n))
	}
	return "{" + strings.Join(entries, ", ") + "}"
}

// New returns a counter at zero with the receiver's key.
func (c *GCounter) New() *GCounter { return NewGCounter(c.tally.key) }

// Key returns the counter's hash key.
func (c *GCounter) Key() Key { return c.tally.key }

// Clone returns an independent copy.
func (c *GCounter) Clone() *GCounter {
	made := c.New()
	made.tally.copyFrom(&c.tally)
	return made
}

// Join takes the greater of each entry, and returns those of delta that were
// greater, with their full values.
func (c *GCounter) Join(delta *GCounter) (novel *GCounter) {
	novel = c.New()
	if delta != nil {
		c.tally.join(&novel.tally, &delta.tally)
	}
	return novel
}

// Minus returns the entries that are greater than other's, with their full
// values.
func (c *GCounter) Minus(other *GCounter) *GCounter {
	if other == nil {
		return c.Clone()
	}
	rest := c.New()
	c.tally.minus(&rest.tally, &other.tally)
	return rest
}

// Len returns the number of entries, those that are zero not counted.
func (c *GCounter) Len() int { return c.tally.len() }

// Digest returns the value modulo 2^64 and the hash of the counter, in O(1).
func (c *GCounter) Digest() Digest { return c.tally.digest }

// Cells yields the entries from cell first on in the order of their cell ids, which are hashes of
// the origins under the key. Should two collide, their entries are one cell with
// the sum of their hashes. Ids and hashes are computed before the first cell, some
// 100 ns each with the sorting. The counter must not change until the loop has
// ended.
func (c *GCounter) Cells(first CellID) iter.Seq[Cell] { return c.tally.cells(first) }

// Sketch returns the sketch of the counter with n coded symbols, the caller's to keep. From the first call on the counter keeps a sketch and the hashes of its cells,
// some 50 bytes each, and a change of an entry costs some 0.2 µs more.
func (c *GCounter) Sketch(n int) *riblt.Sketch { return c.tally.sketchOf(n) }

// Extract returns the entries of the given cells. The ids may come in any order.
func (c *GCounter) Extract(ids []CellID) *GCounter {
	part := c.New()
	c.tally.extract(&part.tally, ids)
	return part
}

// Cut returns the entries of the cells from first on, as many as take at most limit bytes
// in binary form; see Cutter.
func (c *GCounter) Cut(first CellID, limit int) (part *GCounter, last CellID, err error) {
	part = c.New()
	last, err = c.tally.cut(&part.tally, first, limit)
	return part, last, err
}

// Divide returns two counters with half of the entries each; see Divider. Only cells whose ids
// collide need it.
func (c *GCounter) Divide() (first, rest *GCounter) {
	first, rest = c.New(), c.New()
	c.tally.divide(&first.tally, &rest.tally)
	return first, rest
}

// AppendBinary appends the counter's binary form, described in tallycodec.go, to b. The
// error is nil except on a nil receiver.
func (c *GCounter) AppendBinary(b []byte) ([]byte, error) {
	if c == nil {
		return b, errNil
	}
	return c.tally.appendBinary(gcounterTag, b), nil
}

// Decode returns the counter that data is the binary form of, with the
// receiver's key. It fails on anything AppendBinary would not have written.
func (c *GCounter) Decode(data []byte) (*GCounter, error) {
	f, err := openForm("GCounter", gcounterTag, data, c != nil)
	if err != nil {
		return nil, err
	}
	read := c.New()
	if err := read.tally.decode(f); err != nil {
		return nil, err
	}
	return read, nil
}
