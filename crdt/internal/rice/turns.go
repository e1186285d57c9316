package rice

import "gset/crdt/internal/wire"

// Turns codes two sequences of numbers that take turns: the gaps and the runs of a set.
//
// A Rice code takes no less than a bit for a number, which is a waste where one of the
// two is nearly always zero: the runs of a sparse set, the gaps of a dense one. So a
// coder rests as long as its level is zero and the other's parameter is not. A zero
// that would be its turn takes no bits at all. The number of the other that comes
// next is written plus one, since a zero in its place announces that the turn was
// not a zero: that number follows, less one, and then the other's as it is. The two
// never rest at once.
//
// All of these zeros, passed over or written to announce, count for the levels like
// any other number.
type Turns struct {
	gaps, runs coder
	ahead      bool   // a turn was passed over, and the next is written plus one
	next       uint64 // reading: the number of the next turn, if ahead
}

// NewTurns starts with parameters that suit recent elements, a few of every ten.
func NewTurns() Turns {
	return Turns{gaps: coder{level: 3 * scale}, runs: coder{level: 1 * scale}}
}

// WriteGap writes the next gap, at most 2^64-3.
func (t *Turns) WriteGap(w *wire.Writer, v uint64) { t.write(w, &t.gaps, &t.runs, v) }

// WriteRun writes the next run, at most 2^64-3.
func (t *Turns) WriteRun(w *wire.Writer, v uint64) { t.write(w, &t.runs, &t.gaps, v) }

// ReadGap returns the next gap. ok is false if WriteGap never writes it so. At the end of
// the stream it is the zero that WriteGap had no need to write.
func (t *Turns) ReadGap(r *wire.Reader) (v uint64, ok bool) { return t.read(r, &t.gaps, &t.runs) }

// ReadRun returns the next run, as ReadGap does the next gap.
func (t *Turns) ReadRun(r *wire.Reader) (v uint64, ok bool) { return t.read(r, &t.runs, &t.gaps) }

// AtEnd reports whether nothing is left in r, nor a number that was read ahead.
func (t *Turns) AtEnd(r *wire.Reader) bool { return !t.ahead && r.AtEnd() }

func rests(c, other *coder) bool { return c.level == 0 && other.k() > 0 }

// write writes the next number of the sequence whose coder is c.
func (t *Turns) write(w *wire.Writer, c, other *coder, v uint64) {
	switch {
	case t.ahead:
		t.ahead = false
		v++
	case rests(c, other) && v == 0:
		t.ahead = true
		c.adapt(0, 0, c.k())
		return
	case rests(c, other):
		other.write(w, 0)
		v--
	}
	c.write(w, v)
}

// read returns the next number of the sequence whose coder is c.
func (t *Turns) read(r *wire.Reader, c, other *coder) (v uint64, ok bool) {
	if t.ahead {
		t.ahead = false
		return t.next, true
	}
	if !rests(c, other) {
		return c.read(r)
	}
	if r.AtEnd() {
		return 0, true
	}
	v, ok = other.read(r)
	if ok && v > 0 {
		t.ahead, t.next = true, v-1
		c.adapt(0, 0, c.k())
		return 0, true
	}
	if ok {
		v, ok = c.read(r)
	}
	return v + 1, ok
}
