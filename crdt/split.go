package crdt

import "fmt"

// Split cuts a state into parts whose join it is, each of at most limit bytes in
// binary form: messages that a transport will carry. A state that fits is one
// part, so there is always at least one. The parts own their memory, have no
// cell in common, and come in order of their cells.
//
// It fails if a single cell takes more than limit bytes, which a limit of at
// least MaxCell rules out, or if AppendBinary fails.
func Split[S Lattice[S]](s S, limit int) ([]S, error) {
	var ids []CellID
	for c := range s.Cells() {
		ids = append(ids, c.ID)
	}
	return split(s, ids, limit, nil)
}

// split halves the cells until they fit. That gives at most twice as many parts
// as needed if cells are of a size, and takes one encoding of s for each halving.
func split[S Lattice[S]](s S, ids []CellID, limit int, parts []S) ([]S, error) {
	part := s.Extract(ids)
	b, err := part.AppendBinary(nil)
	if err != nil {
		return nil, fmt.Errorf("crdt: split: %w", err)
	}
	if len(b) <= limit {
		return append(parts, part), nil
	}
	if len(ids) <= 1 {
		return nil, fmt.Errorf("crdt: split: a part of %d cells takes %d bytes, more than the limit of %d", len(ids), len(b), limit)
	}
	half := len(ids) / 2
	if parts, err = split(part, ids[:half], limit, parts); err != nil {
		return nil, err
	}
	return split(part, ids[half:], limit, parts)
}
