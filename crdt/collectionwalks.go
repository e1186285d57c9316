package crdt

import (
	"fmt"
	"iter"
	"strconv"
	"strings"
)

// All yields the elements of all sets, each with the name of its set, in the order of their
// cells. Of a delta, or of what Join returned, those are the elements that are new. Elements are
// not copied: the caller may keep them, for they never change, but must not write to them, and
// an element that is kept may keep the memory of all. The state must not change until the loop
// has ended.
func (c *Collections) All() iter.Seq2[string, []byte] {
	return func(yield func(string, []byte) bool) {
		for _, record := range c.index.All() {
			if number, element := splitRecord(record); !isEntry(record) && !yield(c.names.at(number).name, element) {
				return
			}
		}
	}
}

// Members yields the elements of the set of a name, in the order of their cells, which looks
// random, depends on the key and is the same in all states with that key. What is said of the
// elements of All holds here too.
func (c *Collections) Members(name string) iter.Seq[[]byte] {
	return func(yield func([]byte) bool) {
		number, found := c.number(name)
		if !found {
			return
		}
		for element := range c.membersOf(number) {
			if !yield(element) {
				return
			}
		}
	}
}

// membersOf yields the elements of a collection in the order of their cells, and in a cell in the
// order of their bytes.
func (c *Collections) membersOf(number int) iter.Seq[[]byte] {
	return func(yield func([]byte) bool) {
		if c.names.at(number).elements == 0 {
			return
		}
		for _, record := range c.half(c.names.at(number).cell(0, 0)) {
			if of, element := splitRecord(record); of == number && !yield(element) {
				return
			}
		}
	}
}

// half yields the records in the cells from the given one on whose ids have the same upper half, with
// the ids: all of one kind, those of a collection and perhaps those of another one.
func (c *Collections) half(first uint64) iter.Seq2[uint64, []byte] {
	return func(yield func(uint64, []byte) bool) {
		for id, record := range c.index.From(first) {
			if id>>lowBits != first>>lowBits || !yield(id, record) {
				return
			}
		}
	}
}

// ScanElements returns some elements of the set of a name, and where to go on: a walk over the set
// in steps, between which the state may change. The first step has cursor zero, and each of the
// others the next that the step before returned. The walk has ended when next is zero. A step
// looks at count elements, or a few more if they share a cell, and at one at least. It may return
// fewer, or none, if the elements of another collection lie between those of the set. The order
// is that of Members, and cursors have 32 bits.
//
// A walk returns each element that was there from its beginning once, and those that come
// meanwhile once or not at all. The elements are as those of All.
func (c *Collections) ScanElements(name string, cursor uint64, count int) (elements [][]byte, next uint64) {
	number, found := c.number(name)
	if !found || cursor > lowMask {
		return nil, 0
	}
	looked, last := 0, cursor
	for id, record := range c.half(c.names.at(number).cell(0, cursor)) {
		low := id & lowMask
		if looked >= max(count, 1) && low != last {
			return elements, low
		}
		looked, last = looked+1, low
		if of, element := splitRecord(record); of == number {
			elements = append(elements, element)
		}
	}
	return elements, 0
}

// ScanNames returns some collections, and where to go on, as ScanElements does: a walk over the
// names in steps, in the order of their hashes. A step returns count collections, or a few more
// if their hashes collide, and one at least unless there are no more. Cursors have 53 bits.
func (c *Collections) ScanNames(cursor uint64, count int) (some []Collection, next uint64) {
	const shift = 64 - nameBits
	if cursor >= 1<<nameBits {
		return nil, 0
	}
	if c.names.index == nil {
		if c.names.len() > 0 && c.names.at(0).hash>>shift >= cursor {
			some = append(some, c.names.collection(0))
		}
		return some, 0
	}
	last := cursor
	for hash, record := range c.names.index.From(cursor << shift) {
		if at := hash >> shift; at != last {
			if len(some) >= max(count, 1) {
				return some, at
			}
			last = at
		}
		some = append(some, c.names.collection(numberOf(record)))
	}
	return some, 0
}

// String shows the first few collections in the order of ScanNames, each with a few elements or
// its value, and the number of the others: `{"revoked": {"a" "b" and 2 more}, "visits": 12}`. It
// is at most 4500 bytes long.
func (c *Collections) String() string {
	const most = 8
	var b strings.Builder
	b.WriteByte('{')
	for i, number := range c.names.sorted(nil) {
		if i == most {
			fmt.Fprintf(&b, " and %d more", c.Names()-most)
			break
		}
		if i > 0 {
			b.WriteString(", ")
		}
		of := c.names.collection(number)
		b.WriteString(quoted(of.Name))
		if of.Elements > 0 {
			b.WriteString(": ")
			writeElements(&b, c.membersOf(number), of.Elements, most/2)
		}
		if of.Entries > 0 {
			fmt.Fprintf(&b, ": %v", c.Value(of.Name))
		}
	}
	b.WriteByte('}')
	return b.String()
}

// quotedBytes is how much of a byte string is shown.
const quotedBytes = 20

// quoted returns a byte string in quotes, cut short. It takes at most 85 bytes.
func quoted(s string) string {
	if len(s) > quotedBytes {
		return strconv.Quote(s[:quotedBytes]) + "..."
	}
	return strconv.Quote(s)
}

// writeElements writes the first of n elements, quoted and cut short, and the number of the
// others.
func writeElements(b *strings.Builder, elements iter.Seq[[]byte], n, most int) {
	b.WriteByte('{')
	shown := 0
	for element := range elements {
		if shown == most {
			fmt.Fprintf(b, " and %d more", n-shown)
			break
		}
		if shown > 0 {
			b.WriteByte(' ')
		}
		b.WriteString(quoted(string(element[:min(len(element), quotedBytes+1)])))
		shown++
	}
	b.WriteByte('}')
}
