// Package riblt finds the difference of two sets at a cost that depends on the size of
// the difference and not on the sizes of the sets. It is a rateless invertible Bloom
// lookup table (Yang, Gilad and Alizadeh, "Practical Rateless Set Reconciliation",
// SIGCOMM 2024, arXiv 2402.02668) with an estimator of the difference (Alon, Matias and
// Szegedy 1996).
//
// The set is one of [Item] values. Package crdt makes an item of each cell of a state, so
// that two replicas find the cells in which their states differ.
//
// A [Sketch] of a set is the beginning of an endless sequence of coded symbols. Every item
// is mapped to some of them, at random but to the same ones everywhere: to symbol 0 for
// sure, and ever more thinly from there on (mapping.go). A coded symbol is the exclusive or
// of the items mapped to it. So one sketch subtracted from another is the sketch of the
// items that only one of the two sets has: the items that both have cancel out. If the
// sketch is long enough for what is left, [Sketch.Peel] reads the items off again.
//
//	ours.Subtract(theirs)              // coded symbols of the difference
//	items, complete, err := ours.Peel()
//
// Any prefix of a sketch is a sketch, and decodes some n/1.35 differences from n coded
// symbols, fewer if n is small: n = 1.7·d for d = 10 differences, 1.45·d for 100, on
// average. Nobody has to know the difference beforehand: who cannot decode a sketch asks
// for a longer one. [Sketch.Difference] estimates the difference from sketches of any
// length, even of none, and [SketchLen] tells how many coded symbols to send for it.
//
// Two things differ from the paper. A coded symbol does not count its items. In the paper
// the count helps to tell a pure symbol, and says which set its item is from. Here the
// item's checksum alone tells (24 bits, and that the item is mapped to the symbol it was
// found in), and which set an item is from is found by looking it up in one's own; that
// saves a coded symbol two to four bytes of some ten. And the square root in an item's
// mapping is computed without one.
//
// Everything is deterministic: the same items give the same coded symbols on every
// machine. A Sketch does not lock. Methods that only read may run side by side; Add,
// Remove, Subtract and Peel must be alone.
//
// # Glossary
//
//	item           a member of the set: a 64-bit id and a 24-bit tag
//	coded symbol   the exclusive or of all items mapped to it, with their checksums
//	mapping        which coded symbols an item is in
//	pure           said of a coded symbol that has exactly one item
//	checksum       24 bits computed from an item, by which a pure symbol is told
//	peel           to take the item of a pure symbol out of all its symbols, again and again
//	sketch         the first n coded symbols of a set, its number of items, its estimator
//	estimator      sixteen counters from which the size of a difference is estimated
package riblt
