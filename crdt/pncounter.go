package crdt

import (
	"fmt"
	"iter"
	"math/big"
	"strings"

	"gset/crdt/riblt"
)

// PNCounter is a counter that goes up and down. It is two GCounters in one:
// every origin has an entry of two sums, what it added and what it took away, which
// only grow, and the counter's value is the difference of their totals
// (Shapiro et al. 2011). Its irreducible parts are the sums above zero, its cells
// are its entries, and its digest's count is the total of both modulo 2^64.
//
// All that is said of GCounter holds here: deltas have full sums, entries are
// kept in a sorted slice, 40 bytes each and the name.
//
// The zero value is zero under the zero Key, ready for use. A PNCounter must not
// be copied by assignment; use Clone. Methods that only read may run side by
// side, those that change the counter and Sketch must be alone. No argument may be nil.
type PNCounter struct {
	tally tally[[2]uint64] // what was added, and what was taken away
}

var (
	_ Lattice[*PNCounter] = (*PNCounter)(nil)
	_ Sketcher            = (*PNCounter)(nil)
	_ Cutter[*PNCounter]  = (*PNCounter)(nil)
	_ Divider[*PNCounter] = (*PNCounter)(nil)
)

// Balance is an origin's entry in a PNCounter.
type Balance struct {
	Up, Down uint64 // what it added, and what it took away
}

// NewPNCounter returns a counter at zero.
func NewPNCounter(key Key) *PNCounter {
	return &PNCounter{tally[[2]uint64]{key: key}}
}

// Add returns the delta by which d is added in the name of origin: the one of
// the origin's two sums that d goes to, greater than here by its amount, or nothing
// if d is zero. The receiver is unchanged until the delta is joined. That must be
// done before the next delta of the same origin is made: two made from one state
// are not added up, the greater wins.
//
// It fails if the sum would pass 2^64-1, with ErrOverflow, and on an origin that
// does not pass Check.
func (c *PNCounter) Add(origin Origin, d int64) (*PNCounter, error) {
	sum, amount := 0, uint64(d)
	if d < 0 {
		sum, amount = 1, -amount // of 2^63 too, which no int64 could hold
	}
	delta := c.New()
	if err := c.tally.increment(&delta.tally, origin, sum, amount); err != nil {
		return nil, err
	}
	return delta, nil
}

// Value returns all that was added less all that was taken away. It is exact, and
// the caller's to keep.
func (c *PNCounter) Value() *big.Int {
	up := c.tally.sum(0)
	return up.Sub(up, c.tally.sum(1))
}

// All yields the entries that are not zero, in ascending order of origin. The
// counter must not change until the loop has ended.
func (c *PNCounter) All() iter.Seq2[Origin, Balance] {
	return func(yield func(Origin, Balance) bool) {
		for _, e := range c.tally.entries {
			if !yield(e.origin, Balance{Up: e.counts[0], Down: e.counts[1]}) {
				return
			}
		}
	}
}

// Equal reports whether two counters have the same entries, whatever their keys.
// It takes no digest's word for it. Counters of equal value may well not be equal.
func (c *PNCounter) Equal(other *PNCounter) bool {
	if other == nil {
		return c.Len() == 0
	}
	return c.tally.equal(&other.tally)
}

// String lists the entries in order of origin: "{n1/7: +12 -0, n2/1: +3 -5}".
func (c *PNCounter) String() string {
	var entries []string
	for origin, b := range c.All() {
		entries = append(entries, fmt.Sprintf("%v: +%d -%d", origin, b.Up, b.Down))
	}
	return "{" + strings.Join(entries, ", ") + "}"
}

// New returns a counter at zero with the receiver's key.
func (c *PNCounter) New() *PNCounter { return NewPNCounter(c.tally.key) }

// Key returns the counter's hash key.
func (c *PNCounter) Key() Key { return c.tally.key }

// Clone returns an independent copy.
func (c *PNCounter) Clone() *PNCounter {
	made := c.New()
	made.tally.copyFrom(&c.tally)
	return made
}

// Join takes the greater of each sum, and returns those of delta that were
// greater, with their full values; an entry of which one sum was has zero for the
// other.
func (c *PNCounter) Join(delta *PNCounter) (novel *PNCounter) {
	novel = c.New()
	if delta != nil {
		c.tally.join(&novel.tally, &delta.tally)
	}
	return novel
}

// Minus returns the sums that are greater than other's, with their full values;
// an entry of which one sum is has zero for the other.
func (c *PNCounter) Minus(other *PNCounter) *PNCounter {
	if other == nil {
		return c.Clone()
	}
	rest := c.New()
	c.tally.minus(&rest.tally, &other.tally)
	return rest
}

// Len returns the number of sums above zero: one or two an entry. It takes time
// in proportion to the entries.
func (c *PNCounter) Len() int { return c.tally.len() }

// Digest returns the total of all sums modulo 2^64 and the hash of the counter, in
// O(1).
func (c *PNCounter) Digest() Digest { return c.tally.digest }

// Cells yields the entries from cell first on in the order of their cell ids, as GCounter.Cells
// does.
func (c *PNCounter) Cells(first CellID) iter.Seq[Cell] { return c.tally.cells(first) }

// Sketch returns the sketch of the counter with n coded symbols, the caller's to keep. From the first call on the counter keeps a sketch and the hashes of its cells,
// some 50 bytes each, and a change of an entry costs some 0.2 µs more.
func (c *PNCounter) Sketch(n int) *riblt.Sketch { return c.tally.sketchOf(n) }

// Extract returns the entries of the given cells. The ids may come in any order.
func (c *PNCounter) Extract(ids []CellID) *PNCounter {
	part := c.New()
	c.tally.extract(&part.tally, ids)
	return part
}

// Cut returns the entries of the cells from first on, as many as take at most limit bytes
// in binary form; see Cutter.
func (c *PNCounter) Cut(first CellID, limit int) (part *PNCounter, last CellID, err error) {
	part = c.New()
	last, err = c.tally.cut(&part.tally, first, limit)
	return part, last, err
}

// Divide returns two counters with half of the entries each, or of a single entry with one
// sum each; see Divider. Only cells whose ids collide need it.
func (c *PNCounter) Divide() (first, rest *PNCounter) {
	first, rest = c.New(), c.New()
	c.tally.divide(&first.tally, &rest.tally)
	return first, rest
}

// AppendBinary appends the counter's binary form, described in tallycodec.go, to b. The
// error is nil except on a nil receiver.
func (c *PNCounter) AppendBinary(b []byte) ([]byte, error) {
	if c == nil {
		return b, errNil
	}
	return c.tally.appendBinary(pncounterTag, b), nil
}

// Decode returns the counter that data is the binary form of, with the
// receiver's key. It fails on anything AppendBinary would not have written.
func (c *PNCounter) Decode(data []byte) (*PNCounter, error) {
	f, err := openForm("PNCounter", pncounterTag, data, c != nil)
	if err != nil {
		return nil, err
	}
	read := c.New()
	if err := read.tally.decode(f); err != nil {
		return nil, err
	}
	return read, nil
}
