package crdt

import (
	"cmp"
	"iter"
	"slices"
	"sort"
)

// blockCap bounds the pages of a block. An insertion moves half a block on
// average, 5 kB, and 256 pages of 40 bytes are exactly one of the allocator's
// size classes.
const blockCap = 256

// pages is an index of pages sorted by id, in two levels: blocks of pages, each
// sorted, not empty, and wholly before the next. It is a B-tree of fixed height
// two. That is enough: at 10^8 pages an insertion moves half a megabyte of
// block headers once per hundred insertions.
type pages struct {
	blocks [][]page
}

// place is a position in the index: a page, or the gap before it. A gap between
// two blocks is the end of the first of them.
type place struct {
	block, at int
}

// at returns the page in a place. The pointer holds until the next insertion.
func (ps *pages) at(pl place) *page { return &ps.blocks[pl.block][pl.at] }

// find returns the page's place, or where it would go.
func (ps *pages) find(id uint64) (place, bool) {
	return ps.seek(place{}, id)
}

// seek is find for an id known to lie at or after a place, and quick if it is
// near: walking two indexes together costs a few comparisons a page.
func (ps *pages) seek(from place, id uint64) (place, bool) {
	if from.block == len(ps.blocks) {
		return from, false // the index is empty
	}
	block := ps.blocks[from.block]
	if id > block[len(block)-1].id {
		// The last block that does not start after id.
		later := ps.blocks[from.block+1:]
		n := sort.Search(len(later), func(i int) bool { return later[i][0].id > id })
		if n > 0 {
			from = place{block: from.block + n}
			block = ps.blocks[from.block]
		}
	}
	if from.at < len(block) && block[from.at].id == id {
		return from, true
	}
	n, found := slices.BinarySearchFunc(block[from.at:], id, func(p page, id uint64) int {
		return cmp.Compare(p.id, id)
	})
	return place{from.block, from.at + n}, found
}

// insert puts a page into the gap that find or seek returned for its id, and
// returns the place it got. Earlier places become invalid.
func (ps *pages) insert(gap place, p page) place {
	if len(ps.blocks) == 0 {
		ps.blocks = [][]page{{p}}
		return place{}
	}
	if len(ps.blocks[gap.block]) == blockCap {
		gap = ps.makeRoom(gap)
	}
	block := ps.blocks[gap.block]
	if len(block) == cap(block) {
		// Only the first block starts small, so that a small set is small.
		block = slices.Grow(block, min(len(block), blockCap-len(block)))
	}
	ps.blocks[gap.block] = slices.Insert(block, gap.at, p)
	return gap
}

// makeRoom returns a gap equivalent to one in a full block, in a block that is
// not full. In the middle of the block it splits it in halves. At its ends it
// does not, so that a run of insertions upwards or downwards leaves full blocks
// behind: it takes the next block, and if that is full too, a new one.
func (ps *pages) makeRoom(gap place) place {
	block, next := ps.blocks[gap.block], gap.block+1
	switch {
	case gap.at == 0:
		ps.insertBlock(gap.block)
		return gap
	case gap.at < blockCap:
		half := blockCap / 2
		ps.insertBlock(next)
		ps.blocks[next] = append(ps.blocks[next], block[half:]...)
		ps.blocks[gap.block] = block[:half]
		if gap.at <= half {
			return gap
		}
		return place{next, gap.at - half}
	case next == len(ps.blocks) || len(ps.blocks[next]) == blockCap:
		ps.insertBlock(next)
		return place{block: next}
	default:
		return place{block: next}
	}
}

// insertBlock makes room for a block of blockCap pages, still empty.
func (ps *pages) insertBlock(i int) {
	ps.blocks = slices.Insert(ps.blocks, i, make([]page, 0, blockCap))
}

// push appends a page that comes after all others.
func (ps *pages) push(p page) {
	var end place
	if n := len(ps.blocks); n > 0 {
		end = place{n - 1, len(ps.blocks[n-1])}
	}
	ps.insert(end, p)
}

// all yields the pages in order of id.
func (ps *pages) all() iter.Seq[*page] {
	return func(yield func(*page) bool) {
		for _, block := range ps.blocks {
			for i := range block {
				if !yield(&block[i]) {
					return
				}
			}
		}
	}
}

// clone returns a copy that shares no memory.
func (ps *pages) clone() pages {
	blocks := make([][]page, len(ps.blocks))
	for i, block := range ps.blocks {
		c := len(block)
		if i > 0 {
			c = blockCap
		}
		blocks[i] = append(make([]page, 0, c), block...)
	}
	return pages{blocks}
}
