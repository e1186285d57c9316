package keyindex

import (
	"encoding/binary"
	"fmt"
	"slices"

	"gset/crdt/internal/wire"
)

const (
	chunkBits   = 20
	addressBits = 40

	// maxChunk bounds a chunk, in bytes: 1 MiB, so that the room left at the end of the
	// last chunk is small beside a large index, and strings of 64 KiB leave at most a
	// sixteenth of a chunk unused.
	maxChunk = 1 << chunkBits

	// maxChunks bounds the number of chunks, so that an address has addressBits bits.
	maxChunks = 1 << (addressBits - chunkBits)

	// secondChunk is the least size of the chunks after the first, in bytes.
	secondChunk = 128

	// MaxKey bounds a key, in bytes: a key and its length, 3 bytes, fit a chunk.
	MaxKey = maxChunk - 3
)

// arena holds byte strings, each behind its length as a varint. Strings never move, change
// or go away. The address of a string is the number of its chunk and its offset there.
//
// The first chunk is as long as the first string, or room that the index has for a short
// one, so that the arena of a small delta is small. Each later chunk is a quarter as long as all before it together, so at most a
// fifth of the arena is unused, or maxChunk if that is less.
type arena struct {
	chunks   [][]byte
	bytes    int // of all strings and their lengths
	expected int // bytes that reserve announced and put has not seen yet
}

// reserve announces strings of n bytes in all, their lengths included: the chunks for them
// are no larger than they need.
func (a *arena) reserve(n int) { a.expected = n }

// put appends a copy of a string of at most MaxKey bytes and returns its address.
func (a *arena) put(s []byte) (address uint64) {
	need := KeyBytes(len(s))
	last := len(a.chunks) - 1
	if last < 0 || cap(a.chunks[last])-len(a.chunks[last]) < need {
		a.open(need)
		last++
	}
	chunk := a.chunks[last]
	address = uint64(last)<<chunkBits | uint64(len(chunk))
	chunk = binary.AppendUvarint(chunk, uint64(len(s)))
	a.chunks[last] = append(chunk, s...)
	a.bytes += need
	a.expected = max(0, a.expected-need)
	return address
}

// open appends a chunk with room for need bytes. It panics if there are as many chunks
// as addresses can tell apart, which is a terabyte of strings.
func (a *arena) open(need int) {
	if len(a.chunks) == maxChunks {
		panic(fmt.Sprintf("keyindex: %d bytes of keys, and no address for another", a.bytes))
	}
	size := max(need, a.expected)
	if a.bytes > 0 && a.expected == 0 {
		size = max(need, secondChunk, a.bytes/4)
	}
	// Grow fills up the size that the allocator would round to.
	a.chunks = append(a.chunks, slices.Grow([]byte(nil), min(size, maxChunk)))
}

// get returns the string at an address. The string shares the arena's memory and has no
// room to be appended to.
func (a *arena) get(address uint64) []byte {
	chunk := a.chunks[address>>chunkBits][address%maxChunk:]
	if n := int(chunk[0]); n < 0x80 { // what Uvarint does, without a call
		return chunk[1 : 1+n : 1+n]
	}
	n, width := binary.Uvarint(chunk)
	end := width + int(n)
	return chunk[width:end:end]
}

// touchedBytes is how far a key is brought into the caches: most keys are no longer.
const touchedBytes = 24

// touch reads two bytes of each of some keys, to have them all in the processor's caches. The keys of neighbours are far from
// one another in memory. This loop waits for all of them at once; one that hashes each key waits for one after the other.
//
//go:noinline
func (a *arena) touch(entries []entry) (sum byte) {
	for i := range entries {
		address := entries[i].address()
		chunk, at := a.chunks[address>>chunkBits], int(address%maxChunk)
		sum += chunk[at] + chunk[min(at+touchedBytes, len(chunk)-1)]
	}
	return sum
}

// clone returns a copy that shares no memory.
func (a *arena) clone() arena {
	chunks := make([][]byte, len(a.chunks))
	for i, chunk := range a.chunks {
		chunks[i] = slices.Clone(chunk)
	}
	return arena{chunks: chunks, bytes: a.bytes}
}

// KeyBytes returns how many bytes a key of length n takes with its length as a varint.
func KeyBytes(n int) int { return wire.UvarintLen(uint64(n)) + n }
