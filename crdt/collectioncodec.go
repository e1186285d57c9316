package crdt

import (
	"bytes"
	"cmp"
	"encoding/binary"
	"slices"
	"strings"
)

// The binary form of Collections.
//
//	state   = tag n origin^n section*
//	origin  = length name incarnation
//	section = length name n element^n m entry^m
//	element = length bytes
//	entry   = which up down
//
// tag is the byte 0x51: type 5, Collections, in the high half; version 1 in the low.
//
// Lengths, numbers, incarnations and the two sums are unsigned varints (LEB128) in as few bytes as
// possible, but for the length of an origin's name, which is a byte, 1 to 200, as in the form of
// a counter. The name of a collection has 0 to MaxName bytes, an element and the name of its
// collection MaxMember at most.
//
// Origins are those of all entries, each once, in ascending order: by name byte by byte, then by
// incarnation. which is the place of an entry's origin among them, counted from zero, most
// significant byte first: no byte if there is one origin, one byte up to 256 origins, two up to
// 65,536, and so on. So an entry of a message in which one origin counts is its two sums.
//
// Sections have a collection each, in ascending order of the hash of the name under the state's
// key, 53 bits of SipHash-64, then of the name byte by byte. n and m are not both zero. Elements
// come in ascending order of their cells' ids, then of their bytes, and entries in that of
// their origins; none comes twice. At least one sum of an entry is above zero.
//
// So a state has one encoding under a key, as a KeySet does. A section of one short name and one
// element adds four bytes to the two. A state of one element takes MaxMember+9 bytes at most,
// which is MaxCell.
//
// Expansion is bounded. A section of one element takes 4 bytes or more and some 130 in memory, an
// element alone 1 byte and some 16, an entry of a new origin 6 and some 100; any of them may be in a
// list that has room for a quarter more. So decoding makes less than 64 bytes of memory a byte of input.

// originWidth is how many bytes the place of one of n origins takes.
func originWidth(n int) (width int) {
	for n--; n > 0; n >>= 8 {
		width++
	}
	return width
}

// AppendBinary appends the state's binary form, described in collectioncodec.go, to b. The error
// is that of a nil state.
func (c *Collections) AppendBinary(b []byte) ([]byte, error) {
	if c == nil {
		return b, errNil
	}
	b = append(slices.Grow(b, 2+c.index.Bytes()), collectionsTag)
	places := []int(nil) // of the origins
	if c.counters == nil {
		b = append(b, 0)
	} else {
		b, places = c.counters.appendOrigins(b)
	}
	var room [8]int
	for _, number := range c.names.sorted(room[:0]) {
		of := c.names.at(number)
		b = binary.AppendUvarint(b, uint64(len(of.name)))
		b = append(b, of.name...)
		b = binary.AppendUvarint(b, uint64(of.elements))
		for element := range c.membersOf(number) {
			b = binary.AppendUvarint(b, uint64(len(element)))
			b = append(b, element...)
		}
		b = binary.AppendUvarint(b, uint64(of.entries))
		if of.entries > 0 {
			b = c.appendEntries(b, number, places)
		}
	}
	return b, nil
}

// appendOrigins appends the origins, and returns the place of each of them.
func (ts *tallies) appendOrigins(b []byte) (_ []byte, places []int) {
	order := make([]int, len(ts.origins))
	for i := range order {
		order[i] = i
	}
	slices.SortFunc(order, func(i, j int) int { return ts.origins[i].Compare(ts.origins[j]) })
	places = make([]int, len(order))
	b = binary.AppendUvarint(b, uint64(len(order)))
	for place, number := range order {
		b = appendOrigin(b, ts.origins[number])
		places[number] = place
	}
	return b, places
}

// appendEntries appends the entries of a collection, in the order of their origins.
func (c *Collections) appendEntries(b []byte, number int, places []int) []byte {
	var room [8]*tallied
	entries := room[:0]
	for e := range c.entriesOf(number) {
		entries = append(entries, e)
	}
	slices.SortFunc(entries, func(d, e *tallied) int { return cmp.Compare(places[d.origin], places[e.origin]) })
	width := originWidth(len(places))
	for _, e := range entries {
		for i := width - 1; i >= 0; i-- {
			b = append(b, byte(places[e.origin]>>(8*i)))
		}
		b = binary.AppendUvarint(b, e.counts[0])
		b = binary.AppendUvarint(b, e.counts[1])
	}
	return b
}

