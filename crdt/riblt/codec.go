package riblt

import (
	"encoding/binary"
	"errors"
	"fmt"
	"math/bits"
	"slices"

	"gset/crdt/internal/wire"
)

// The binary form of a sketch.
//
//	sketch   = counters items n [ mask symbols ]
//	symbols  = symbol*n fill
//	symbol   = ids tags checksums
//
// counters are the sixteen of the estimator, ten bits each: 20 bytes.
//
// items is the number of items, and n that of coded symbols, at most 8192: unsigned varints
// (LEB128) in as few bytes as possible. If n is zero that is all, 22 to 24 bytes for a
// state of up to two million cells: what a probe carries.
//
// mask is eight bytes, most significant first. It has the bits that are set in the ids
// of any of the coded symbols, and no others.
//
// ids are those bits of a coded symbol's ids that the mask has. tags and checksums are 24
// bits each. Coded symbols of pages that are close to each other, as those of a set
// without large gaps, take some 8 bytes each, those of a counter 11, and of pages anywhere
// 13.
//
// All numbers of bits come with their highest bit first, and fill each byte from its
// highest bit on. The fill, up to the end of the last byte, is ones. So a sketch has one
// encoding. It is not versioned, since it is always a part of something that is.
const (
	estimatorSize = counters * counterBits / 8
	maskSize      = 8
)

// AppendBinary appends the sketch's binary form, described in codec.go, to b. The error is
// nil except on a nil receiver.
func (s *Sketch) AppendBinary(b []byte) ([]byte, error) {
	if s == nil {
		return b, errors.New("riblt: a nil sketch has no binary form")
	}
	w := wire.NewWriter(b)
	for _, word := range s.estimator { // the counters of a word in one
		var v uint64
		for range lanes {
			v = v<<counterBits | word%(1<<counterBits)
			word >>= laneBits
		}
		w.Put(v, lanes*counterBits)
	}
	b = binary.AppendUvarint(w.Finish(), s.items)
	b = binary.AppendUvarint(b, uint64(len(s.symbols)))
	if len(s.symbols) == 0 {
		return b, nil
	}
	mask := s.mask()
	b = slices.Grow(b, maskSize+sizeOfSymbols(len(s.symbols), mask)+8) // the writer looks ahead
	w = wire.NewWriter(binary.BigEndian.AppendUint64(b, mask))
	runs := runsOf(mask)
	for _, c := range s.symbols {
		for _, run := range runs {
			w.Put(c.ids<<(64-run.width-run.below)>>(64-run.width), run.width)
		}
		w.Put(c.check, symbolBits)
	}
	return w.Finish(), nil
}

// Decode returns the sketch that data is the binary form of, all of data. It fails
// on anything AppendBinary would not have written, and makes no more than 16 bytes of
// memory for every 6 of data. What it accepts need not be the sketch of any set: Peel
// copes with that.
func Decode(data []byte) (*Sketch, error) {
	if len(data) < estimatorSize {
		return nil, fmt.Errorf("riblt: counters cut off at byte %d of %d", len(data), estimatorSize)
	}
	s := &Sketch{}
	r := wire.NewReader(data[:estimatorSize])
	for k := range counters {
		s.estimator.setCounter(k, uint16(r.Take(counterBits)))
	}
	var ok bool
	rest := data[estimatorSize:]
	if s.items, rest, ok = wire.Uvarint(rest); !ok {
		return nil, errors.New("riblt: number of items is no minimal varint")
	}
	n, rest, ok := wire.Uvarint(rest)
	if !ok || n > MaxSketch {
		return nil, fmt.Errorf("riblt: number of coded symbols is no minimal varint up to %d", MaxSketch)
	}
	if n == 0 && len(rest) > 0 {
		return nil, fmt.Errorf("riblt: no coded symbols, but %d bytes more", len(rest))
	}
	if n > 0 {
		if err := s.readSymbols(int(n), rest); err != nil {
			return nil, fmt.Errorf("riblt: %w", err)
		}
	}
	return s, nil
}

// readSymbols reads n coded symbols, at least one, which are all of data.
func (s *Sketch) readSymbols(n int, data []byte) error {
	if len(data) < maskSize {
		return fmt.Errorf("mask cut off after %d bytes", len(data))
	}
	mask := binary.BigEndian.Uint64(data)
	data = data[maskSize:]
	if size := sizeOfSymbols(n, mask); len(data) != size {
		return fmt.Errorf("%d coded symbols in %d bytes, want %d", n, len(data), size)
	}
	s.symbols = make([]symbol, n)
	r := wire.NewReader(data)
	runs := runsOf(mask)
	for i := range s.symbols {
		c := &s.symbols[i]
		for _, run := range runs {
			c.ids |= r.Take(run.width) << run.below
		}
		c.check = r.Take(symbolBits)
	}
	if !r.AtEnd() {
		return errors.New("fill is not of ones")
	}
	if used := s.mask(); used != mask {
		return fmt.Errorf("mask is %#x, but the ids have the bits %#x", mask, used)
	}
	return nil
}

// mask has the bits that are set in the ids of any coded symbol.
func (s *Sketch) mask() (mask uint64) {
	for _, c := range s.symbols {
		mask |= c.ids
	}
	return mask
}

// sizeOfSymbols returns how many bytes n coded symbols take.
func sizeOfSymbols(n int, mask uint64) int {
	return (n*(bits.OnesCount64(mask)+symbolBits) + 7) / 8
}

// run is a run of ones in a mask.
type run struct{ width, below uint } // how many, and how many bits are below them

// runsOf returns the runs of ones in a mask, the highest first.
func runsOf(mask uint64) (runs []run) {
	for mask != 0 {
		top := uint(bits.Len64(mask))
		width := uint(bits.LeadingZeros64(^(mask << (64 - top))))
		runs = append(runs, run{width, top - width})
		mask &= 1<<(top-width) - 1
	}
	return runs
}
