package crdt

import (
	"encoding/binary"
	"fmt"
)

// Digest is a summary of a state in constant size. It is a homomorphism: for disjoint
// states a and b,
//
//	digest(a ⊔ b) = digest(a) + digest(b)
//
// so the digest of a state without some of its cells costs one subtraction. Under one Key equal
// states have equal digests, and different states have different ones, except with a
// probability below 2^-124. Key says what someone can do who knows the key and wants equal ones.
type Digest struct {
	// Count is the total weight of the state: the elements of a set, the sum of a counter's
	// counts. In a type of one's own it is any number that adds up likewise: its Len will do. It wraps around modulo 2^64, so that any two digests can be added or subtracted.
	// The count of a set is exact, and that of a counter is as long as the sum stays below
	// 2^64.
	Count uint64

	// Hash is the sum of the hashes of the state's cells.
	Hash Hash
}

// Add returns the digest of the join of two disjoint states.
func (d Digest) Add(e Digest) Digest {
	return Digest{Count: d.Count + e.Count, Hash: d.Hash.Add(e.Hash)}
}

// Sub undoes Add: d.Add(e).Sub(e) == d.
func (d Digest) Sub(e Digest) Digest {
	return Digest{Count: d.Count - e.Count, Hash: d.Hash.Sub(e.Hash)}
}

// String returns the count and the leading 48 bits of the hash, for logs.
func (d Digest) String() string {
	return fmt.Sprintf("%d#%s", d.Count, d.Hash)
}

// Fingerprint is the part of a digest that travels on every message: the leading 80 bits of
// its hash, most significant byte first. Two different states, chosen without sight of the
// key, have the same fingerprint with a probability below 2^-74.
type Fingerprint [10]byte

// Fingerprint returns the digest's fingerprint.
func (d Digest) Fingerprint() (f Fingerprint) {
	const unused = 128 - 127 // bits of the two words that a hash is in
	h := d.Hash
	binary.BigEndian.PutUint64(f[:], h.Hi<<unused|h.Lo>>(64-unused))
	binary.BigEndian.PutUint16(f[8:], uint16(h.Lo<<unused>>48))
	return f
}

// String returns the leading 48 bits in hex: those that Digest.String shows.
func (f Fingerprint) String() string { return fmt.Sprintf("%x", f[:6]) }
