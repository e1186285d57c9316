package crdt

import (
	"encoding/binary"
	"fmt"

	"gset/crdt/internal/wire"
)

// The binary form of the counters.
//
// It is a list of entries, in ascending order of their origins (by name byte by
// byte, then by incarnation):
//
//	counter = tag entry*
//	entry   = length name incarnation counts
//
// tag is the byte 0x21 for a GCounter, type 2, and 0x31 for a PNCounter, type 3;
// both are version 1.
//
// length is a byte, 1 to 200, and name has that many bytes.
//
// incarnation and counts are unsigned varints (LEB128) of 64 bits in as few
// bytes as possible. A GCounter's entry has one count, a PNCounter's two: what
// was added, and what was taken away. An entry without a count above zero is not
// there at all.
//
// So a counter has one encoding, and it does not depend on the key. A PNCounter's
// entry takes 231 bytes at most. Decoding makes less than 20 bytes of memory a
// byte of input: a GCounter's entry takes 4 bytes or more, and 32 of memory, a
// PNCounter's 5 and 40, twice that with room to grow, and both the name once more.
const (
	gcounterTag  = 0x21
	pncounterTag = 0x31
)

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

// decode reads a tally that appendBinary wrote, and fails on anything else.
func (t *tally[C]) decode(tag byte, data []byte) (tally[C], error) {
	read := t.empty()
	var none C
	if len(data) == 0 || data[0] != tag {
		return read, fmt.Errorf("does not start with the tag %#x", tag)
	}
	rest := data[1:]
	fail := func(what string) error {
		return fmt.Errorf("%s at byte %d of %d", what, len(data)-len(rest), len(data))
	}
	for len(rest) > 0 {
		size := int(rest[0])
		if size == 0 || size > MaxNode {
			return read, fail("bad length of a name")
		}
		rest = rest[1:]
		if len(rest) < size {
			return read, fail("name cut off")
		}
		e := entry[C]{origin: Origin{Node: string(rest[:size])}}
		rest = rest[size:]
		var ok bool
		if e.origin.Incarnation, rest, ok = wire.Uvarint(rest); !ok {
			return read, fail("bad incarnation")
		}
		for i := range len(e.counts) {
			if e.counts[i], rest, ok = wire.Uvarint(rest); !ok {
				return read, fail("bad count")
			}
		}
		if e.counts == none {
			return read, fail("empty entry")
		}
		if n := len(read.entries); n > 0 && read.entries[n-1].origin.Compare(e.origin) >= 0 {
			return read, fail("origin out of order")
		}
		read.push(e)
	}
	return read, nil
}
