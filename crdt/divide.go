package crdt

import (
	"errors"
	"iter"
)

// Divider is implemented by states of which one cell may be longer than MaxCell, since cells
// are named by hashes and the parts of a state whose hashes collide share a cell. No replica
// can refuse such a cell: each part of it may have been made elsewhere, and Join cannot fail.
// So it must be possible to send one part of the cell without the others. KeySet, GCounter and
// PNCounter are Dividers.
type Divider[S any] interface {
	// Divide returns two states that are smaller than the receiver, have no irreducible part
	// in common, and join to the receiver. Both own their memory. The receiver, which has
	// two irreducible parts or more, is unchanged.
	Divide() (first, rest S)
}

// divideCells passes on the parts of a state, and instead of the error for a cell that takes
// more than limit bytes the parts of that cell.
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

// divide passes a state of one cell to yield if it takes limit bytes at most, and otherwise the
// states it can be divided into that do. For each that neither fits nor can be divided it
// passes a CellError. It returns false as soon as yield does.
func divide[S Lattice[S]](cell S, id CellID, limit int, yield func(S, error) bool) bool {
	var none S
	form, err := cell.AppendBinary(nil)
	switch d, ok := any(cell).(Divider[S]); {
	case err != nil:
		return yield(none, &CellError{id, err})
	case len(form) <= limit:
		return yield(cell, nil)
	case ok && cell.Len() > 1:
		first, rest := d.Divide()
		return divide(first, id, limit, yield) && divide(rest, id, limit, yield)
	default:
		return yield(none, tooLarge(id, len(form), limit))
	}
}
