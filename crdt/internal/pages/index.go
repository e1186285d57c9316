package pages

import (
	"fmt"
	"iter"
	"slices"
)

// BlockCap bounds the pages of a block. An insertion moves half a block on
// average, 5 kB, and 256 pages of 40 bytes are exactly one of the allocator's
// size classes.
const BlockCap = 256

// Index is a sequence of pages sorted by id, in two levels: blocks of pages, each
// sorted, not empty, and wholly before the next. It is a B-tree of fixed height
// two. That is enough: at 10^8 pages an insertion moves half a megabyte of
// block headers once per hundred insertions.
//
// The zero value is an empty index. An Index must not be copied by assignment while
// both copies are in use: the copy of a small one shares its memory. Use CloneFrom.
type Index struct {
	// A small index has one block, or none if that is nil; one of a page has memory for it.
	// Most sets are deltas of a page: they are one allocation, that of the struct that the
	// index is in, and as few bytes as it can have.
	small [1][]Page
	first [1]Page

	large *large // the blocks, as soon as there are two
}

// large is two blocks and more. The ids of their first pages lie side by side, since that is
// what a search goes over.
type large struct {
	blocks [][]Page
	firsts []uint64
}

// blocks returns the blocks. Changing them changes the index.
func (x *Index) blocks() [][]Page {
	switch {
	case x.large != nil:
		return x.large.blocks
	case x.small[0] == nil:
		return nil
	}
	return x.small[:]
}

// Place is a position in the index: a page, or the gap before it. A gap between
// two blocks is the end of the first of them.
type Place struct {
	block, at int
}

// At returns the page in a place. The pointer holds until the next insertion.
func (x *Index) At(pl Place) *Page { return &x.blocks()[pl.block][pl.at] }

// End returns the place behind all pages.
func (x *Index) End() Place { return Place{block: len(x.blocks())} }

// Find returns the page's place, or the gap where it would go.
func (x *Index) Find(id uint64) (Place, bool) {
	b, block := 0, x.small[0]
	if x.large != nil {
		// The last block that does not start after id, or the first of all.
		firsts := x.large.firsts
		for n := len(firsts); n > 1; {
			half := n / 2
			if firsts[b+half] <= id {
				b += half
			}
			n -= half
		}
		block = x.large.blocks[b]
	}
	at := lowerBound(block, 0, len(block), id)
	return Place{b, at}, at < len(block) && block[at].ID == id
}

// Seek is Find for an id at or after the one last found. Two indexes that are
// walked together take it one page on at a time, which it tries first.
func (x *Index) Seek(from Place, id uint64) (Place, bool) {
	blocks := x.blocks()
	if len(blocks) == 0 {
		return Place{}, false
	}
	block := blocks[from.block]
	if block[len(block)-1].ID < id {
		next := from.block + 1
		if next == len(blocks) {
			return Place{from.block, len(block)}, false
		}
		if blocks[next][0].ID != id {
			return x.Find(id)
		}
		return Place{block: next}, true
	}
	lo, hi := from.at, from.at
	for step := 1; hi < len(block) && block[hi].ID < id; step *= 2 {
		lo, hi = hi+1, hi+step
	}
	at := lowerBound(block, lo, min(hi, len(block)), id)
	return Place{from.block, at}, block[at].ID == id
}

// lowerBound returns the first i in [lo, hi) with block[i].ID ≥ id, or else hi.
func lowerBound(block []Page, lo, hi int, id uint64) int {
	for lo < hi {
		mid := int(uint(lo+hi) / 2)
		if block[mid].ID < id {
			lo = mid + 1
		} else {
			hi = mid
		}
	}
	return lo
}

// Insert puts a copy of a page into the gap that Find or Seek returned for its
// id, and returns the place it got. Places found earlier become invalid.
func (x *Index) Insert(gap Place, p *Page) Place {
	if x.blocks() == nil {
		x.first[0] = *p
		x.small[0] = x.first[:]
		return Place{}
	}
	if len(x.blocks()[gap.block]) == BlockCap {
		gap = x.makeRoom(gap)
	}
	block := &x.blocks()[gap.block]
	if len(*block) == cap(*block) {
		// Only the first block starts small, so that a small set is small. It
		// doubles to exact sizes: no block has a capacity above BlockCap.
		*block = append(make([]Page, 0, min(2*len(*block), BlockCap)), *block...)
	}
	*block = append(*block, *p)
	if gap.at < len(*block)-1 {
		copy((*block)[gap.at+1:], (*block)[gap.at:])
		(*block)[gap.at] = *p
	}
	if gap.at == 0 && x.large != nil {
		x.large.firsts[gap.block] = p.ID
	}
	return gap
}

// makeRoom returns a gap equivalent to one in a full block, in a block that is
// not full. In the middle of the block it splits it in halves. At its ends it
// does not, so that a run of insertions upwards or downwards leaves full blocks
// behind: it takes the next block, and if that is full too, a new one.
func (x *Index) makeRoom(gap Place) Place {
	blocks, next := x.blocks(), gap.block+1
	switch {
	case gap.at == 0:
		x.insertBlock(gap.block)
		return gap
	case gap.at < BlockCap:
		half := BlockCap / 2
		blocks = x.insertBlock(next)
		block := blocks[gap.block]
		blocks[next] = append(blocks[next], block[half:]...)
		blocks[gap.block] = block[:half]
		x.large.firsts[next] = block[half].ID
		if gap.at <= half {
			return gap
		}
		return Place{next, gap.at - half}
	case next == len(blocks) || len(blocks[next]) == BlockCap:
		x.insertBlock(next)
		return Place{block: next}
	default:
		return Place{block: next}
	}
}

