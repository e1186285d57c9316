package crdt

import (
	"fmt"
	"iter"
	"maps"
	"math/bits"
	"slices"
	"unsafe"
)

// tallies is the entries of all counters in a state. An entry has a number, its place in the
// list, and so has an origin. A nil *tallies has no entries.
type tallies struct {
	entries pieces[tallied]
	origins []Origin // each of them has an entry
	numbers map[Origin]int
}

// tallied is an entry of a counter: whose it is, and what was added and taken away. The entries of a
// collection are a linked list, from the one made last to the first.
type tallied struct {
	collection, origin uint32 // their numbers
	before             uint32 // the number of the entry made before, or noEntry
	shared             bool   // there are other entries in its cell
	counts             [2]uint64
}

const noEntry = ^uint32(0)

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

// add adds an entry of zero to a collection, whose number is given.
func (ts *tallies) add(of *named, collection int, o Origin) (number int) {
	before := noEntry
	if of.entries > 0 {
		before = of.entry
	}
	number = ts.entries.len()
	ts.entries.append(tallied{collection: uint32(collection), origin: uint32(ts.origin(o)), before: before})
	of.entry = uint32(number)
	of.entries++
	return number
}

func (ts *tallies) clone() *tallies {
	if ts == nil {
		return nil
	}
	return &tallies{ts.entries.clone(nil), slices.Clone(ts.origins), maps.Clone(ts.numbers)}
}

// memory returns how many bytes of memory the entries and the origins take.
func (ts *tallies) memory() int {
	if ts == nil {
		return 0
	}
	n := int(unsafe.Sizeof(*ts)) + ts.entries.memory() + cap(ts.origins)*int(unsafe.Sizeof(Origin{}))
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
	l := lack{number: number, entry: c.entryOf(number, origin)}
	if l.entry >= 0 {
		l.fresh, l.growth = above(counts, c.counters.entries.at(l.entry).counts)
	} else {
		l.fresh, l.growth = counts, counts
	}
	if l.growth == [2]uint64{} {
		return
	}
	id := uint64(0)
	if l.entry < 0 || c.sketch != nil { // else nothing asks for the cell
		id = c.entryID(number, origin)
	}
	c.growEntry(new(cellGrowth), id, origin, &l)
}

// growEntry adds the growth to an entry, which it makes if there is none.
func (c *Collections) growEntry(cell *cellGrowth, id uint64, origin Origin, l *lack) {
	of := c.names.at(l.number)
	point := origin.point(of.key)
	growth := weighEntry(point, l.growth)
	if l.entry < 0 {
		c.addEntry(cell, id, origin, l, growth)
	} else {
		if e := c.counters.entries.at(l.entry); c.sketch != nil && !e.shared {
			*cell = cellGrowth{id: id, hash: weighEntry(point, e.counts).Hash, known: true, begun: true} // without a search for the cell
		}
		c.grow(c, cell, id, growth)
	}
	e := c.counters.entries.at(l.entry)
	for i, n := range l.growth {
		if e.counts[i] == 0 && n > 0 {
			c.sums++
		}
		e.counts[i] += n
	}
}

// addEntry makes an entry of zero, and takes in the weight that it is about to have.
func (c *Collections) addEntry(cell *cellGrowth, id uint64, origin Origin, l *lack, weight Digest) {
	if c.counters == nil {
		c.counters = new(tallies)
	}
	l.entry = c.counters.add(c.names.at(l.number), l.number, origin)
	record := appendEntry(make([]byte, 0, recordRoom), l.entry)
	if last, ok := c.index.LastID(); c.sketch == nil && (!ok || last < id) {
		c.push(id, weight, record) // as in a state that is made in order
		return
	}
	gap, _ := c.index.Find(id, record)
	shares := c.index.Neighbours(gap, id)
	c.records.insert(c, cell, gap, id, weight, record)
	if !shares {
		return
	}
	for got, record := range c.index.From(id) {
		if got != id {
			break
		}
		c.counters.entries.at(recordNumber(record)).shared = true
	}
}

// fewEntries is up to how many entries of a counter are looked through one by one.
const fewEntries = 8

// entry returns the number of an entry, or -1. The entry is in the cell of the given id.
func (c *Collections) entry(id uint64, number int, origin Origin) int {
	o, found := c.counters.find(origin)
	if !found {
		return -1
	}
	if of := c.names.at(number); of.entries <= fewEntries {
		at := of.entry
		for range of.entries {
			e := c.counters.entries.at(int(at))
			if int(e.origin) == o {
				return int(at)
			}
			at = e.before
		}
		return -1
	}
	for got, record := range c.index.From(id) {
		if got != id {
			break
		}
		n := recordNumber(record)
		if e := c.counters.entries.at(n); int(e.collection) == number && int(e.origin) == o {
			return n
		}
	}
	return -1
}

// entryOf returns the number of an origin's entry in a collection, or -1.
func (c *Collections) entryOf(number int, origin Origin) int {
	id := uint64(0)
	if c.names.at(number).entries > fewEntries {
		id = c.entryID(number, origin)
	}
	return c.entry(id, number, origin)
}

// Balance returns an origin's entry in a counter: zero if there is none.
func (c *Collections) Balance(name string, origin Origin) Balance {
	if number, found := c.number(name); found && origin.Check() == nil {
		return c.balance(number, origin)
	}
	return Balance{}
}

func (c *Collections) balance(number int, origin Origin) Balance {
	if n := c.entryOf(number, origin); n >= 0 {
		return c.counters.entries.at(n).balance()
	}
	return Balance{}
}

func (e *tallied) balance() Balance { return Balance{e.counts[0], e.counts[1]} }

// Balances yields the entries of a counter, none of which is zero in both sums, in no order that
// two states have in common. The state must not change until the loop has ended.
func (c *Collections) Balances(name string) iter.Seq2[Origin, Balance] {
	return func(yield func(Origin, Balance) bool) {
		number, found := c.number(name)
		if !found {
			return
		}
		for e := range c.entriesOf(number) {
			if !yield(c.counters.origins[e.origin], e.balance()) {
				return
			}
		}
	}
}

// entriesOf yields a collection's entries, the one made last first.
func (c *Collections) entriesOf(number int) iter.Seq[*tallied] {
	return func(yield func(*tallied) bool) {
		of := c.names.at(number)
		at := of.entry
		for range of.entries {
			e := c.counters.entries.at(int(at))
			if !yield(e) {
				return
			}
			at = e.before
		}
	}
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
			e := c.counters.entries.at(recordNumber(record))
			if !yield(Entry{c.names.at(int(e.collection)).name, c.counters.origins[e.origin], Balance{e.counts[0], e.counts[1]}}) {
				return
			}
		}
	}
}
