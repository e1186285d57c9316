package replica_test

import (
	"encoding/binary"
	"errors"
	"fmt"
	"iter"
	"slices"
	"time"

	"gset/crdt"
	"gset/replica"
)

// Max is a lattice of one's own: a register that keeps the greatest number written to it. It has
// one cell, with id 0, or none if nothing was written.
type Max struct {
	key crdt.Key
	n   uint64
}

func (m *Max) Key() crdt.Key { return m.key }
func (m *Max) New() *Max     { return &Max{key: m.key} }
func (m *Max) Clone() *Max   { return &Max{m.key, m.n} }
func (m *Max) Len() int      { return int(min(m.n, 1)) }

func (m *Max) Join(delta *Max) (novel *Max) {
	novel = delta.Minus(m)
	m.n = max(m.n, delta.n)
	return novel
}

func (m *Max) Minus(other *Max) *Max {
	if m.n <= other.n {
		return m.New()
	}
	return m.Clone()
}

func (m *Max) Digest() crdt.Digest {
	if m.n == 0 {
		return crdt.Digest{}
	}
	return crdt.Digest{Count: m.n, Hash: m.key.HashCell(0, binary.BigEndian.AppendUint64(nil, m.n))}
}

func (m *Max) Cells(first crdt.CellID) iter.Seq[crdt.Cell] {
	return func(yield func(crdt.Cell) bool) {
		if m.n > 0 && first == 0 {
			yield(crdt.Cell{ID: 0, Hash: m.Digest().Hash})
		}
	}
}

func (m *Max) Extract(ids []crdt.CellID) *Max {
	if slices.Contains(ids, 0) {
		return m.Clone()
	}
	return m.New()
}

func (m *Max) AppendBinary(b []byte) ([]byte, error) {
	return binary.BigEndian.AppendUint64(b, m.n), nil
}

func (m *Max) Decode(data []byte) (*Max, error) {
	if len(data) != 8 {
		return nil, errors.New("max register: not eight bytes")
	}
	return &Max{m.key, binary.BigEndian.Uint64(data)}, nil
}

// A lattice of one's own, and two replicas of it. A test of a dozen lines checks that Max keeps the
// laws of a lattice, see package crdttest.
func Example_lattice() {
	list := members("a", "b")
	var net network[*Max]
	for id := range list.All() {
		net.start(replica.Config{Self: id, Members: list}, &Max{key: exampleKey})
	}
	net.update("a", &Max{exampleKey, 17})
	net.update("b", &Max{exampleKey, 42})
	net.wait(time.Second)
	fmt.Println(net.nodes["a"].State().n, net.nodes["b"].State().n)
	// Output:
	// 42 42
}
