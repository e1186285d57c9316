package crdt

import (
	"encoding/binary"
	"errors"
	"fmt"
	"math/bits"
)

// The binary form of a sketch.
//
//	sketch = counters n [ mask cells ]
const estimatorSize = signs * counterBits / 8

// AppendBinary appends the sketch's binary form to b. The error is always nil.
func (s *Sketch) AppendBinary(b []byte) ([]byte, error) {
	w := bitWriter{b: b}
	for _, c := range s.estimator {
		w.put(uint64(c), counterBits)
	}
	b = binary.AppendUvarint(w.b, uint64(len(s.cells)))
	if len(s.cells) == 0 {
		return b, nil
	}
	mask := s.mask()
	w = bitWriter{b: binary.LittleEndian.AppendUint64(b, mask)}
	width := uint(bits.OnesCount64(mask))
	for _, c := range s.cells {
		w.put(pack(uint64(c.ids), mask), width)
		w.put(c.marks, markBits)
	}
	return w.b, nil
}

// mask has the bits that are set in the ids of any coded cell.
func (s *Sketch) mask() (mask uint64) {
	for _, c := range s.cells {
		mask |= uint64(c.ids)
	}
	return mask
}

// DecodeSketch returns the sketch that data is the binary form of, all of data.
func DecodeSketch(data []byte) (*Sketch, error) {
	if len(data) < estimatorSize {
		return nil, fmt.Errorf("crdt: sketch of %d bytes, want at least %d", len(data), estimatorSize)
	}
	s := &Sketch{}
	r := bitReader{b: data}
	for k := range s.estimator {
		s.estimator[k] = uint16(r.get(counterBits))
	}
	n, rest, ok := uvarint(data[estimatorSize:])
	if !ok || n > MaxSketch {
		return nil, errors.New("crdt: sketch: bad number of coded cells")
	}
	if n == 0 {
		if len(rest) > 0 {
			return nil, fmt.Errorf("crdt: sketch: %d bytes after the end", len(rest))
		}
		return s, nil
	}
	if len(rest) < 8 {
		return nil, errors.New("crdt: sketch: mask cut off")
	}
	mask := binary.LittleEndian.Uint64(rest)
	rest = rest[8:]
	width := uint(bits.OnesCount64(mask))
	if size := (int(n)*int(width+markBits) + 7) / 8; len(rest) != size {
		return nil, fmt.Errorf("crdt: sketch: %d bytes of coded cells, want %d", len(rest), size)
	}
	s.cells = make([]codedCell, n)
	r = bitReader{b: rest}
	for i := range s.cells {
		s.cells[i].ids = CellID(unpack(r.get(width), mask))
		s.cells[i].marks = r.get(markBits)
	}
	if r.padding() != 0 {
		return nil, errors.New("crdt: sketch: padding is not zero")
	}
	if s.mask() != mask {
		return nil, errors.New("crdt: sketch: mask is not that of the ids")
	}
	return s, nil
}

// pack moves the bits of x under the mask together, the lowest first.
func pack(x, mask uint64) (packed uint64) {
	for k := 0; mask != 0; k++ {
		packed |= x >> bits.TrailingZeros64(mask) & 1 << k
		mask &= mask - 1
	}
	return packed
}

// unpack undoes pack.
func unpack(packed, mask uint64) (x uint64) {
	for ; mask != 0; packed >>= 1 {
		x |= packed & 1 << bits.TrailingZeros64(mask)
		mask &= mask - 1
	}
	return x
}
