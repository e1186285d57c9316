package crdt

import (
	"fmt"
	"math/bits"
)

// Hash is a number modulo the prime 2^127-1: Hi·2^64 + Lo. It is always fully reduced, so
// that equal numbers are equal values. The zero value is the number zero, which is the hash
// of an empty state.
type Hash struct {
	Hi, Lo uint64
}

// maxHi masks the 63 bits a reduced hash can have set in Hi.
const maxHi = 1<<63 - 1

// Add returns h + g.
func (h Hash) Add(g Hash) Hash {
	lo, carry := bits.Add64(h.Lo, g.Lo, 0)
	return reduce(h.Hi+g.Hi+carry, lo)
}

// Sub returns h - g.
func (h Hash) Sub(g Hash) Hash {
	lo, borrow := bits.Sub64(h.Lo, g.Lo, 0)
	hi, borrow := bits.Sub64(h.Hi, g.Hi, borrow)
	// Below zero the difference stands 2^128 too high and p too low; taking
	// one off and clearing the top bit adds p modulo 2^128.
	lo, borrow = bits.Sub64(lo, borrow, 0)
	return Hash{Hi: (hi - borrow) & maxHi, Lo: lo}
}

// mul returns h · g.
func (h Hash) mul(g Hash) Hash {
	// Schoolbook product, at most 254 bits, in t3..t0.
	t1, t0 := bits.Mul64(h.Lo, g.Lo)
	a1, a0 := bits.Mul64(h.Lo, g.Hi)
	b1, b0 := bits.Mul64(h.Hi, g.Lo)
	t3, t2 := bits.Mul64(h.Hi, g.Hi)
	a0, carry := bits.Add64(a0, b0, 0)
	a1 += b1 + carry // both are below 2^63
	t1, carry = bits.Add64(t1, a0, 0)
	t2, carry = bits.Add64(t2, a1, carry)
	t3 += carry
	// The bits from 127 on count once more from zero on, since 2^127 ≡ 1.
	lo, carry := bits.Add64(t0, t1>>63|t2<<1, 0)
	return reduce(t1&maxHi+(t2>>63|t3<<1)+carry, lo)
}

// mulWord returns h · w.
func (h Hash) mulWord(w uint64) Hash {
	t1, t0 := bits.Mul64(h.Lo, w)
	t2, a0 := bits.Mul64(h.Hi, w)
	t1, carry := bits.Add64(t1, a0, 0)
	t2 += carry
	lo, carry := bits.Add64(t0, t1>>63|t2<<1, 0)
	return reduce(t1&maxHi+t2>>63+carry, lo)
}

// reduce returns the hash for a number below 2p.
func reduce(hi, lo uint64) Hash {
	// v ≥ p exactly if v+1 reaches 2^127, and then v-p is v+1 without that bit.
	lo1, carry := bits.Add64(lo, 1, 0)
	if hi1 := hi + carry; hi1 > maxHi {
		return Hash{Hi: hi1 & maxHi, Lo: lo1}
	}
	return Hash{Hi: hi, Lo: lo}
}

// String returns the leading 48 bits in hex: enough to tell hashes in a log apart, and not
// enough to take two for equal.
func (h Hash) String() string {
	return fmt.Sprintf("%012x", h.Hi>>15)
}
