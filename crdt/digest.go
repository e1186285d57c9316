package crdt

import (
	"encoding/binary"
	"fmt"
)

// Digest is a constant-size summary of a state. It is a homomorphism: for
// disjoint states a and b,
//
//	digest(a ⊔ b) = digest(a) + digest(b)
//
// so "my state without this delta of it" has a digest at the cost of one
// subtraction. Digests made under the same Key are equal if the states are, and
// different if they are not, except with a probability below 2^-124; Key says
// what becomes of that when someone works against it.
type Digest struct {
	// Count is the total weight of the state: elements of a set, sum of a
	// counter. It wraps around modulo 2^64, so a sum of digests may pass
	// through any value. The count of a set's own digest is exact, and that of
	// a counter's as long as the sum stays below 2^64.
	Count uint64

	// Hash is the sum of the hashes of the state's cells.
	Hash Hash
}

// Add returns the digest of the join of two disjoint states from theirs.
func (d Digest) Add(e Digest) Digest {
	return Digest{Count: d.Count + e.Count, Hash: d.Hash.Add(e.Hash)}
}

// Sub undoes Add: d.Add(e).Sub(e) == d.
func (d Digest) Sub(e Digest) Digest {
	return Digest{Count: d.Count - e.Count, Hash: d.Hash.Sub(e.Hash)}
}

// String returns the count and the leading bits of the hash, for logs.
func (d Digest) String() string {
	return fmt.Sprintf("%d#%s", d.Count, d.Hash)
}

// Fingerprint is what of a digest travels on every message: the leading 80 bits of its
// hash, most significant byte first. Different states chosen without sight of the key
// have the same with a probability below 2^-74.
type Fingerprint [10]byte

// Fingerprint returns the digest's fingerprint.
func (d Digest) Fingerprint() (f Fingerprint) {
	const left = 128 - 127 // bits of a hash, and of the two words it is in
	h := d.Hash
	binary.BigEndian.PutUint64(f[:], h.Hi<<left|h.Lo>>(64-left))
	binary.BigEndian.PutUint16(f[8:], uint16(h.Lo<<left>>48))
	return f
}

// String returns the leading 48 bits in hex, the same as those of the digest.
func (f Fingerprint) String() string { return fmt.Sprintf("%x", f[:6]) }
