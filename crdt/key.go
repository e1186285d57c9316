package crdt

import (
	"encoding/binary"

	"github.com/dchest/siphash"
)

// How a state is hashed.
//
// A hash is a number of the field of integers modulo the Mersenne prime p = 2^127-1. Every
// cell has a point of the field: r = SipHash-128 of the cell's name under the state's Key, where
// the name is a page's id or the origin of a counter's entry. (In Collections the key is that of
// the collection: SipHash-128 of its name under the state's Key. Hashes under the keys of two names
// are as unrelated as under any two keys.) The hash of a cell is the value
// at r of a polynomial whose coefficients are the cell's content and whose constant term is
// zero. The hash of a state is the sum of the hashes of its cells.
//
//	page of a GSet, words w0..w3:  w0·r + w1·r² + w2·r³ + w3·r⁴
//	entry of a GCounter:           n·r
//	entry of a PNCounter:          up·r + down·r²
//	cell of a KeySet:              the sum of its elements' points
//	cell of Collections:           the sum of its elements' points and, of its entries,
//	                               up·r² + down·r³
//
// One element of a GSet is the page that has only its bit. The union of two disjoint pages is
// the sum of their words as integers, without a carry, so the hash of the union is the sum of
// the hashes; for states the same holds cell by cell. That is the homomorphism of Digest: a
// state's hash follows an insertion, a join or a removed delta by one addition. The hash of a
// counter is linear in the counts for the same reason: the growth of an entry has a hash. An entry
// of Collections has other powers of r than an element, because an element may consist of the very
// bytes that name an origin, and then has its point.
//
// Two different cells with the same name differ by a non-zero polynomial of degree at most four,
// which is zero at no more than four points. Two different states differ in some cell, and
// whatever the other cells add up to, no more than four points of that cell make the sums
// agree. At most three of SipHash's 2^128 values fall on one point, so states that were chosen
// without sight of the key, or of hashes under the key, collide with a probability below
// 4·3/2^128 < 2^-124. (Polynomial hashing: Carter and Wegman 1979 and 1981; SipHash: Aumasson
// and Bernstein 2012.)

// Key selects the hash function of a state: digests, cell hashes, and the ids of cells that are
// named by hashes. All members of a cluster use the same key; under different keys no two
// digests agree.
//
// Draw the key at random, 128 bits of crypto/rand, and keep it and all hashes under it from
// those whose updates the cluster accepts. (Two hashes around one insertion give a point away,
// and points are as good as the key.) Members of the cluster have both, and are trusted.
//
// A client that knows the key can break convergence. Hashes are linear equations in the content,
// one page alone has 2^256 contents and 2^127 hashes, and a computer solves for two different
// sets of some dozens of integers with equal digests in seconds. Replicas that hold the two
// sets believe that they are equal, and stay apart for ever. Without the key a client can only
// guess, and two states that it chooses have equal digests with a probability below 2^-124.
//
// The zero key is known to everybody. It is the key of the zero value of a set, of Collections or
// of a counter, and will do in tests. Package replica refuses it.
type Key [2]uint64

// point maps the id of a page to its point of the field.
func (k Key) point(id CellID) Hash {
	var b [8]byte
	binary.LittleEndian.PutUint64(b[:], uint64(id))
	return fieldPoint(siphash.Hash128(k[0], k[1], b[:]))
}

// HashCell returns a hash for a cell of a lattice from outside this package: SipHash-128 of the
// cell's id and its content. content is any encoding that is the same for equal cells and
// different for different ones. Two different cells have the same hash with a probability below
// 2^-126. The whole cell is hashed again when it changes, while the types of this package
// follow a change within a cell by one addition.
func (k Key) HashCell(id CellID, content []byte) Hash {
	b := binary.LittleEndian.AppendUint64(make([]byte, 0, 8+len(content)), uint64(id))
	return fieldPoint(siphash.Hash128(k[0], k[1], append(b, content...)))
}

// CellNamed returns the id of the cell that a lattice from outside this package keeps under a name:
// 64 bits of its hash. Two names have the same id with a probability of 2^-64, and then share a
// cell, in which both must survive; see Divider.
func (k Key) CellNamed(name string) CellID { return CellID(k.HashCell(0, []byte(name)).Lo) }

// fieldPoint reduces a number of 128 bits.
func fieldPoint(lo, hi uint64) Hash {
	return reduce(hi&maxHi, lo).Add(Hash{Lo: hi >> 63}) // 2^127 ≡ 1
}
