package crdt

// Sparer is implemented by states that spare a caller what the methods of Lattice make and the
// caller does not need: the state of what differs, where it is dropped or only counted, and the
// hashes of cells that are passed over. Most deltas are small, so that to make such a state
// takes longer than all else. All types of this package are Sparers.
type Sparer[S any] interface {
	// Merge is Join for a caller who does not need the novel part. It must be alone, as Join
	// must.
	Merge(delta S)

	// Excess returns the number of irreducible parts of the receiver that other does not
	// dominate: Minus(other).Len(). It is zero exactly if the receiver ≤ other, and Len
	// exactly if Minus(other) is all of the receiver. The receiver is unchanged.
	Excess(other S) int

	// Skip returns the id of the n-th cell from first on, the first such cell being number 0.
	// ok is false if there are not so many, or if n is below 0.
	Skip(first CellID, n int) (id CellID, ok bool)
}

// Merge joins delta into s, and does not make the novel part if s is a Sparer.
func Merge[S Lattice[S]](s, delta S) {
	if own, ok := any(s).(Sparer[S]); ok {
		own.Merge(delta)
		return
	}
	s.Join(delta)
}

// Excess returns the number of irreducible parts of s that other does not dominate, and does not
// make a state of them if s is a Sparer.
func Excess[S Lattice[S]](s, other S) int {
	if own, ok := any(s).(Sparer[S]); ok {
		return own.Excess(other)
	}
	return s.Minus(other).Len()
}

// Skip returns the id of the n-th cell of s from first on, the first such cell being number 0. ok
// is false if there are not so many, or if n is below 0. If s is a Sparer it hashes no cell.
func Skip[S Lattice[S]](s S, first CellID, n int) (id CellID, ok bool) {
	if n < 0 {
		return 0, false
	}
	if own, ok := any(s).(Sparer[S]); ok {
		return own.Skip(first, n)
	}
	for c := range s.Cells(first) {
		if n == 0 {
			return c.ID, true
		}
		n--
	}
	return 0, false
}
