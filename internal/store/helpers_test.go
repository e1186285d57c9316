package store_test

import "encoding/binary"

// encodeEntry and decodeEntry are a delta of a ledger: one origin's sum.
func encodeEntry(origin, n uint64) []byte {
	return binary.LittleEndian.AppendUint64(binary.LittleEndian.AppendUint64(nil, origin), n)
}

func decodeEntry(b []byte) map[uint64]uint64 {
	return map[uint64]uint64{binary.LittleEndian.Uint64(b): binary.LittleEndian.Uint64(b[8:])}
}
