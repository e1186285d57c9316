package replica

import (
	"encoding/binary"

	"github.com/dchest/siphash"
)

// coin is the shared coin: a function from views to members that every replica
// computes alike, so that nobody has to be elected. members is sorted.
type coin struct {
	seed    uint64
	members []ID
}

// hub returns the hub of a view: siphash(seed, view) over the member list. The
// modulo's bias is below len(members)/2^64.
func (c coin) hub(view uint64) ID {
	var b [8]byte
	binary.LittleEndian.PutUint64(b[:], view)
	return c.members[siphash.Hash(c.seed, 0, b[:])%uint64(len(c.members))]
}
