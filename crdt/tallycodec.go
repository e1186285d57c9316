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
		b = append(b, byte(len(e.origin.Node)))
		b = append(b, e.origin.Node...)
		b = binary.AppendUvarint(b, e.origin.Incarnation)
		for i := range len(e.counts) {
			b = binary.AppendUvarint(b, e.counts[i])
		}
	}
	return b
}

// size returns how many bytes the entry takes in binary form.
func (e *entry[C]) size() int {
	n := 1 + len(e.origin.Node) + wire.UvarintLen(e.origin.Incarnation)
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
	size := int(f.rest[0])
	if size == 0 || size > MaxNode {
		return e, f.errorf("bad length of a name")
	}
	f.rest = f.rest[1:]
	name, err := f.bytes(size, "name")
	if err != nil {
		return e, err
	}
	e.origin.Node = string(name)
	if e.origin.Incarnation, err = f.uvarint("incarnation"); err != nil {
		return e, err
	}
	for i := range len(e.counts) {
		if e.counts[i], err = f.uvarint("count"); err != nil {
			return e, err
		}
	}
	if e.counts == *new(C) {
		return e, f.errorf("empty entry")
	}
	return e, nil
}
