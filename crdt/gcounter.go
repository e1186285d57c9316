package crdt

import (
	"fmt"
	"iter"
	"math/big"
	"strings"
)

// GCounter is a counter that only grows. Every origin has an entry: the sum of all that was
// added in its name. The counter's value is the sum of the entries, and the join takes the
// greater of each entry (Shapiro et al. 2011). Its irreducible parts and its cells are its
// entries, and its digest's count is its value modulo 2^64.
//
// An entry of a delta has the origin's full sum, not the last increment. So deltas may be joined
// again, and out of order.
//
// Entries are a sorted slice, 32 bytes each and the name. To join an entry of a known origin
// takes a search, and to join one of a new origin moves the entries behind it. That suits the
// origins of a cluster, thousands and not millions.
//
// The zero value is zero under the zero Key, ready for use; see Key for what the zero Key costs.
// A GCounter must not be copied by assignment; use Clone. Methods that only read may run side
// by side. Join, Merge and Sketch must be alone. A nil *GCounter as an argument stands for zero.
type GCounter struct {
	tally[[1]uint64]
}

var (
	_ Lattice[*GCounter] = (*GCounter)(nil)
	_ Sketcher           = (*GCounter)(nil)
	_ Cutter[*GCounter]  = (*GCounter)(nil)
	_ Divider[*GCounter] = (*GCounter)(nil)
	_ Sparer[*GCounter]  = (*GCounter)(nil)
)

// NewGCounter returns a counter at zero.
func NewGCounter(key Key) *GCounter {
	return &GCounter{tally[[1]uint64]{key: key}}
}

// Increment returns the delta that adds n in the name of origin: the origin's entry, greater by
// n than in the receiver, or nothing if n is zero. The receiver is unchanged until the delta is
// joined, which must be done before the next delta of the same origin is made: two deltas made
// from one state do not add up, the greater one wins.
//
// Increment fails with ErrOverflow if the entry would pass 2^64-1, and on an origin that does
// not pass Check.
func (c *GCounter) Increment(origin Origin, n uint64) (*GCounter, error) {
	delta := c.New()
	if err := c.increment(&delta.tally, origin, 0, n); err != nil {
		return nil, err
	}
	return delta, nil
}

// Value returns the sum of all entries. It is exact, and the caller owns it.
func (c *GCounter) Value() *big.Int { return c.sum(0) }

// All yields the entries, none of which is zero, in ascending order of origin. The counter must
// not change until the loop has ended.
func (c *GCounter) All() iter.Seq2[Origin, uint64] {
	return func(yield func(Origin, uint64) bool) {
		for _, e := range c.entries {
			if !yield(e.origin, e.counts[0]) {
				return
			}
		}
	}
}

// Equal reports whether two counters have the same entries, whatever their keys. It does not
// rely on digests.
func (c *GCounter) Equal(other *GCounter) bool {
	if other == nil {
		return len(c.entries) == 0
	}
	return c.equal(&other.tally)
}

// String lists the entries in ascending order of origin: "{n1/7: 12, n2/1: 3}".
func (c *GCounter) String() string {
	var entries []string
	for origin, n := range c.All() {
		entries = append(entries, fmt.Sprintf("%v: %d", origin, n))
	}
	return "{" + strings.Join(entries, ", ") + "}"
}

// New returns a counter at zero with the receiver's key.
func (c *GCounter) New() *GCounter { return NewGCounter(c.key) }

// Clone returns an independent copy.
func (c *GCounter) Clone() *GCounter {
	made := c.New()
	made.copyFrom(&c.tally)
	return made
}

// Join takes the greater of each entry, and returns the entries of delta that were greater, with
// their full values.
func (c *GCounter) Join(delta *GCounter) (novel *GCounter) {
	novel = c.New()
	if delta != nil {
		c.join(&novel.tally, &delta.tally)
	}
	return novel
}

// Minus returns the entries that are greater than those of other, with their full values.
func (c *GCounter) Minus(other *GCounter) *GCounter {
	if other == nil {
		return c.Clone()
	}
	rest := c.New()
	c.minus(&rest.tally, &other.tally)
	return rest
}

// Merge is Join for a caller who does not need the novel part. It saves nothing here, since Join
// collects new entries before it inserts them.
func (c *GCounter) Merge(delta *GCounter) { c.Join(delta) }

// Excess returns the number of entries that are greater than those of other.
func (c *GCounter) Excess(other *GCounter) int {
	if other == nil {
		return c.Len()
	}
	return c.excess(&other.tally)
}

// Extract returns the entries in the given cells. The ids may come in any order, and more than
// once.
func (c *GCounter) Extract(ids []CellID) *GCounter {
	part := c.New()
	c.extract(&part.tally, ids)
	return part
}

// Cut returns the entries in the cells from first on, as many as take at most limit bytes in
// binary form; see Cutter.
func (c *GCounter) Cut(first CellID, limit int) (part *GCounter, last CellID, err error) {
	part = c.New()
	last, err = c.cut(&part.tally, first, limit)
	return part, last, err
}

// Divide returns two counters with half of the entries each; see Divider.
func (c *GCounter) Divide() (first, rest *GCounter) {
	first, rest = c.New(), c.New()
	c.divide(&first.tally, &rest.tally)
	return first, rest
}

// AppendBinary appends the counter's binary form, described in tallycodec.go, to b. The error
// is nil except on a nil receiver.
func (c *GCounter) AppendBinary(b []byte) ([]byte, error) {
	if c == nil {
		return b, errNil
	}
	return c.appendBinary(gcounterTag, b), nil
}

// Decode returns the counter whose binary form is data, with the receiver's key. It fails on
// anything that AppendBinary would not have written.
func (c *GCounter) Decode(data []byte) (*GCounter, error) {
	f, err := openForm("GCounter", gcounterTag, data, c != nil)
	if err != nil {
		return nil, err
	}
	read := c.New()
	if err := read.decode(f); err != nil {
		return nil, err
	}
	return read, nil
}
