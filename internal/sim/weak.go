package sim

import (
	"iter"

	"gset/crdt"
	"gset/crdt/riblt"
)

// weakSet is a GSet whose cells have hashes of three bits, so that one in eight pairs of
// unequal cells looks alike in a sketch. Its digest is not weakened: unequal states of
// equal digests would be taken for equal, and rightly so. It must converge all the same.
type weakSet struct{ *crdt.GSet }

const weakBits = 3

func weak(s *crdt.GSet) *weakSet { return &weakSet{s} }

// Cells yields the cells with hashes that are cut short.
func (s *weakSet) Cells(first crdt.CellID) iter.Seq[crdt.Cell] {
	return func(yield func(crdt.Cell) bool) {
		for c := range s.GSet.Cells(first) {
			c.Hash = crdt.Hash{Lo: c.Hash.Lo % (1 << weakBits)}
			if !yield(c) {
				return
			}
		}
	}
}

// Sketch is made anew every time: that of the GSet knows its cells by their whole hashes.
func (s *weakSet) Sketch(n int) *riblt.Sketch { return crdt.SketchOfCells(s.Cells(0), n) }

func (s *weakSet) New() *weakSet                      { return weak(s.GSet.New()) }
func (s *weakSet) Clone() *weakSet                    { return weak(s.GSet.Clone()) }
func (s *weakSet) Join(delta *weakSet) *weakSet       { return weak(s.GSet.Join(delta.GSet)) }
func (s *weakSet) Minus(other *weakSet) *weakSet      { return weak(s.GSet.Minus(other.GSet)) }
func (s *weakSet) Extract(ids []crdt.CellID) *weakSet { return weak(s.GSet.Extract(ids)) }
func (s *weakSet) Equal(other *weakSet) bool          { return s.GSet.Equal(other.GSet) }

func (s *weakSet) Decode(data []byte) (*weakSet, error) {
	read, err := s.GSet.Decode(data)
	if err != nil {
		return nil, err
	}
	return weak(read), nil
}
