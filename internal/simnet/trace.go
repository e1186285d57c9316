package simnet

import (
	"encoding/binary"
	"math/bits"
	"time"
)

// trace is a hash of what has happened. It tells runs apart, on any machine; it is no
// use against anyone who wants two of them alike.
type trace uint64

// add takes a number in. Whatever came before, different numbers give different traces,
// and different traces stay so.
func (t *trace) add(x uint64) {
	*t = trace(bits.RotateLeft64(uint64(*t)^x, 29) * 0x9e3779b97f4a7c15)
}

// bytes takes in bytes, eight at a time.
func (t *trace) bytes(b []byte) {
	t.add(uint64(len(b)))
	for ; len(b) >= 8; b = b[8:] {
		t.add(binary.LittleEndian.Uint64(b))
	}
	var rest uint64
	for i, x := range b {
		rest |= uint64(x) << (8 * i)
	}
	t.add(rest)
}

// packet takes in a message: when it was sent, by whom and to whom, and its binary form, of whose
// body the trace is given.
func (t *trace) packet(now time.Duration, from, to int, header []byte, body trace) {
	t.add(uint64(now))
	t.add(uint64(from)<<32 | uint64(to))
	t.bytes(header)
	t.add(uint64(body))
}
