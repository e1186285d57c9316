package crdt

// Sparer is implemented by states that join and compare without making a state of what differs.
// Most deltas are small, so that to make such a state takes longer than all else. All types of
// this package are Sparers.
type Sparer[S any] interface {
	// Merge is Join for a caller who does not need the novel part.
	Merge(delta S)

	// Excess returns the number of irreducible parts of the receiver that other does not
	// dominate: Minus(other).Len(). It is zero exactly if the receiver ≤ other, and Len
	// exactly if Minus(other) is all of the receiver. The receiver is unchanged.
	Excess(other S) int
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
