package crdt

import "iter"

// Lattice is the contract every replicated state keeps. S is the implementing
// type itself, normally a pointer: *GSet implements Lattice[*GSet].
//
// A state is an element of a join-semilattice (Shapiro et al. 2011). Write
// a ⊔ b for the join and a ≤ b for a ⊔ b = b. Join is idempotent, commutative
// and associative, so states may be merged in any order, any number of times.
// A delta is a state like any other, usually a small one (Almeida et al. 2018).
//
// Ownership: every state a method returns owns its memory. A method never
// keeps a reference to an argument, so the caller may go on changing either.
//
// Concurrency: methods that only read may run side by side; Join must be alone. States
// do not lock.
//
// States are comparable by Digest only if they share a hash key (see Key);
// states made from one another by New, Clone, Minus, Extract and Decode do.
type Lattice[S any] interface {
	// New returns an empty state with the receiver's hash key.
	New() S

	// Key returns the hash key of the state.
	Key() Key

	// Clone returns an independent copy of the receiver.
	Clone() S

	// Join replaces the receiver by its join with delta and returns the novel
	// part: the smallest state whose join with the old receiver gives the new
	// one, which is delta.Minus(old receiver). It is empty if delta was known.
	Join(delta S) (novel S)

	// Minus returns the smallest state d with other ⊔ d = other ⊔ receiver: the
	// join-irreducible parts of the receiver that other does not dominate, the
	// optimal delta of Enes et al. 2019. The receiver is unchanged.
	Minus(other S) S

	// Len is the number of join-irreducible parts in the state: the elements
	// of a set, the entries of a counter. Zero means empty (bottom).
	Len() int

	// Digest summarises the state in constant size. It is kept up on every
	// change, so that reading it is O(1).
	Digest() Digest

	// Cells yields the state cut into cells, those with ids from first on, in increasing
	// order of id. A cell is the unit in which two states are compared and mended: a page
	// of a set, an entry of a counter. Cells with equal ids and hashes are equal.
	//
	// The sequence is lazy: a consumer that stops early pays for what it took and little
	// more. The state must not change until the loop has ended.
	Cells(first CellID) iter.Seq[Cell]

	// Extract returns the part of the state that lies in the given cells. Ids
	// that the state does not have are passed over; duplicates count once.
	Extract(ids []CellID) S

	// AppendBinary appends the state's versioned binary form to b. The form is
	// canonical: equal states have equal encodings. That of a single irreducible part is at
	// most MaxCell bytes long. It fails on nil, and on a state that the form cannot describe.
	AppendBinary(b []byte) ([]byte, error)

	// Decode returns the state whose binary form is data, all of data, with the
	// receiver's hash key. It trusts nothing: lengths are checked before
	// memory is allocated, an irreducible part larger than MaxCell is an error, and every
	// accepted input is canonical. The receiver is unchanged and serves only as the factory.
	Decode(data []byte) (S, error)
}

// MaxCell bounds the binary form of a state of one irreducible part, in bytes, and so that of a
// cell, unless several parts share it because the hashes that name them collide (see
// Divider). What would be larger is refused where it is made, and by Decode. So every
// state can be cut into messages of MaxCell bytes, or of less if the application's parts are
// smaller.
const MaxCell = 64 << 10

// CellID names a cell of a state. What it stands for is the lattice's affair.
type CellID uint64

// Cell is the summary of one cell: its name and the hash of its content.
type Cell struct {
	ID   CellID
	Hash Hash
}

// Range returns the part of a state in cells with ids from first to last, both included.
func Range[S Lattice[S]](s S, first, last CellID) S {
	var ids []CellID
	for c := range s.Cells(first) {
		if c.ID > last {
			break
		}
		ids = append(ids, c.ID)
	}
	return s.Extract(ids)
}
