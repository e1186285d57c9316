// Package rice codes sequences of numbers whose sizes change along the way: the gaps
// between and the lengths of the runs of a set.
package rice

import (
	"math/bits"

	"gset/crdt/internal/wire"
)

// A coder writes and reads a sequence of numbers, 0 to 2^64-2, in a Golomb-Rice code
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
// 7, or of at least 5 bits fewer than k, is an outlier. A single outlier may be just
// that, like the gap between two clusters: one above leaves the level as it is, and one
// below takes 2 off it like any number with v>>k = 0. Two outliers in a row on the same
// side mean that the sizes have changed. They set k to the length of the second in bits,
// less one, or to 0.
type coder struct {
	level int
	side  int // of the last number if it was an outlier: 1 above, -1 below
}

const (
	scale  = 16 // a parameter of k is a level of k·scale
	escape = 8  // this many one bits announce the long form
	far    = 5  // an outlier below is this many bits shorter than k
)

// steps is by how much the level changes after a number with v>>k = 0, 1 and so on.
var steps = [escape]int{-2, 0, 3, 4, 5, 6, 7, 8}

func (c *coder) k() uint { return uint(c.level) / scale }

func (c *coder) write(w *wire.Writer, v uint64) {
	k := c.k()
	q := v >> k
	switch ones := uint(q); {
	case q >= escape:
		w.Put(1<<escape-1, escape)
		WriteLong(w, v)
	case k <= 48: // all in one
		w.Put((1<<(ones+1)-2)<<k|v&(1<<k-1), ones+1+k)
	default:
		w.Put(1<<(ones+1)-2, ones+1)
		w.Put(v&(1<<k-1), k)
	}
	c.adapt(v, q, k)
}

// read returns the next number, and false if write never writes it so.
func (c *coder) read(r *wire.Reader) (v uint64, ok bool) {
	k := c.k()
	if q := r.Ones(escape); q < escape {
		r.Take(1) // the zero bit
		v = uint64(q)<<k | r.Take(k)
		ok = v != 1<<64-1 && v>>k == uint64(q) // with k above 60, q may not fit
	} else {
		v = ReadLong(r)
		ok = v != 1<<64-1 && v>>k >= escape
	}
	c.adapt(v, v>>k, k)
	return v, ok
}

// adapt takes note of a number v, of which q is v>>k. The parameter never exceeds 63: that is
// the most it is set to, and the level rises, by less than scale, only if q is 2 or more,
// and so k at most 62.
func (c *coder) adapt(v, q uint64, k uint) {
	last, n := c.side, uint(bits.Len64(v))
	switch {
	case q >= escape:
		c.side = 1
	case n+far <= k:
		c.side = -1
	default:
		c.side = 0
	}
	switch {
	case c.side != 0 && c.side == last:
		c.level = int(max(n, 1)-1) * scale
	case q < escape:
		c.level = max(c.level+steps[q], 0)
	}
}

// WriteLong writes any number of 64 bits in the long form: in six bits the number of bits
// below the leading one, 0 to 63, and then those bits. Both 0 and 1 have none there, and
// take one more bit to tell them apart.
func WriteLong(w *wire.Writer, v uint64) {
	n := uint(bits.Len64(v|1)) - 1
	switch {
	case n == 0:
		w.Put(v, 7) // six bits of zero, and v
	case n <= 50:
		w.Put(uint64(n)<<n|(v-1<<n), 6+n)
	default:
		w.Put(uint64(n), 6)
		w.Put(v-1<<n, n)
	}
}

// ReadLong reads a number that WriteLong wrote. Every sequence of bits is one.
func ReadLong(r *wire.Reader) uint64 {
	n := uint(r.Take(6))
	if n == 0 {
		return r.Take(1)
	}
	return 1<<n | r.Take(n)
}
