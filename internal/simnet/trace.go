package simnet

import (
	"encoding/binary"
	"math/bits"
	"time"

	"gset/crdt"
)

// trace is a hash of what has happened. It tells runs apart, on any machine; it is no
// use against anyone who wants two of them alike.
type trace uint64

// add takes a number in. Whatever came before, different numbers give different traces,
// and different traces stay so.
func (t *trace) add(x uint64) {
	*t = trace(bits.RotateLeft64(uint64(*t)^x, 29) * 0x9e3779b97f4a7c15)
}

// packet takes in what tells a message from another at little cost.
func (t *trace) packet(now time.Duration, from, to, size int, kind, view uint64, d crdt.Fingerprint) {
	t.add(uint64(now))
	t.add(uint64(from)<<32 | uint64(to))
	t.add(uint64(size)<<8 | kind)
	t.add(view)
	t.add(binary.BigEndian.Uint64(d[:]))
}
