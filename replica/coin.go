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

// hub returns the hub of a view. The modulo's bias is below len(members)/2^64.
func (c coin) hub(view uint64) ID {
	return c.members[c.draw(0, view)%uint64(len(c.members))]
}

// draw returns the coin's number of a view for one purpose: siphash(seed, purpose; view).
func (c coin) draw(purpose, view uint64) uint64 {
	var b [8]byte
	binary.LittleEndian.PutUint64(b[:], view)
	return siphash.Hash(c.seed, purpose, b[:])
}
