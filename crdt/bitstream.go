package crdt

import (
	"encoding/binary"
	"math/bits"
)

// bitWriter appends bits to a slice of bytes, the highest bit of a byte first.
type bitWriter struct {
	b       []byte
	pending uint64 // bits not in b yet, from the highest down
	n       uint   // how many those are, 0 to 63
}

// write appends the low n bits of v, 0 to 64, the highest of them first. The bits
// of v above those are zero.
func (w *bitWriter) write(v uint64, n uint) {
	room := 64 - w.n
	if n < room {
		w.pending |= v << (room - n)
		w.n += n
		return
	}
	w.b = binary.BigEndian.AppendUint64(w.b, w.pending|v>>(n-room))
	w.n = n - room
	w.pending = v << (64 - w.n)
}

// finish fills the last byte up with one bits and returns all bytes.
func (w *bitWriter) finish() []byte {
	w.pending |= ^uint64(0) >> w.n
	for ; w.n > 0; w.n -= min(w.n, 8) {
		w.b = append(w.b, byte(w.pending>>56))
		w.pending <<= 8
	}
	return w.b
}

// bitReader reads what a bitWriter wrote. Behind the end it finds one bits without
// end, and its position says that it has gone too far.
type bitReader struct {
	data []byte
	at   uint // position in bits
}

// peek returns the next 64 bits.
func (r *bitReader) peek() uint64 {
	i, skip := r.at/8, r.at%8
	if i+9 <= uint(len(r.data)) {
		return binary.BigEndian.Uint64(r.data[i:])<<skip | uint64(r.data[i+8])>>(8-skip)
	}
	v, filled := uint64(0), uint(0)
	for ; i < uint(len(r.data)); i++ {
		v = v<<8 | uint64(r.data[i])
		filled += 8
	}
	// At most 64 bits: the ninth byte is not there.
	v = v<<(64-filled) | ^uint64(0)>>filled
	return v<<skip | (1<<skip - 1)
}

// read returns the next n bits, 0 to 64, and moves on behind them.
func (r *bitReader) read(n uint) uint64 {
	v := r.peek() >> (64 - n)
	r.at += n
	return v
}

// ones returns the number of one bits in front, most at most, and moves on behind
// them.
func (r *bitReader) ones(most uint) uint {
	n := min(uint(bits.LeadingZeros64(^r.peek())), most)
	r.at += n
	return n
}

// over reports whether more was read than there is.
func (r *bitReader) over() bool { return r.at > 8*uint(len(r.data)) }

// atEnd reports whether nothing is left but what finish fills up with.
func (r *bitReader) atEnd() bool {
	return r.at+8 > 8*uint(len(r.data)) && r.peek() == ^uint64(0)
}
