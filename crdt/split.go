package crdt

import (
	"errors"
	"fmt"
	"iter"
)

// ErrCellTooLarge is wrapped by the CellError of a cell that takes more bytes than a part may.
var ErrCellTooLarge = errors.New("cell takes more bytes than a part may have")

// CellError is the error that Split yields in place of a cell.
type CellError struct {
	ID  CellID
	Err error // wraps ErrCellTooLarge, or is the error of AppendBinary
}

func (e *CellError) Error() string { return fmt.Sprintf("crdt: cell %#x: %v", uint64(e.ID), e.Err) }

func (e *CellError) Unwrap() error { return e.Err }

func tooLarge(id CellID, size, limit int) error {
	return &CellError{id, fmt.Errorf("%w: %d of %d", ErrCellTooLarge, size, limit)}
}

// Cutter is implemented by states that can cut a part off themselves at less cost than Split
// can by trying. All types of this package are Cutters.
type Cutter[S any] interface {
	// Cut returns the cells of the state from first on, as many as take at most limit bytes
	// in binary form, and the id of the last of them. The part is empty if there is no cell
	// from first on. If the first cell alone takes more than limit bytes, err is a *CellError
	// for it, the part is empty, and last is the cell's id.
	Cut(first CellID, limit int) (part S, last CellID, err error)
}

// Divider is implemented by states that can have several irreducible parts in one cell, because
// cells are named by hashes and two hashes may collide. Such a cell may be larger than MaxCell.
// No replica can refuse it: each of its parts may have been made elsewhere, and Join cannot
// fail. A Divider can be sent one part of the cell at a time. KeySet, Collections and
// the counters are Dividers.
type Divider[S any] interface {
	// Divide returns two states that are smaller than the receiver, have no irreducible part
	// in common, and join to the receiver. Both own their memory. The receiver has two
	// irreducible parts or more, and is unchanged.
	Divide() (first, rest S)
}

// Split cuts the cells of a state from first on into parts of at most limit bytes each in
// binary form: messages that a transport carries. The parts own their memory, come in order of
// their cells, and join to the state from first on. No part is empty: a state without a
// cell from first on has no parts. A state that fits limit is one part.
//
// A part is made when the loop asks for it, and a loop that ends early spares the rest. The
// state must not change until the loop has ended. A Cutter fills every part with as many cells
// as fit. The parts of another state are found by trying, at the cost of two or three
// encodings each; all but the last fill seven eighths of limit, unless that takes a fraction of
// a cell. (This takes a binary form that grows with the cells in it.)
//
// No two parts have a cell in common, with one exception: a Divider's cell of more than limit
// bytes is divided, and its pieces are parts of their own.
//
// In place of a part the loop may get an error, always a *CellError: a cell, or a piece of one
// that cannot be divided, takes more than limit bytes, or AppendBinary fails on it. No part
// has it, and the loop goes on behind it.
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

// cutAll yields the parts of a Cutter.
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

// divideCells passes on the parts of a Divider, and the pieces of each cell that is too large
// in place of its error.
func divideCells[S Lattice[S]](s S, parts iter.Seq2[S, error], limit int) iter.Seq2[S, error] {
	return func(yield func(S, error) bool) {
		for part, err := range parts {
			goesOn := false
			if large := new(CellError); errors.As(err, &large) && errors.Is(err, ErrCellTooLarge) {
				goesOn = divide(s.Extract([]CellID{large.ID}), large.ID, limit, yield)
			} else {
				goesOn = yield(part, err)
			}
			if !goesOn {
				return
			}
		}
	}
}

// divide yields a state of one cell if it takes at most limit bytes, and otherwise its pieces
// that do. It yields a CellError for each piece that neither fits nor can be divided. It
// returns false as soon as yield does.
func divide[S Lattice[S]](cell S, id CellID, limit int, yield func(S, error) bool) bool {
	var none S
	encoded, err := cell.AppendBinary(nil)
	switch {
	case err != nil:
		return yield(none, &CellError{id, err})
	case len(encoded) <= limit:
		return yield(cell, nil)
	}
	if d, ok := any(cell).(Divider[S]); ok && cell.Len() > 1 {
		first, rest := d.Divide()
		if n := cell.Len(); first.Len() < n && rest.Len() < n { // else Divide would go on for ever
			return divide(first, id, limit, yield) && divide(rest, id, limit, yield)
		}
	}
	return yield(none, tooLarge(id, len(encoded), limit))
}
