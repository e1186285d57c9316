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

// AppendBinary appends the digest's binary form, 17 to 26 bytes: the count as
// an unsigned varint (LEB128), then the hash's HashSize bytes. The error is
// always nil.
func (d Digest) AppendBinary(b []byte) ([]byte, error) {
	return d.Hash.AppendBinary(binary.AppendUvarint(b, d.Count))
}

// DecodeDigest reads a digest from the front of b and returns what follows it.
// It accepts only what AppendBinary writes.
func DecodeDigest(b []byte) (d Digest, rest []byte, err error) {
	count, n := binary.Uvarint(b)
	if n <= 0 || n > 1 && b[n-1] == 0 {
		return Digest{}, nil, fmt.Errorf("crdt: digest: count is not a minimal varint of 64 bits")
	}
	hash, rest, err := DecodeHash(b[n:])
	if err != nil {
		return Digest{}, nil, err
	}
	return Digest{Count: count, Hash: hash}, rest, nil
}
