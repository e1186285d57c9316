package crdt

// turns has the coders of two sequences of numbers that take turns: the gaps and
// the runs of a set.
//
// A Rice code has no less than a bit for a number, which is a waste where one of the
// two is nearly always zero: the runs of a sparse set, the gaps of a dense one. So a
// coder rests as long as its level is zero and the other's parameter is not. A zero
// that would be its turn takes no bits at all. The number of the other that comes
// next is written plus one, since a zero in its place announces that the turn was
// not a zero: that number follows, less one, and then the other's as it is. The two
// never rest at once.
//
// All of these zeros, passed over or written to announce, count for the levels like
// any other number.
type turns struct {
	gaps, runs rice
	ahead      bool   // a turn was passed over, and the next is written plus one
	next       uint64 // reading: the number of the next turn, if ahead
}

// newTurns starts with parameters for recent news, a few elements of every ten.
func newTurns() turns {
	return turns{gaps: rice{level: 3 * riceScale}, runs: rice{level: 1 * riceScale}}
}

func rests(c, other *rice) bool { return c.level == 0 && other.k() > 0 }

// write writes the next number, up to 2^64-3, of the sequence whose coder is c.
func (t *turns) write(w *bitWriter, c, other *rice, v uint64) {
	switch {
	case t.ahead:
		t.ahead = false
		v++
	case rests(c, other) && v == 0:
		t.ahead = true
		c.adapt(0)
		return
	case rests(c, other):
		other.write(w, 0)
		v--
	}
	c.write(w, v)
}

// read returns the next number of the sequence whose coder is c, and false if write
// has never written it so. At the end of the stream it is the zero that write had
// no need to write.
func (t *turns) read(r *bitReader, c, other *rice) (v uint64, ok bool) {
	if t.ahead {
		t.ahead = false
		return t.next, true
	}
	if !rests(c, other) {
		return c.read(r)
	}
	if r.atEnd() {
		return 0, true
	}
	v, ok = other.read(r)
	if ok && v > 0 {
		t.ahead, t.next = true, v-1
		c.adapt(0)
		return 0, true
	}
	if ok {
		v, ok = c.read(r)
	}
	return v + 1, ok
}
