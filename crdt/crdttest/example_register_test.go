package crdttest_test

import (
	"encoding/binary"
	"errors"
	"fmt"
	"iter"
	"slices"

	"gset/crdt"
)

// Max is a max-register: a number that only rises, of which the join takes the greater. The
// state is one irreducible part, and so one cell, whose id is 0. Zero is the empty state.
type Max struct {
	key   crdt.Key
	value uint64
}

// with returns a register of another value under the same key.
func (m *Max) with(value uint64) *Max { return &Max{m.key, value} }

func (m *Max) New() *Max     { return m.with(0) }
func (m *Max) Clone() *Max   { return m.with(m.value) }
func (m *Max) Key() crdt.Key { return m.key }
func (m *Max) Len() int      { return int(min(m.value, 1)) }

func (m *Max) Join(delta *Max) (novel *Max) {
	novel = m.with(delta.Minus(m).value)
	m.value = max(m.value, delta.value)
	return novel
}

func (m *Max) Minus(other *Max) *Max {
	if m.value > other.value {
		return m.Clone()
	}
	return m.New()
}

// Digest is the sum of the cells' hashes, and a count.
func (m *Max) Digest() (d crdt.Digest) {
	for c := range m.Cells(0) {
		d = crdt.Digest{Count: m.value, Hash: c.Hash}
	}
	return d
}

func (m *Max) Cells(first crdt.CellID) iter.Seq[crdt.Cell] {
	if m.value == 0 || first > 0 {
		return slices.Values([]crdt.Cell(nil))
	}
	return slices.Values([]crdt.Cell{{Hash: m.key.HashCell(0, binary.AppendUvarint(nil, m.value))}})
}

func (m *Max) Extract(ids []crdt.CellID) *Max {
	if slices.Contains(ids, 0) {
		return m.Clone()
	}
	return m.New()
}

func (m *Max) AppendBinary(b []byte) ([]byte, error) {
	return binary.BigEndian.AppendUint64(b, m.value), nil
}

func (m *Max) Decode(data []byte) (*Max, error) {
	if len(data) != 8 {
		return nil, errors.New("max: not 8 bytes")
	}
	return m.with(binary.BigEndian.Uint64(data)), nil
}

// A lattice of one's own in less than 60 lines. Its laws are checked in a test of as many
// lines as this:
//
//	func TestMaxKeepsTheLaws(t *testing.T) {
//		crdttest.Run(t, crdttest.Spec[*Max]{
//			Gen:   func(t *rapid.T) *Max { return &Max{crdt.Key{1, 2}, rapid.Uint64Range(0, 9).Draw(t, "value")} },
//			Equal: func(a, b *Max) bool { return a.value == b.value },
//		})
//	}
func Example_maxRegister() {
	a, b := &Max{value: 3}, &Max{value: 5}
	fmt.Println("new to a:", a.Join(b).value, "new to b:", b.Join(a).value, "equal:", a.Digest() == b.Digest())
	// Output:
	// new to a: 5 new to b: 0 equal: true
}
