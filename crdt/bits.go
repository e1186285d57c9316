package crdt

// bitWriter appends numbers of any width to bytes, each byte filled from its lowest
// bit on. The bits of the last byte that nothing was put into are zero.
type bitWriter struct {
	b    []byte
	free uint // bits left in the last byte of b
}

// put appends the lowest width bits of v, at most 64.
func (w *bitWriter) put(v uint64, width uint) {
	for width > 0 {
		if w.free == 0 {
			w.b, w.free = append(w.b, 0), 8
		}
		n := min(width, w.free)
		w.b[len(w.b)-1] |= byte(v&(1<<n-1)) << (8 - w.free)
		w.free -= n
		v >>= n
		width -= n
	}
}

// bitReader reads what a bitWriter wrote. The caller knows that it is there.
type bitReader struct {
	b    []byte
	used uint // bits read of the first byte of b
}

// get reads a number of width bits, at most 64.
func (r *bitReader) get(width uint) (v uint64) {
	for at := uint(0); at < width; {
		n := min(width-at, 8-r.used)
		v |= uint64(r.b[0]>>r.used) & (1<<n - 1) << at
		at += n
		if r.used += n; r.used == 8 {
			r.b, r.used = r.b[1:], 0
		}
	}
	return v
}

// padding returns what is left of a byte that was begun.
func (r *bitReader) padding() byte {
	if r.used == 0 {
		return 0
	}
	return r.b[0] >> r.used
}
