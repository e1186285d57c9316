package crdt

// putBits writes the lowest width bits of v, at most 64, to the bits of b from the one at
// a position on, the highest first, and returns the position after them. Positions count
// from the highest bit of the first byte. The bits are zero before.
func putBits(b []byte, at int, v uint64, width int) (next int) {
	for width > 0 {
		room := 8 - at%8
		n := min(width, room)
		width -= n
		b[at/8] |= byte(v>>width&(1<<n-1)) << (room - n)
		at += n
	}
	return at
}

// getBits reads a number of width bits, at most 64, that putBits wrote.
func getBits(b []byte, at, width int) (v uint64) {
	for width > 0 {
		room := 8 - at%8
		n := min(width, room)
		width -= n
		v = v<<n | uint64(b[at/8]>>(room-n))&(1<<n-1)
		at += n
	}
	return v
}