// insertBlock makes room for a block of BlockCap pages, still empty, and returns the blocks.
func (x *Index) insertBlock(i int) [][]Page {
	if x.large == nil {
		only := x.small[0]
		x.large = &large{[][]Page{only}, []uint64{only[0].ID}}
		x.small[0] = nil
	}
	l := x.large
	l.blocks = slices.Insert(l.blocks, i, make([]Page, 0, BlockCap))
	l.firsts = slices.Insert(l.firsts, i, 0) // until it has a page
	return l.blocks
}

// Push appends a copy of a page that comes after all others.
func (x *Index) Push(p *Page) {
	blocks := x.blocks()
	if len(blocks) == 0 {
		x.Insert(Place{}, p)
		return
	}
	last := len(blocks) - 1
	if block := blocks[last]; len(block) < cap(block) {
		blocks[last] = append(block, *p)
		return
	}
	x.Insert(Place{last, len(blocks[last])}, p)
}

// All yields the pages in order of id.
func (x *Index) All() iter.Seq[*Page] {
	return func(yield func(*Page) bool) {
		for _, block := range x.blocks() {
			for i := range block {
				if !yield(&block[i]) {
					return
				}
			}
		}
	}
}

// From yields the pages from the given id on, in order of id, with their places.
func (x *Index) From(id uint64) iter.Seq2[Place, *Page] {
	return func(yield func(Place, *Page) bool) {
		start, _ := x.Find(id)
		blocks := x.blocks()
		for b := start.block; b < len(blocks); b++ {
			block := blocks[b]
			for i := start.at; i < len(block); i++ {
				if !yield(Place{b, i}, &block[i]) {
					return
				}
			}
			start.at = 0
		}
	}
}

// Skip returns the id of the n-th page, counted from 0, from the given id on.
func (x *Index) Skip(id uint64, n int) (uint64, bool) {
	start, _ := x.Find(id)
	at := start.at
	for _, block := range x.blocks()[min(start.block, len(x.blocks())):] {
		if n < len(block)-at {
			return block[at+n].ID, true
		}
		n -= len(block) - at
		at = 0
	}
	return 0, false
}

// CloneFrom makes the empty index x an independent copy of y.
func (x *Index) CloneFrom(y *Index) {
	blocks := y.blocks()
	switch {
	case len(blocks) == 0:
	case len(blocks) == 1 && len(blocks[0]) == 1:
		x.Insert(Place{}, &blocks[0][0])
	case len(blocks) == 1: // a small index has only the room it needs
		x.small[0] = append(make([]Page, 0, len(blocks[0])), blocks[0]...)
	default:
		copies := make([][]Page, len(blocks))
		for i, block := range blocks {
			copies[i] = append(make([]Page, 0, BlockCap), block...)
		}
		x.large = &large{copies, slices.Clone(y.large.firsts)}
	}
}

// CopyRange makes the empty index x a copy of the pages of y in places from first to before
// end, which are pages of y, or its end.
func (x *Index) CopyRange(y *Index, first, end Place) {
	blocks := y.blocks()
	var copies [][]Page
	for b := first.block; b <= end.block && b < len(blocks); b++ {
		block := blocks[b]
		if b == end.block {
			block = block[:end.at]
		}
		if b == first.block {
			block = block[first.at:]
		}
		if len(block) > 0 {
			copies = append(copies, append(make([]Page, 0, len(block)), block...))
		}
	}
	switch len(copies) {
	case 0:
	case 1:
		x.small[0] = copies[0]
	default:
		x.large = &large{copies, make([]uint64, 0, len(copies))}
		for _, block := range copies {
			x.large.firsts = append(x.large.firsts, block[0].ID)
		}
	}
}

// Check returns an error unless the index is in order: blocks within bounds and not empty,
// pages sorted and not empty. It is for tests.
func (x *Index) Check() error {
	var last *Page
	for i, block := range x.blocks() {
		if x.large != nil && x.large.firsts[i] != block[0].ID {
			return fmt.Errorf("block %d starts at page %x, not at %x", i, block[0].ID, x.large.firsts[i])
		}
		if len(block) == 0 || len(block) > BlockCap || cap(block) > BlockCap {
			return fmt.Errorf("block %d of %d has %d pages and room for %d", i, len(x.blocks()), len(block), cap(block))
		}
	}
	for p := range x.All() {
		if last != nil && last.ID >= p.ID {
			return fmt.Errorf("page %x comes after %x", p.ID, last.ID)
		}
		if p.Empty() || p.ID >= 1<<IDBits {
			return fmt.Errorf("page %x with words %x", p.ID, p.Words)
		}
		last = p
	}
	return nil
}

// Room returns the number of blocks, and of pages that they have room for.
func (x *Index) Room() (blocks, pages int) {
	for _, block := range x.blocks() {
		pages += cap(block)
	}
	return len(x.blocks()), pages
}
