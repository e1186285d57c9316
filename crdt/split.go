package crdt

import (
	"fmt"
	"iter"
	"math"
)

// Split cuts a state into parts whose join it is, each of at most limit bytes in
// binary form: messages that a transport will carry. The parts own their memory,
// have no cell in common, and come in order of their cells.
//
// A state that fits is one part, even an empty one. Otherwise all parts but the last
// fill seven eighths of the limit, unless that takes a fraction of a cell. (For
// both, the binary form must grow with the cells in it.)
//
// A part is made when the loop asks for it, at the cost of two or three encodings,
// more where the sizes of cells change. A loop that ends early spares the rest. The
// state must not change until the loop has ended.
//
// Instead of a part the last pair may have an error: if a single cell takes more
// than limit bytes, which a limit of at least MaxCell rules out, or if AppendBinary
// fails.
func Split[S Lattice[S]](s S, limit int) iter.Seq2[S, error] {
	return func(yield func(S, error) bool) {
		next, stop := iter.Pull(s.Cells())
		defer stop()
		c := cutter[S]{whole: s, limit: limit, next: next, guess: 1 + limit/32}
		for {
			part, err := c.cut()
			if err != nil {
				var none S
				yield(none, fmt.Errorf("crdt: split: %w", err))
				return
			}
			if !yield(part, nil) || c.look(1) == 0 {
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
	cuts  int
	guess int    // how many cells the next part may have
	buf   []byte // room for an encoding
}

// look looks at cells until there are n in ids, or all, and returns their number.
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

// cut returns the next part. It tries numbers of cells in proportion to the size
// that the last try had, and stops when a part is full enough. A first part must
// also be known not to be all there is.
func (c *cutter[S]) cut() (part S, err error) {
	fits, tooMany := 0, math.MaxInt // cells
	full := false
	for {
		n := c.look(min(max(c.guess, fits+1), tooMany-1))
		try := c.whole.Extract(c.ids[:n])
		if c.buf, err = try.AppendBinary(c.buf[:0]); err != nil {
			return part, err
		}
		size := len(c.buf)
		if size <= c.limit {
			part, fits, full = try, n, size >= c.limit-c.limit/8
		} else if tooMany = n; n <= 1 {
			return part, fmt.Errorf("a part of %d cells takes %d bytes, more than the limit of %d", n, size, c.limit)
		}
		// So many should take fifteen sixteenths of the limit.
		c.guess = int(float64(n) * float64(c.limit-c.limit/16) / float64(max(size, 1)))
		all := c.ended && fits == len(c.ids)
		if all || fits+1 == tooMany || full && (c.cuts > 0 || tooMany < math.MaxInt) {
			c.ids = append(c.ids[:0], c.ids[fits:]...)
			c.cuts++
			return part, nil
		}
		if tooMany == math.MaxInt {
			// Not too far: what is to come may be larger than what was seen.
			c.guess = min(max(c.guess, n+n/4+1), 8*n)
		} else {
			quarter := (tooMany - fits) / 4 // at least, so that a few tries do
			c.guess = min(max(c.guess, fits+quarter), tooMany-quarter)
		}
	}
}
