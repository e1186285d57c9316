package wire

import (
	"encoding/binary"
	"math/bits"
)

// Uvarint reads an unsigned varint (LEB128) of 64 bits from the front of b, and returns it
// with the rest of b. ok is false if there is none, or one that takes more bytes than it needs.
func Uvarint(b []byte) (v uint64, rest []byte, ok bool) {
	v, n := binary.Uvarint(b)
	if n <= 0 || n > 1 && b[n-1] == 0 {
		return 0, b, false
	}
	return v, b[n:], true
}

// UvarintLen returns how many bytes Uvarint reads for v.
func UvarintLen(v uint64) int { return (bits.Len64(v|1) + 6) / 7 }