// Decode returns the state that data is the binary form of, with the receiver's key. It fails on
// anything AppendBinary would not have written.
func (c *Collections) Decode(data []byte) (*Collections, error) {
	f, err := openForm("Collections", collectionsTag, data, c != nil)
	if err != nil {
		return nil, err
	}
	r := collectionsReader{form: f, read: c.New()}
	if err := r.originTable(); err != nil {
		return nil, err
	}
	for len(r.rest) > 0 {
		if err := r.section(); err != nil {
			return nil, err
		}
	}
	if used := len(r.read.counters.known()); used < len(r.origins) {
		return nil, r.errorf("entries of %d of %d origins", used, len(r.origins))
	}
	return r.read, nil
}

// collectionsReader reads a binary form into a state.
type collectionsReader struct {
	form
	read    *Collections
	origins []Origin
}

func (r *collectionsReader) originTable() error {
	n, err := r.uvarint("number of origins")
	if err != nil {
		return err
	}
	for range n {
		at := r.form
		o, err := readOrigin(&r.form)
		if err != nil {
			return err
		}
		if last := len(r.origins) - 1; last >= 0 && r.origins[last].Compare(o) >= 0 {
			return at.errorf("origin out of order")
		}
		r.origins = append(r.origins, o)
	}
	return nil
}

func (r *collectionsReader) section() error {
	number, err := r.collection()
	if err != nil {
		return err
	}
	elements, err := r.uvarint("number of elements")
	if err != nil {
		return err
	}
	if err := r.elements(number, elements); err != nil {
		return err
	}
	entries, err := r.uvarint("number of entries")
	if err != nil {
		return err
	}
	if elements == 0 && entries == 0 {
		return r.errorf("collection of nothing")
	}
	last := -1
	for range entries {
		if last, err = r.entry(number, last); err != nil {
			return err
		}
	}
	return nil
}

// collection reads a name and makes its collection.
func (r *collectionsReader) collection() (number int, err error) {
	at := r.form
	b, err := r.piece("a name", MaxName)
	if err != nil {
		return 0, err
	}
	name := string(b)
	hash := r.read.hash(name)
	if n := r.read.names.len(); n > 0 {
		last := r.read.names.at(n - 1)
		if cmp.Or(cmp.Compare(last.hash, hash), strings.Compare(last.name, name)) >= 0 {
			return 0, at.errorf("name out of order under this key")
		}
	}
	return r.read.obtain(name), nil
}

// elements reads the elements of a collection, n of them.
func (r *collectionsReader) elements(number int, n uint64) error {
	if n > uint64(len(r.rest)) {
		return r.errorf("%d elements cut off", n)
	}
	if n > 1 {
		r.read.index.Reserve(len(r.rest) + int(n))
	}
	of := r.read.names.at(number)
	var last []byte
	var lastID uint64
	for i := range n {
		at := r.form
		element, err := r.piece("an element", MaxMember-len(of.name))
		if err != nil {
			return err
		}
		id, weight := r.read.locate(of, element)
		if i > 0 && (id < lastID || id == lastID && bytes.Compare(element, last) <= 0) {
			return at.errorf("element out of order under this key")
		}
		r.read.putMember(id, of, weight, element)
		last, lastID = element, id
	}
	return nil
}

// entry reads an entry of a collection, whose origin comes after the one at a place, and returns
// the origin's place.
func (r *collectionsReader) entry(number, last int) (place int, err error) {
	at := r.form
	which, err := r.bytes(originWidth(len(r.origins)), "origin of an entry")
	if err != nil {
		return 0, err
	}
	for _, b := range which {
		place = place<<8 | int(b)
	}
	if place <= last || place >= len(r.origins) {
		return 0, at.errorf("entry of origin %d of %d after that of %d", place, len(r.origins), last)
	}
	counts, err := readCounts[[2]uint64](&r.form)
	if err != nil {
		return 0, err
	}
	r.read.putEntry(r.read.entryID(number, r.origins[place]), r.read.names.at(number), r.origins[place], counts)
	return place, nil
}

// known returns the origins.
func (ts *tallies) known() []Origin {
	if ts == nil {
		return nil
	}
	return ts.origins
}
