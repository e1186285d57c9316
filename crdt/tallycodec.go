package crdt

import (
	"encoding/binary"

	"gset/crdt/internal/wire"
)

// The binary form of the counters.
//
// It is the list of entries, in ascending order of their origins: by name byte by byte, then by
// incarnation.
//
//	counter = tag entry*
//	entry   = length name incarnation counts
//
// tag is the byte 0x21 for a GCounter, type 2, and 0x31 for a PNCounter, type 3. Both are version
// 1.
//
// length is a byte, 1 to 200, and name has that many bytes.
//
// incarnation and counts are unsigned varints (LEB128) of 64 bits in as few bytes as possible.
// A GCounter's entry has one count, a PNCounter's two: what was added, and what was taken away.
// At least one count of an entry is above zero.
//
// So a counter has one encoding, which does not depend on the key. A PNCounter's entry takes at
// most 231 bytes. Decoding makes less than 20 bytes of memory a byte of input: a GCounter's
// entry takes 4 bytes or more, and 32 of memory, a PNCounter's 5 and 40, twice that with room to
// grow, and both the name once more.

// appendBinary appends the binary form to b.
func (t *tally[C]) appendBinary(tag byte, b []byte) []byte {
	b = append(b, tag)
	for _, e := range t.entries {
		b = appendOrigin(b, e.origin)
		for i := range len(e.counts) {
			b = binary.AppendUvarint(b, e.counts[i])
		}
	}
	return b
}

// size returns how many bytes the entry takes in binary form.
func (e *entry[C]) size() int {
	n := originSize(e.origin)
	for i := range len(e.counts) {
		n += wire.UvarintLen(e.counts[i])
	}
	return n
}

// decode fills an empty tally with what appendBinary wrote, and fails on anything else.
func (t *tally[C]) decode(f form) error {
	for len(f.rest) > 0 {
		e, err := readEntry[C](&f)
		if err != nil {
			return err
		}
		if n := len(t.entries); n > 0 && t.entries[n-1].origin.Compare(e.origin) >= 0 {
			return f.errorf("origin out of order")
		}
		t.push(e)
	}
	return nil
}

func readEntry[C counts](f *form) (e entry[C], err error) {
	if e.origin, err = readOrigin(f); err != nil {
		return e, err
	}
	e.counts, err = readCounts[C](f)
	return e, err
}

// readCounts reads counts of which one at least is above zero.
func readCounts[C counts](f *form) (c C, err error) {
	for i := range len(c) {
		if c[i], err = f.uvarint("count"); err != nil {
			return c, err
		}
	}
	if c == *new(C) {
		return c, f.errorf("empty entry")
	}
	return c, nil
}

func appendOrigin(b []byte, o Origin) []byte {
	b = append(b, byte(len(o.Node)))
	b = append(b, o.Node...)
	return binary.AppendUvarint(b, o.Incarnation)
}

// originSize returns how many bytes appendOrigin appends.
func originSize(o Origin) int { return 1 + len(o.Node) + wire.UvarintLen(o.Incarnation) }

func readOrigin(f *form) (o Origin, err error) {
	if len(f.rest) == 0 || f.rest[0] == 0 || f.rest[0] > MaxNode {
		return o, f.errorf("bad length of a name")
	}
	size := int(f.rest[0])
	f.rest = f.rest[1:]
	name, err := f.bytes(size, "name")
	if err != nil {
		return o, err
	}
	o.Node = string(name)
	o.Incarnation, err = f.uvarint("incarnation")
	return o, err
}
