package crdt

import (
	"fmt"
	"iter"
	"math/big"
	"strings"
)

// PNCounter is a counter that goes up and down. It is two GCounters in one: every origin has an
// entry of two sums, all that was added and all that was taken away in its name. Both only
// grow, and the counter's value is the difference of their totals (Shapiro et al. 2011). Its
// irreducible parts are the sums above zero, its cells are its entries, and its digest's count
// is the total of all sums modulo 2^64.
//
// What is said of deltas, memory, the zero value, copies, concurrency and nil at GCounter holds
// for a PNCounter. An entry takes 40 bytes and the name.
type PNCounter struct {
	tally[[2]uint64] // what was added, and what was taken away
}

var (
	_ Lattice[*PNCounter] = (*PNCounter)(nil)
	_ Sketcher            = (*PNCounter)(nil)
	_ Cutter[*PNCounter]  = (*PNCounter)(nil)
	_ Divider[*PNCounter] = (*PNCounter)(nil)
	_ Sparer[*PNCounter]  = (*PNCounter)(nil)
)

// Balance is an origin's entry in a PNCounter.
type Balance struct {
	Up, Down uint64 // the sum of what was added, and of what was taken away
}

// NewPNCounter returns a counter at zero.
func NewPNCounter(key Key) *PNCounter {
	return &PNCounter{tally[[2]uint64]{key: key}}
}

// Add returns the delta that adds d, which may be negative, in the name of origin: one of the
// origin's two sums, greater by the amount of d than in the receiver, or nothing if d is zero.
// The receiver is unchanged until the delta is joined, which must be done before the next delta
// of the same origin is made: two deltas made from one state do not add up, the greater one
// wins.
//
// Add fails with ErrOverflow if the sum would pass 2^64-1, and on an origin that does not pass
// Check.
func (c *PNCounter) Add(origin Origin, d int64) (*PNCounter, error) {
	sum, amount := 0, uint64(d)
	if d < 0 {
		sum, amount = 1, -amount // of 2^63 too, which no int64 could hold
	}
	delta := c.New()
	if err := c.increment(&delta.tally, origin, sum, amount); err != nil {
		return nil, err
	}
	return delta, nil
}

// Value returns all that was added less all that was taken away. It is exact, and the caller
// owns it.
func (c *PNCounter) Value() *big.Int {
	up := c.sum(0)
	return up.Sub(up, c.sum(1))
}

// All yields the entries, none of which is zero in both sums, in ascending order of origin. The
// counter must not change until the loop has ended.
func (c *PNCounter) All() iter.Seq2[Origin, Balance] {
	return func(yield func(Origin, Balance) bool) {
		for _, e := range c.entries {
			if !yield(e.origin, Balance{Up: e.counts[0], Down: e.counts[1]}) {
				return
			}
		}
	}
}

// Equal reports whether two counters have the same entries, whatever their keys. It does not
// rely on digests. Two counters of the same value may well have different entries.
func (c *PNCounter) Equal(other *PNCounter) bool {
	if other == nil {
		return len(c.entries) == 0
	}
	return c.equal(&other.tally)
}

// String lists the entries in ascending order of origin: "{n1/7: +12 -0, n2/1: +3 -5}".
func (c *PNCounter) String() string {
	var entries []string
	for origin, b := range c.All() {
		entries = append(entries, fmt.Sprintf("%v: +%d -%d", origin, b.Up, b.Down))
	}
	return "{" + strings.Join(entries, ", ") + "}"
}

// New returns a counter at zero with the receiver's key.
func (c *PNCounter) New() *PNCounter { return NewPNCounter(c.key) }

// Clone returns an independent copy.
func (c *PNCounter) Clone() *PNCounter {
	made := c.New()
	made.copyFrom(&c.tally)
	return made
}

// Join takes the greater of each sum, and returns the sums of delta that were greater, with
// their full values. The other sum of such an entry is zero in the result, unless it was
// greater too.
func (c *PNCounter) Join(delta *PNCounter) (novel *PNCounter) {
	novel = c.New()
	if delta != nil {
		c.join(&novel.tally, &delta.tally)
	}
	return novel
}

// Minus returns the sums that are greater than those of other, with their full values. The other
// sum of such an entry is zero in the result, unless it is greater too.
func (c *PNCounter) Minus(other *PNCounter) *PNCounter {
	if other == nil {
		return c.Clone()
	}
	rest := c.New()
	c.minus(&rest.tally, &other.tally)
	return rest
}

// Merge is Join for a caller who does not need the novel part. It saves nothing here, since Join
// collects new entries before it inserts them.
func (c *PNCounter) Merge(delta *PNCounter) { c.Join(delta) }

// Excess returns the number of sums that are greater than those of other.
func (c *PNCounter) Excess(other *PNCounter) int {
	if other == nil {
		return c.Len()
	}
	return c.excess(&other.tally)
}

// Extract returns the entries in the given cells. The ids may come in any order, and more than
// once.
func (c *PNCounter) Extract(ids []CellID) *PNCounter {
	part := c.New()
	c.extract(&part.tally, ids)
	return part
}

// Cut returns the entries in the cells from first on, as many as take at most limit bytes in
// binary form; see Cutter.
func (c *PNCounter) Cut(first CellID, limit int) (part *PNCounter, last CellID, err error) {
	part = c.New()
	last, err = c.cut(&part.tally, first, limit)
	return part, last, err
}

// Divide returns two counters with half of the entries each, or with one sum each of a single
// entry; see Divider.
func (c *PNCounter) Divide() (first, rest *PNCounter) {
	first, rest = c.New(), c.New()
	c.divide(&first.tally, &rest.tally)
	return first, rest
}

// AppendBinary appends the counter's binary form, described in tallycodec.go, to b. The error
// is nil except on a nil receiver.
func (c *PNCounter) AppendBinary(b []byte) ([]byte, error) {
	if c == nil {
		return b, errNil
	}
	return c.appendBinary(pncounterTag, b), nil
}

// Decode returns the counter whose binary form is data, with the receiver's key. It fails on
// anything that AppendBinary would not have written.
func (c *PNCounter) Decode(data []byte) (*PNCounter, error) {
	f, err := openForm("PNCounter", pncounterTag, data, c != nil)
	if err != nil {
		return nil, err
	}
	read := c.New()
	if err := read.decode(f); err != nil {
		return nil, err
	}
	return read, nil
}
