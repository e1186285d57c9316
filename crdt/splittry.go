package crdt

import (
	"iter"
	"math"
)

// cutByTrying yields the parts of a state that is no Cutter.
func cutByTrying[S Lattice[S]](s S, first CellID, limit int) iter.Seq2[S, error] {
	return func(yield func(S, error) bool) {
		next, stop := iter.Pull(s.Cells(first))
		defer stop()
		c := cutter[S]{whole: s, limit: limit, next: next, guess: 1 + limit/32}
		for c.look(1) > 0 {
			if part, err := c.cut(); !yield(part, err) {
				return
			}
		}
	}
}

// cutter cuts one part after another off a state.
type cutter[S Lattice[S]] struct {
	whole S
	limit int
	next  func() (Cell, bool)
	ids   []CellID // of cells that were looked at and are in no part yet
	ended bool     // there are no more cells to look at
	guess int      // of how many cells fit the next part
	buf   []byte   // room for an encoding
}

// look looks at cells until ids has n of them, or all that are left, and returns how many.
func (c *cutter[S]) look(n int) int {
	for len(c.ids) < n && !c.ended {
		cell, ok := c.next()
		if !ok {
			c.ended = true
			break
		}
		c.ids = append(c.ids, cell.ID)
	}
	return min(n, len(c.ids))
}

// cut returns the next part. At least one cell is left. Each try takes a number of cells in
// proportion to the size that the last try had; the tries end when a part is full enough.
func (c *cutter[S]) cut() (part S, err error) {
	fits, tooMany := 0, math.MaxInt // cells
	for {
		n := c.look(min(max(c.guess, fits+1), tooMany-1))
		try := c.whole.Extract(c.ids[:n])
		size, err := c.size(try)
		full := false
		switch {
		case err == nil && size <= c.limit:
			part, fits, full = try, n, size >= c.limit-c.limit/8
		case n > 1:
			tooMany = n
		case err == nil:
			err = tooLarge(c.ids[0], size, c.limit)
			c.drop(1)
			return part, err
		default:
			err = &CellError{c.ids[0], err}
			c.drop(1)
			return part, err
		}
		// So many cells should take fifteen sixteenths of the limit.
		guess := float64(n) * float64(c.limit-c.limit/16) / float64(max(size, 1))
		c.guess = int(min(guess, math.MaxInt32))
		if full || fits+1 == tooMany || c.ended && fits == len(c.ids) {
			c.drop(fits)
			return part, nil
		}
		c.bound(n, fits, tooMany)
	}
}

// size returns the length of a part in binary form.
func (c *cutter[S]) size(part S) (int, error) {
	var err error
	c.buf, err = part.AppendBinary(c.buf[:0])
	return len(c.buf), err
}

// drop forgets the first n ids.
func (c *cutter[S]) drop(n int) { c.ids = append(c.ids[:0], c.ids[n:]...) }

// bound bounds the guess for the next try, after one of n cells. fits cells are known to fit,
// and tooMany not to.
func (c *cutter[S]) bound(n, fits, tooMany int) {
	if tooMany == math.MaxInt {
		// Not too far: the cells to come may be larger than those seen.
		c.guess = min(max(c.guess, n+n/4+1), 8*n)
		return
	}
	quarter := (tooMany - fits) / 4 // at least, so that a few tries do
	c.guess = min(max(c.guess, fits+quarter), tooMany-quarter)
}
