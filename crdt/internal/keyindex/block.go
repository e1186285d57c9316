package keyindex

import "slices"

// start puts the first pair into an empty index.
func (x *Index) start(id uint64, key []byte) {
	x.arena.chunks = x.first.chunks[:0]
	if short := x.first.bytes[:0]; max(KeyBytes(len(key)), x.arena.expected) <= cap(short) {
		x.arena.chunks = append(x.arena.chunks, short)
	}
	x.first.entries[0] = newEntry(id, x.arena.put(key))
	x.first.blocks[0] = block{id, x.first.entries[:]}
	x.blocks = x.first.blocks[:]
	x.n = 1
}

// makeRoom returns a gap equivalent to one in a block of n entries that has no room, in a
// block that has some.
func (x *Index) makeRoom(gap Place, n int) Place {
	if n < maxBlock {
		b := &x.blocks[gap.block]
		b.entries = resized(b.entries, grown(n))
		return gap
	}
	return x.split(gap)
}

// split makes room by another block. In the middle of a block it splits it in halves. At the
// block's ends it does not, so that a run of insertions upwards or downwards leaves full
// blocks behind.
func (x *Index) split(gap Place) Place {
	const half = maxBlock / 2
	next := gap.block + 1
	switch {
	case gap.at == 0:
		x.insertBlock(gap.block, nil)
		return gap
	case gap.at == maxBlock:
		x.insertBlock(next, nil)
		return Place{block: next}
	}
	entries := x.blocks[gap.block].entries
	x.insertBlock(next, entries[half:])
	x.blocks[gap.block].entries = resized(entries[:half], grown(half))
	if gap.at <= half {
		return gap
	}
	return Place{next, gap.at - half}
}

// insertBlock makes the given entries block i, with room for more. Whoever passes none puts
// one into the block right away.
func (x *Index) insertBlock(i int, entries []entry) {
	b := block{entries: resized(entries, maxBlock)}
	if len(entries) > 0 {
		b = block{entries[0].id(), resized(entries, grown(len(entries)))}
	}
	x.blocks = slices.Insert(x.blocks, i, b)
}

// grown returns the capacity for a block of n entries that is to take another one.
func grown(n int) int {
	if n < fineBlock {
		return 2 * n
	}
	return min(n+n/4, maxBlock)
}

// resized returns a copy of entries with room for at least n in all, for as many as fill the
// size class of the allocator.
func resized(entries []entry, n int) []entry {
	return append(slices.Grow([]entry(nil), n), entries...)
}
