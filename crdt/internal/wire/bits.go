// Package wire reads and writes what the binary forms of package crdt are made of:
// streams of bits, and unsigned varints in as few bytes as possible.
package wire

import (
	"encoding/binary"
	"math/bits"
	"slices"
)

// Writer appends bits to a slice of bytes. The first bit written is the highest of its
// byte. A copy of a Writer may be written to instead of the original, or to try something,
// but then the original overwrites what the copy wrote.
type Writer struct {
	b       []byte
	pending uint64 // bits not in b yet, from the highest down
	n       uint   // number of pending bits, 0 to 7
	counts  bool   // b is room for a few bytes, used again and again
	gone    int    // bytes that were in b and are not any more
}

// NewWriter returns a Writer that appends to b.
func NewWriter(b []byte) Writer { return Writer{b: b} }

// NewCounter returns a Writer that keeps nothing of what is written but its length. It writes
// into room, which must not be used for anything else.
func NewCounter(room []byte) Writer { return Writer{b: room[:0], counts: true} }

// Put appends the low n bits of v, n from 0 to 64, the highest of them first. All other
// bits of v must be zero. Apart from more than 56 bits at once, which are put in two steps,
// it has no branch that depends on its arguments.
func (w *Writer) Put(v uint64, n uint) {
	if n > 56 {
		w.Put(v>>32, n-32)
		v, n = v&(1<<32-1), 32
	}
	w.n += n
	w.pending |= v << (64 - w.n)
	at := len(w.b)
	if cap(w.b)-at < 8 {
		w.makeRoom()
		at = len(w.b)
	}
	binary.BigEndian.PutUint64(w.b[at:at+8], w.pending)
	full := w.n / 8
	w.b = w.b[:at+int(full)]
	w.pending <<= 8 * full
	w.n %= 8
}

func (w *Writer) makeRoom() {
	if w.counts {
		w.gone += len(w.b)
		w.b = w.b[:0]
	}
	w.b = slices.Grow(w.b, 8)
}

// Bits returns the length of the slice with everything that was written, in bits.
func (w *Writer) Bits() int { return 8*(w.gone+len(w.b)) + int(w.n) }

// Finish fills the last byte up with one bits and returns the slice.
func (w *Writer) Finish() []byte {
	if w.n > 0 {
		w.b = append(w.b, byte(w.pending>>56|0xff>>w.n))
		w.pending, w.n = 0, 0
	}
	return w.b
}

// Reader reads what a Writer wrote. Behind the end of its data it reads one bits, and
// Over reports that the data has been overrun.
type Reader struct {
	data []byte
	at   uint64 // position in bits
}

// NewReader returns a Reader of data, which must not change while it is in use.
func NewReader(data []byte) Reader { return Reader{data: data} }

// peek returns the next 64 bits.
func (r *Reader) peek() uint64 {
	i, skip := r.at/8, r.at%8
	if i+9 <= uint64(len(r.data)) {
		return binary.BigEndian.Uint64(r.data[i:])<<skip | uint64(r.data[i+8])>>(8-skip)
	}
	v, filled := uint64(0), uint(0)
	for ; i < uint64(len(r.data)); i++ {
		v = v<<8 | uint64(r.data[i])
		filled += 8
	}
	// filled is at most 64: the ninth byte is not there.
	v = v<<(64-filled) | ^uint64(0)>>filled
	return v<<skip | (1<<skip - 1)
}

// Take returns the next n bits, n from 0 to 64, and moves on behind them.
func (r *Reader) Take(n uint) uint64 {
	v := r.peek() >> (64 - n)
	r.at += uint64(n)
	return v
}

// Ones returns the number of one bits at the front, at most most, and moves on behind them.
func (r *Reader) Ones(most uint) uint {
	n := min(uint(bits.LeadingZeros64(^r.peek())), most)
	r.at += uint64(n)
	return n
}

// Bytes returns the number of bytes that have been read in full, at most those there are.
func (r *Reader) Bytes() int { return int(min(r.at/8, uint64(len(r.data)))) }

// Over reports whether more bits were read than the data has.
func (r *Reader) Over() bool { return r.at > 8*uint64(len(r.data)) }

// AtEnd reports whether nothing is left but what Finish fills the last byte up with.
func (r *Reader) AtEnd() bool {
	return r.at+8 > 8*uint64(len(r.data)) && r.peek() == ^uint64(0)
}
