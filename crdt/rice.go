package crdt

import "math/bits"

// rice writes and reads a sequence of numbers, 0 to 2^64-2, in a Golomb-Rice code
// that follows their size (after Malvar, DCC 2006).
//
// With a parameter k, a number v is v>>k one bits, a zero bit, and the low k bits of
// v. It suits numbers of about 2^k, and is within a thirtieth of a bit of the best
// code for distances between elements strewn at random. If v>>k is 8 or more, v is
// eight one bits and then in the long form below.
//
// The parameter is a level in sixteenths, rounded down. After a number with v>>k = 0
// the level falls by 2, but not below zero; with 1 it stays; with q = 2 to 7 it
// rises by q+1. That balances where v>>k = 0 half the time. A number with v>>k above
// 7, or of at least 5 bits fewer than k, is an outlier: one alone may be just
// that, like the way between two clusters. One above leaves the level as it is, and one
// below takes 2 off it like any number with v>>k = 0. Two in a row on the same side are a
// change of the weather, and set k to the length of the second in bits, less one, or to 0.
type rice struct {
	level uint
	side  int // of the last number if it was an outlier: 1 above, -1 below
}

const (
	riceScale  = 16 // a parameter of k is a level of k·riceScale
	riceEscape = 8  // this many one bits announce the long form
	riceFar    = 5  // an outlier below is this many bits shorter than k
)

func (c *rice) k() uint { return c.level / riceScale }

func (c *rice) write(w *bitWriter, v uint64) {
	k := c.k()
	if q := v >> k; q < riceEscape {
		n := uint(q) + 1
		w.write(1<<n-2, n)
		w.write(v&(1<<k-1), k)
	} else {
		w.write(1<<riceEscape-1, riceEscape)
		writeLong(w, v)
	}
	c.adapt(v)
}

// read returns the next number, and false if write has never written it so.
func (c *rice) read(r *bitReader) (v uint64, ok bool) {
	k := c.k()
	if q := r.ones(riceEscape); q < riceEscape {
		r.read(1) // the zero bit
		v = uint64(q)<<k | r.read(k)
		ok = v != 1<<64-1 && v>>k == uint64(q) // with k above 60, q may not fit
	} else {
		v = readLong(r)
		ok = v != 1<<64-1 && v>>k >= riceEscape
	}
	c.adapt(v)
	return v, ok
}

// adapt takes note of a number. The parameter never exceeds 63: that is the most it
// is set to, and the level rises, by less than riceScale, only if v>>k is 2 or more,
// and so k at most 62.
func (c *rice) adapt(v uint64) {
	k := c.k()
	q, n, last := v>>k, uint(bits.Len64(v)), c.side
	c.side = 0
	switch {
	case q >= riceEscape:
		c.side = 1
	case n+riceFar <= k:
		c.side = -1
	}
	switch {
	case c.side != 0 && c.side == last:
		c.level = (max(n, 1) - 1) * riceScale
	case q == 0:
		c.level -= min(c.level, 2)
	case q > 1 && q < riceEscape:
		c.level += uint(q) + 1
	}
}

// writeLong writes any number of 64 bits: in six bits how many there are below the
// leading one, 0 to 63, and then those. Both 0 and 1 have none there, and take one
// bit more to tell them apart.
func writeLong(w *bitWriter, v uint64) {
	n := uint(bits.Len64(v|1)) - 1
	w.write(uint64(n), 6)
	if n == 0 {
		w.write(v, 1)
	} else {
		w.write(v-1<<n, n)
	}
}

func readLong(r *bitReader) uint64 {
	n := uint(r.read(6))
	if n == 0 {
		return r.read(1)
	}
	return 1<<n | r.read(n)
}
