package crdt

import (
	"fmt"
	"iter"
	"maps"
	"math/big"
	"math/bits"
	"slices"
	"unsafe"
)

// tallies is the entries of all counters in a state. An entry has a number, its place in the
// list, and so has an origin. A nil *tallies has no entries.
type tallies struct {
	entries []tallied
	origins []Origin // each of them has an entry
	numbers map[Origin]int
}

// tallied is an entry of a counter: whose it is, and what was added and taken away.
type tallied struct {
	collection, origin uint32 // their numbers
	counts             [2]uint64
}

// fewOrigins is up to how many origins are looked through one by one.
const fewOrigins = 8

// find returns the number of an origin.
func (ts *tallies) find(o Origin) (number int, found bool) {
	switch {
	case ts == nil:
		return 0, false
	case ts.numbers != nil:
		number, found = ts.numbers[o]
		return number, found
	}
	number = slices.Index(ts.origins, o)
	return number, number >= 0
}

// origin returns the number of an origin, which it adds if it is not there.
func (ts *tallies) origin(o Origin) int {
	number, found := ts.find(o)
	if found {
		return number
	}
	ts.origins = append(ts.origins, o)
	switch number = len(ts.origins) - 1; {
	case ts.numbers != nil:
		ts.numbers[o] = number
	case number == fewOrigins:
		ts.numbers = map[Origin]int{}
		for i, o := range ts.origins {
			ts.numbers[o] = i
		}
	}
	return number
}

// add adds an entry of zero.
func (ts *tallies) add(collection int, o Origin) (number int) {
	ts.entries = append(ts.entries, tallied{collection: uint32(collection), origin: uint32(ts.origin(o))})
	return len(ts.entries) - 1
}

func (ts *tallies) clone() *tallies {
	if ts == nil {
		return nil
	}
	return &tallies{slices.Clone(ts.entries), slices.Clone(ts.origins), maps.Clone(ts.numbers)}
}

// memory returns how many bytes of memory the entries and the origins take.
func (ts *tallies) memory() int {
	if ts == nil {
		return 0
	}
	n := int(unsafe.Sizeof(*ts)) + cap(ts.entries)*int(unsafe.Sizeof(tallied{})) + cap(ts.origins)*int(unsafe.Sizeof(Origin{}))
	for _, o := range ts.origins {
		n += len(o.Node)
	}
	return n + 2*len(ts.numbers)*int(unsafe.Sizeof(Origin{}))
}

// weighEntry returns the digest of an entry's counts at the origin's point. The hash is one power
// of the point above that of a PNCounter; see key.go.
func weighEntry(point Hash, counts [2]uint64) Digest {
	d := weigh(point, counts)
	d.Hash = d.Hash.mul(point)
	return d
}

// Increment returns the delta that adds n to a counter in the name of origin: the origin's entry,
// greater by n than in the receiver, or nothing if n is zero. The receiver is unchanged until
// the delta is joined, which must be done before the next delta of the same name and origin is
// made: two deltas made from one state do not add up, the greater one wins.
//
// It fails with ErrOverflow if the entry would pass 2^64-1, on a name that is too long, and on an
// origin that does not pass Check.
func (c *Collections) Increment(name string, origin Origin, n uint64) (*Collections, error) {
	return c.count(name, origin, 0, n)
}

// Decrement is Increment for what is taken away.
func (c *Collections) Decrement(name string, origin Origin, n uint64) (*Collections, error) {
	return c.count(name, origin, 1, n)
}

// count returns the delta that raises the i-th count of an entry by n.
func (c *Collections) count(name string, origin Origin, i int, n uint64) (*Collections, error) {
	old := c.Balance(name, origin).counts()
	raised, carry := bits.Add64(old[i], n, 0)
	if carry > 0 {
		return nil, fmt.Errorf("crdt: Collections: adding %d to the %d of %v in %s: %w", n, old[i], origin, quoted(name), ErrOverflow)
	}
	var counts [2]uint64
	if n > 0 {
		counts[i] = raised
	}
	delta := c.New()
	if err := delta.Raise(name, origin, Balance{counts[0], counts[1]}); err != nil {
		return nil, err
	}
	return delta, nil
}

// Raise joins an entry into the state: it raises both sums of the entry to at least those of b. It
// fails on a name that is too long, and on an origin that does not pass Check. It is for callers
// who keep an origin's sums themselves, as one does who has the state in several values.
func (c *Collections) Raise(name string, origin Origin, b Balance) error {
	if err := checkName(name); err != nil {
		return err
	}
	if err := origin.Check(); err != nil {
		return err
	}
	if b != (Balance{}) {
		number := c.obtain(name)
		c.raise(number, origin, b.counts())
	}
	return nil
}

func (b Balance) counts() [2]uint64 { return [2]uint64{b.Up, b.Down} }

