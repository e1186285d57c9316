package crdt

import (
	"bytes"
	"encoding/binary"
	"slices"
)

// The binary form of a KeySet.
//
//	set     = tag element*
//	element = length bytes
//
// tag is the byte 0x41: type 4, a KeySet, in the high half; version 1 in the low. It is all
// there is of an empty set.
//
// length is an unsigned varint (LEB128) in as few bytes as possible, 0 to MaxElement, and as
// many bytes follow.
//
// Elements come in ascending order of their cells' ids, and in a cell in ascending order of
// their bytes; none comes twice. Ids are hashes under the set's key. So a set has one
// encoding under a key, the decoder, which has the key, can tell it from all others, and
// both ways are one walk without a sort. Under another key the same set has another
// encoding: bytes that were written under one key are refused by a decoder with
// another, with an error that says so, unless the set has no more than one element.
//
// An element takes one byte beside its own up to 127 bytes, two up to 16,383, then three. A
// set of one element takes MaxElement+4 bytes at most, which is MaxCell.
//
// Expansion is bounded. Beside the empty one an element takes 2 bytes or more, and in memory
// those and 13 more, with room for as many again in a small set. So decoding makes less than
// 16 bytes of memory a byte of input.

// AppendBinary appends the set's binary form, described in keysetcodec.go, to b. The error
// is that of a nil set.
func (s *KeySet) AppendBinary(b []byte) ([]byte, error) {
	if s == nil {
		return b, errNil
	}
	b = append(slices.Grow(b, 1+s.index.Bytes()), keysetTag)
	for element := range s.All() {
		b = binary.AppendUvarint(b, uint64(len(element)))
		b = append(b, element...)
	}
	return b, nil
}

// Decode returns the set that data is the binary form of, with the receiver's key. It fails
// on anything AppendBinary would not have written.
func (s *KeySet) Decode(data []byte) (*KeySet, error) {
	f, err := openForm("KeySet", keysetTag, data, s != nil)
	if err != nil {
		return nil, err
	}
	set := s.New()
	set.index.Reserve(len(f.rest))
	var last []byte
	var lastID uint64
	for len(f.rest) > 0 {
		at := f
		element, err := f.piece("an element", MaxElement)
		if err != nil {
			return nil, err
		}
		id, hash := set.locate(element)
		if set.Len() > 0 && (id < lastID || id == lastID && bytes.Compare(element, last) <= 0) {
			return nil, at.errorf("element out of order under this key")
		}
		set.push(id, Digest{1, hash}, element)
		last, lastID = element, id
	}
	return set, nil
}
