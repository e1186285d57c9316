package keyindex

import (
	"bytes"
	"math/bits"
)

// Find returns the place of a pair and true, or the gap where it would go and false.
//
// Both of its searches first look a little before and after the place in proportion to the
// id (interpolation search, Peterson 1957), and if the pair is between the two they go on from
// there. That saves a third of the time at a million keys and at ten, most of it waiting for memory.
func (x *Index) Find(id uint64, key []byte) (Place, bool) {
	if len(x.blocks) == 0 {
		return Place{}, false
	}
	b := x.findBlock(id, key)
	block, next := &x.blocks[b], ^uint64(0)
	if b+1 < len(x.blocks) {
		next = x.blocks[b+1].first
	}
	lo, hi := 0, len(block.entries)
	at := proportion(id, block.first, next, hi)
	touch(block.entries[max(0, at-nearEntries):min(at+nearEntries+1, hi)])
	if low := at - nearEntries; low >= 0 && block.entries[low].id() < id {
		lo = low + 1
	}
	if high := at + nearEntries; high < hi && block.entries[high].id() > id {
		hi = high
	}
	return x.search(b, lo, hi, id, key)
}

// touch reads what a search is about to look at, for the processor to wait for all of it at once.
//
//go:noinline
func touch(entries []entry) (sum byte) {
	for i := 0; i < len(entries); i += 4 { // of 13 bytes: a line of a cache has four or five
		sum += entries[i][0]
	}
	return sum
}

// findBlock returns the last block that does not start after the pair, or the first of all.
func (x *Index) findBlock(id uint64, key []byte) int {
	b, end := 0, len(x.blocks)
	// Ids need not begin at zero: those of one collection among many have their upper half in common.
	at := proportion(id, x.blocks[0].first, x.blocks[end-1].first, end)
	near := 2 << (bits.Len(uint(end)) / 2) // twice the root: differences of blocks add up
	if low := at - near; low >= 0 && x.blocks[low].first < id {
		b = low
	}
	if high := at + near; high < end && x.blocks[high].first > id {
		end = high
	}
	for end-b > 1 {
		mid := int(uint(b+end) / 2)
		if x.startsAfter(mid, id, key) {
			end = mid
		} else {
			b = mid
		}
	}
	return b
}

// nearEntries is how far from the place in proportion an entry of a block is hardly ever: two and
// a half times the standard deviation.
const nearEntries = 16

// proportion returns the place for an id among n ids that are evenly spread from first to
// last, 0 to n.
func proportion(id, first, last uint64, n int) int {
	switch {
	case id <= first:
		return 0
	case id >= last:
		return n
	}
	return min(n, int(float64(id-first)/float64(last-first)*float64(n)))
}

// Seek is Find for a pair at or after the one that was last found, inserted or sought. Two
// indexes that are walked together take it one entry on at a time, which it tries first.
func (x *Index) Seek(from Place, id uint64, key []byte) (Place, bool) {
	next := from.block + 1
	if from.block >= len(x.blocks) || next < len(x.blocks) && !x.startsAfter(next, id, key) {
		return x.Find(id, key)
	}
	entries := x.blocks[from.block].entries
	lo, hi := from.at, from.at
	for step := 1; hi < len(entries) && x.compare(&entries[hi], id, key) < 0; step *= 2 {
		lo, hi = hi+1, hi+step
	}
	return x.search(from.block, lo, min(hi+1, len(entries)), id, key)
}

// startsAfter reports whether the first pair of block b comes after the given one.
func (x *Index) startsAfter(b int, id uint64, key []byte) bool {
	block := &x.blocks[b]
	return block.first > id || block.first == id && bytes.Compare(x.key(&block.entries[0]), key) > 0
}

// Neighbours reports whether a pair next to a gap has the given id. All pairs with the id are next
// to each other, so if the gap is that for a pair with it, there are others exactly if this is so.
func (x *Index) Neighbours(gap Place, id uint64) bool {
	for _, at := range [...]Place{{gap.block, gap.at - 1}, gap} {
		block := at.block
		if block < len(x.blocks) && at.at >= len(x.blocks[block].entries) {
			block, at.at = block+1, 0
		}
		if at.at < 0 && block > 0 {
			block--
			at.at = len(x.blocks[block].entries) - 1
		}
		if block < len(x.blocks) && at.at >= 0 && x.blocks[block].entries[at.at].id() == id {
			return true
		}
	}
	return false
}

// search returns the pair's place in block b, or the gap for it, which the caller knows to be
// at from or after it, and at to or before it.
func (x *Index) search(b, from, to int, id uint64, key []byte) (Place, bool) {
	entries := x.blocks[b].entries
	for from < to {
		mid := int(uint(from+to) / 2)
		if x.compare(&entries[mid], id, key) < 0 {
			from = mid + 1
		} else {
			to = mid
		}
	}
	return Place{b, from}, from < len(entries) && x.compare(&entries[from], id, key) == 0
}

// compare orders an entry and a pair by id, then by key.
func (x *Index) compare(e *entry, id uint64, key []byte) int {
	switch own := e.id(); {
	case own < id:
		return -1
	case own > id:
		return 1
	}
	return bytes.Compare(x.key(e), key)
}

func (x *Index) key(e *entry) []byte { return x.arena.get(e.address()) }