// raise joins counts, which are not both zero, into an entry.
func (c *Collections) raise(number int, origin Origin, counts [2]uint64) {
	id := c.entryID(number, origin)
	l := lack{number: number}
	if l.entry = c.entry(id, number, origin); l.entry >= 0 {
		l.fresh, l.growth = above(counts, c.counters.entries[l.entry].counts)
	} else {
		l.fresh, l.growth = counts, counts
	}
	if l.growth != [2]uint64{} {
		c.growEntry(new(cellGrowth), id, origin, &l)
	}
}

// growEntry adds the growth to an entry, which it makes if there is none, and returns its weight.
func (c *Collections) growEntry(cell *cellGrowth, id uint64, origin Origin, l *lack) {
	of := &c.names.all[l.number]
	c.grow(c, cell, id, weighEntry(origin.point(of.key), l.growth))
	if l.entry < 0 {
		if c.counters == nil {
			c.counters = new(tallies)
		}
		l.entry = c.counters.add(l.number, origin)
		of.entries++
		record := appendEntry(make([]byte, 0, recordRoom), l.entry)
		gap, _ := c.index.Find(id, record)
		c.index.Insert(gap, id, record)
	}
	e := &c.counters.entries[l.entry]
	for i, n := range l.growth {
		if e.counts[i] == 0 && n > 0 {
			c.sums++
		}
		e.counts[i] += n
	}
}

// entry returns the number of an entry, or -1. The entry is in the cell of the given id.
func (c *Collections) entry(id uint64, number int, origin Origin) int {
	o, found := c.counters.find(origin)
	if !found {
		return -1
	}
	for got, record := range c.index.From(id) {
		if got != id {
			break
		}
		n := recordNumber(record)
		if e := &c.counters.entries[n]; int(e.collection) == number && int(e.origin) == o {
			return n
		}
	}
	return -1
}

// Balance returns an origin's entry in a counter: zero if there is none.
func (c *Collections) Balance(name string, origin Origin) Balance {
	if number, found := c.number(name); found && origin.Check() == nil {
		if n := c.entry(c.entryID(number, origin), number, origin); n >= 0 {
			e := &c.counters.entries[n]
			return Balance{e.counts[0], e.counts[1]}
		}
	}
	return Balance{}
}

// Balances yields the entries of a counter, none of which is zero in both sums, in the order of
// their cells. The state must not change until the loop has ended.
func (c *Collections) Balances(name string) iter.Seq2[Origin, Balance] {
	return func(yield func(Origin, Balance) bool) {
		number, found := c.number(name)
		if !found || c.names.all[number].entries == 0 {
			return
		}
		for _, n := range c.entriesOf(number) {
			e := &c.counters.entries[n]
			if !yield(c.counters.origins[e.origin], Balance{e.counts[0], e.counts[1]}) {
				return
			}
		}
	}
}

// entriesOf yields the numbers of a collection's entries, each with the id of its cell, in the
// order of cells.
func (c *Collections) entriesOf(number int) iter.Seq2[uint64, int] {
	return func(yield func(uint64, int) bool) {
		for id, record := range c.half(c.names.all[number].cell(entryBit, 0)) {
			if n := recordNumber(record); int(c.counters.entries[n].collection) == number && !yield(id, n) {
				return
			}
		}
	}
}

// Value returns the value of a counter: all that was added less all that was taken away, zero if
// there is no such counter. It is exact, and the caller owns it. It takes time in proportion to
// the counter's entries.
//
// With others it is the value in the join of all the states, which is not made: that of a replica's
// stable value and its pending one, for instance, both of which may have an origin's entry.
func (c *Collections) Value(name string, others ...*Collections) *big.Int {
	var up, down wideSum
	states := append([]*Collections{c}, others...)
	for i, state := range states {
		if state == nil {
			continue
		}
		for origin, b := range state.Balances(name) {
			if greatest(states[:i], name, origin) != (Balance{}) {
				continue // it was counted with an earlier state
			}
			later := greatest(states[i+1:], name, origin)
			up.add(max(b.Up, later.Up))
			down.add(max(b.Down, later.Down))
		}
	}
	value := up.big()
	return value.Sub(value, down.big())
}

// greatest returns an origin's entry in the join of some states.
func greatest(states []*Collections, name string, origin Origin) (b Balance) {
	for _, state := range states {
		if state != nil {
			other := state.Balance(name, origin)
			b = Balance{max(b.Up, other.Up), max(b.Down, other.Down)}
		}
	}
	return b
}

// Entry is an entry of a counter in Collections.
type Entry struct {
	Name    string
	Origin  Origin
	Balance Balance
}

// Entries yields the entries of all counters. Of a delta, or of what Join returned, those are the
// entries that are new or have become greater; a sum that is not greater is zero. The state must
// not change until the loop has ended.
func (c *Collections) Entries() iter.Seq[Entry] {
	return func(yield func(Entry) bool) {
		if c.counters == nil {
			return
		}
		for _, record := range c.index.All() {
			if !isEntry(record) {
				continue
			}
			e := &c.counters.entries[recordNumber(record)]
			if !yield(Entry{c.names.all[e.collection].name, c.counters.origins[e.origin], Balance{e.counts[0], e.counts[1]}}) {
				return
			}
		}
	}
}
