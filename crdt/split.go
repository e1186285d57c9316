package crdt

import (
	"errors"
	"fmt"
	"iter"
	"math"
)

// ErrCellTooLarge is wrapped by the CellError of a cell that no part has room for.
var ErrCellTooLarge = errors.New("cell takes more bytes than a part may have")

// CellError is the error that Split yields instead of a cell.
type CellError struct {
	ID  CellID
	Err error // wraps ErrCellTooLarge, or is that of AppendBinary
}

func (e *CellError) Error() string { return fmt.Sprintf("crdt: cell %#x: %v", uint64(e.ID), e.Err) }

func (e *CellError) Unwrap() error { return e.Err }

func tooLarge(id CellID, size, limit int) error {
	return &CellError{id, fmt.Errorf("%w: %d of %d", ErrCellTooLarge, size, limit)}
}

// Cutter is implemented by states that can cut a part off themselves at less cost than Split
// can by trying. GSet, KeySet and the counters do.
type Cutter[S any] interface {
	// Cut returns the cells of the state from first on, as many as take at most limit bytes
	// in binary form, and the id of the last of them. If there is no cell from first on
	// the part is empty. If the first cell alone takes more than limit bytes, err is a
	// *CellError for it, the part is empty, and last is its id.
	Cut(first CellID, limit int) (part S, last CellID, err error)
}

// Split cuts the cells of a state from first on into parts, each of at most limit bytes in
// binary form: messages that a transport will carry. The parts own their memory, have no
// cell in common, come in order of their cells, and their join is the state from first on.
// No part is empty; a state without a cell from first on has none. What fits is one part.
//
// A part is made when the loop asks for it, and a loop that ends early spares the rest. The
// state must not change until the loop has ended. A Cutter fills every part with as many
// cells as fit. Parts of other states are found by trying, at the cost of two or three
// encodings; all but the last fill seven eighths of the limit, unless that takes a fraction
// of a cell. (For that the binary form must grow with the cells in it.)
//
// Instead of a part a pair may have an error, always a *CellError: a single cell takes more
// than limit bytes, or AppendBinary fails on it. The cell is in no part, and the loop goes
// on with the one after it. The cells of a Divider are divided before it comes to that: such
// a cell may be in several parts, and an error is about a part of it.
func Split[S Lattice[S]](s S, first CellID, limit int) iter.Seq2[S, error] {
	parts := cutByTrying(s, first, limit)
	if own, ok := any(s).(Cutter[S]); ok {
		parts = cutAll(own, first, limit)
	}
	if _, ok := any(s).(Divider[S]); ok {
		parts = divideCells(s, parts, limit)
	}
	return parts
}

// cutByTrying is Split of a state that neither cuts nor divides itself.
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

// cutAll is Split of a state that cuts itself and does not divide.
func cutAll[S Lattice[S]](s Cutter[S], first CellID, limit int) iter.Seq2[S, error] {
	return func(yield func(S, error) bool) {
		for {
			part, last, err := s.Cut(first, limit)
			if err == nil && part.Len() == 0 || !yield(part, err) || last == ^CellID(0) {
				return
			}
			first = last + 1
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

// cut returns the next part, of which there is at least one cell. It tries numbers of cells
// in proportion to the size that the last try had, and stops when a part is full enough. A first part must also be known not to be all there is.
func (c *cutter[S]) cut() (part S, err error) {
	fits, tooMany := 0, math.MaxInt // cells
	full := false
	for {
		n := c.look(min(max(c.guess, fits+1), tooMany-1))
		try := c.whole.Extract(c.ids[:n])
		size, err := c.size(try)
		switch {
		case err == nil && size <= c.limit:
			part, fits, full = try, n, size >= c.limit-c.limit/8
		case n > 1:
			tooMany = n
		default:
			if err != nil {
				err = &CellError{c.ids[0], err}
			} else {
				err = tooLarge(c.ids[0], size, c.limit)
			}
			c.drop(1)
			return part, err
		}
		// So many should take fifteen sixteenths of the limit.
		guess := float64(n) * float64(c.limit-c.limit/16) / float64(max(size, 1))
		c.guess = int(min(guess, math.MaxInt32))
		all := c.ended && fits == len(c.ids)
		if all || fits+1 == tooMany || full && (c.cuts > 0 || tooMany < math.MaxInt) {
			c.drop(fits)
			c.cuts++
			return part, nil
		}
		c.aim(n, fits, tooMany)
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

// aim bounds the guess for the next try, after one of n cells. fits cells are known to fit,
// and tooMany not to.
func (c *cutter[S]) aim(n, fits, tooMany int) {
	if tooMany == math.MaxInt {
		// Not too far: what is to come may be larger than what was seen.
		c.guess = min(max(c.guess, n+n/4+1), 8*n)
		return
	}
	quarter := (tooMany - fits) / 4 // at least, so that a few tries do
	c.guess = min(max(c.guess, fits+quarter), tooMany-quarter)
}
