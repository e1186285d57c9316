package crdt

import (
	"encoding/binary"
	"fmt"
	"math/bits"

	"github.com/dchest/siphash"
)

// How a state is hashed.
//
// A hash is a number of the field of integers modulo the Mersenne prime
// p = 2^127-1. Every cell owns a point of the field, r = SipHash-128 of its name
// under the state's Key: of a page's id, or of the origin of a counter's entry. A
// cell's hash is the value at r of a polynomial whose coefficients are the cell's
// content and whose constant term is zero, and a state's hash is the sum of the
// hashes of its cells:
//
//	page of a set, words w0..w3:   w0·r + w1·r² + w2·r³ + w3·r⁴
//	entry of a GCounter:           n·r
//	entry of a PNCounter:          up·r + down·r²
//	element of a KeySet:           r, of the element; the sum of those in a cell
//
// One element of a GSet is the page that has only its bit. The union of two disjoint
// pages is the sum of their words as integers, without a carry, so the hash
// of the union is the sum of the hashes; for states the same holds cell by
// cell. That is the homomorphism Digest stands on: a state's hash follows an
// insertion, a join or a removed delta by one addition. A counter's hash is
// linear in the counts for the same reason: what an entry grows by has a hash.
//
// Two different cells with the same name differ by a non-zero polynomial of
// degree at most four, which is zero at no more than four points. Two different
// states differ in some cell, and whatever the other cells add up to, no more
// than four points for that cell make the sums agree. SipHash's 128 bits fall
// on every point with at most three of their values, so states that were chosen
// without sight of the key or of hashes made with it collide with a probability
// below 4·3/2^128 < 2^-124. (Polynomial hashing is Carter and Wegman's, 1979
// and 1981; SipHash is Aumasson and Bernstein's, 2012.)

// Key selects the hash function of a state. All replicas of one cluster must
// use the same one, or none of their digests ever agree.
//
// The key turns on its head what a client can do that wants two different
// states with equal digests, so that replicas holding them believe they are
// equal. Without the key it can only guess, and fails: the chance is below
// 2^-124 for any two states. With the key, and the zero key is known to all,
// hashes are linear equations in the content, and a solution takes a computer
// moments: one page alone has 2^256 contents and 2^127 hashes. So a cluster
// that accepts elements from those it does not trust draws its key at random
// and keeps it secret. Then it must keep its hashes from them as well: the
// difference of two hashes around one insertion gives a point away. Members of
// the cluster have both and are trusted.
type Key [2]uint64

// point maps a page's cell id to its point of the field.
func (k Key) point(id CellID) Hash {
	var b [8]byte
	binary.LittleEndian.PutUint64(b[:], uint64(id))
	return fieldPoint(siphash.Hash128(k[0], k[1], b[:]))
}

// HashCell returns a hash for a cell of a lattice from outside this package:
// SipHash-128 of the cell's id and its content, which is any encoding that equal
// cells share and unequal ones do not. Two cells that differ have the same hash
// with a probability below 2^-126. What this package hashes by itself is finer: it
// follows a change within a cell by one addition.
func (k Key) HashCell(id CellID, content []byte) Hash {
	b := binary.LittleEndian.AppendUint64(make([]byte, 0, 8+len(content)), uint64(id))
	return fieldPoint(siphash.Hash128(k[0], k[1], append(b, content...)))
}

// fieldPoint reduces a number of 128 bits.
func fieldPoint(lo, hi uint64) Hash {
	return reduce(hi&maxHi, lo).Add(Hash{Lo: hi >> 63}) // 2^127 ≡ 1
}

// Hash is a number modulo 2^127-1: Hi·2^64 + Lo. It is always fully reduced, so
// that equal numbers are equal values. The zero value is the number zero, the
// hash of an empty state.
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

// String returns the leading 48 bits in hex: enough to tell hashes in a log
// apart, not to compare them.
func (h Hash) String() string {
	return fmt.Sprintf("%012x", h.Hi>>15)
}
