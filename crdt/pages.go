package crdt

import (
	"iter"
	"slices"
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

// find returns the page's place, or the gap where it would go.
func (ps *pages) find(id uint64) (place, bool) {
	if len(ps.blocks) == 0 {
		return place{}, false
	}
	// The last block that does not start after id, or the first of all.
	b, n := 0, len(ps.blocks)
	for n > 1 {
		half := n / 2
		if ps.blocks[b+half][0].id <= id {
			b += half
		}
		n -= half
	}
	block := ps.blocks[b]
	at := lowerBound(block, 0, len(block), id)
	return place{b, at}, at < len(block) && block[at].id == id
}

// seek is find for an id at or after the one last found. Two indexes that are
// walked together take it one page on at a time, which it tries first.
func (ps *pages) seek(from place, id uint64) (place, bool) {
	if from.block == len(ps.blocks) {
		return from, false // the index is empty
	}
	block := ps.blocks[from.block]
	if block[len(block)-1].id < id {
		next := from.block + 1
		if next == len(ps.blocks) {
			return place{from.block, len(block)}, false
		}
		if ps.blocks[next][0].id != id {
			return ps.find(id)
		}
		return place{block: next}, true
	}
	lo, hi := from.at, from.at
	for step := 1; hi < len(block) && block[hi].id < id; step *= 2 {
		lo, hi = hi+1, hi+step
	}
	at := lowerBound(block, lo, min(hi, len(block)), id)
	return place{from.block, at}, block[at].id == id
}

// lowerBound returns the first i in [lo, hi) with block[i].id ≥ id, or else hi.
func lowerBound(block []page, lo, hi int, id uint64) int {
	for lo < hi {
		mid := int(uint(lo+hi) / 2)
		if block[mid].id < id {
			lo = mid + 1
		} else {
			hi = mid
		}
	}
	return lo
}

// insert puts a copy of a page into the gap that find or seek returned for its
// id, and returns the place it got. Places found earlier become invalid.
func (ps *pages) insert(gap place, p *page) place {
	if len(ps.blocks) == 0 {
		// One allocation and not two: most sets are deltas of a page.
		small := &struct {
			blocks [1][]page
			pages  [1]page
		}{pages: [1]page{*p}}
		small.blocks[0] = small.pages[:]
		ps.blocks = small.blocks[:]
		return place{}
	}
	if len(ps.blocks[gap.block]) == blockCap {
		gap = ps.makeRoom(gap)
	}
	block := &ps.blocks[gap.block]
	if len(*block) == cap(*block) {
		// Only the first block starts small, so that a small set is small. It
		// doubles to exact sizes: no block has a capacity above blockCap.
		*block = append(make([]page, 0, min(2*len(*block), blockCap)), *block...)
	}
	*block = append(*block, *p)
	if gap.at < len(*block)-1 {
		copy((*block)[gap.at+1:], (*block)[gap.at:])
		(*block)[gap.at] = *p
	}
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

// push appends a copy of a page that comes after all others.
func (ps *pages) push(p *page) {
	last := len(ps.blocks) - 1
	if last >= 0 && len(ps.blocks[last]) < cap(ps.blocks[last]) {
		ps.blocks[last] = append(ps.blocks[last], *p)
		return
	}
	var end place
	if last >= 0 {
		end = place{last, len(ps.blocks[last])}
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

// from yields the pages from the given id on, in order of id.
func (ps *pages) from(id uint64) iter.Seq[*page] {
	return func(yield func(*page) bool) {
		start, _ := ps.find(id)
		for b := start.block; b < len(ps.blocks); b++ {
			block := ps.blocks[b]
			for i := start.at; i < len(block); i++ {
				if !yield(&block[i]) {
					return
				}
			}
			start.at = 0
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
