package keyindex

import "encoding/binary"

// entry is the id of a key, 8 bytes, and the address of the key in the arena, 5 bytes, both
// with the most significant byte first. It is an array of bytes and not a struct, which
// would be padded to 16 bytes.
type entry [entryBytes]byte

const entryBytes = 8 + addressBits/8

func newEntry(id, address uint64) (e entry) {
	// The address goes first: its upper three bytes are zero, and the id overwrites them.
	binary.BigEndian.PutUint64(e[entryBytes-8:], address)
	binary.BigEndian.PutUint64(e[:], id)
	return e
}

func (e *entry) id() uint64 { return binary.BigEndian.Uint64(e[:]) }

func (e *entry) address() uint64 {
	return binary.BigEndian.Uint64(e[entryBytes-8:]) & (1<<addressBits - 1)
}
