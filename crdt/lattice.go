package crdt

import "iter"

// Lattice is the contract that every replicated state keeps. S is the implementing type
// itself, normally a pointer: *GSet implements Lattice[*GSet].
//
// A state is an element of a join-semilattice (Shapiro et al. 2011). Write a ⊔ b for the join
// and a ≤ b for a ⊔ b = b. Join is idempotent, commutative and associative, so replicas may
// join states in any order, any number of times. A delta is a state like any other, usually
// a small one (Almeida et al. 2018).
//
// Ownership: every state that a method returns owns its memory. No method keeps a reference
// to an argument. So the caller may change either afterwards.
//
// Concurrency: methods that only read may run side by side. Join must be alone, and so must
// every other method that changes the state. States have no locks.
//
// Keys: the digests of two states can be compared only if the states have the same hash key;
// see Key. A state that a method makes has the key of the method's receiver.
//
// Nil: neither the functions of this package nor package replica hand a nil state to a method, and the
// law kit does not either. A type of one's own need not expect one, neither as an argument nor as a
// receiver. The types of this package take a nil argument for the empty state.
//
// A type may implement Sketcher, Cutter, Divider and Sparer as well; each makes something faster
// or possible that a simple type does without.
type Lattice[S any] interface {
	// New returns an empty state.
	New() S

	// Key returns the hash key of the state.
	Key() Key

	// Clone returns an independent copy of the receiver.
	Clone() S

	// Join replaces the receiver by its join with delta, which may be the receiver itself, and
	// returns the novel part of delta: the smallest state whose join with the old receiver gives the new one. That is
	// delta.Minus(old receiver). It is empty if the receiver had all of delta.
	Join(delta S) (novel S)

	// Minus returns the smallest state d with other ⊔ d = other ⊔ receiver: the irreducible
	// parts of the receiver that other does not dominate (the optimal delta of Enes et al.
	// 2019). The receiver is unchanged.
	Minus(other S) S

	// Len returns the number of join-irreducible parts of the state: the elements of a
	// set, the entries of a counter. It is zero for the empty state and for no other.
	Len() int

	// Digest returns the state's digest. A state that changes by Join keeps its digest up to
	// date, so that reading it is O(1). A state that another method made may compute its
	// digest when it is first read.
	Digest() Digest

	// Cells yields the state's cells with ids from first on, in increasing order of id. A cell
	// is the unit in which replicas compare and repair states: a page of a GSet, an entry of a
	// counter. Two cells with the same id and the same hash have the same content.
	//
	// The sequence is lazy. To reach the first cell costs O(log cells) in a set, and a consumer
	// that stops early pays for the cells it took. The state must not change until the loop
	// has ended.
	Cells(first CellID) iter.Seq[Cell]

	// Extract returns the part of the state that lies in the given cells. Ids that the state
	// does not have are passed over, and an id that comes twice counts once.
	Extract(ids []CellID) S

	// AppendBinary appends the state's binary form to b. The form is canonical: equal states
	// under one key have equal forms. The form of a single irreducible part takes at most
	// MaxCell bytes. AppendBinary fails on a state that the form cannot describe.
	//
	// No version byte is required, nor any other tag: nothing outside of Decode reads the form. A
	// type whose form may change wants one, so that members and logs of two versions meet with
	// an error and not with another state. The forms of this package begin with a tag that names
	// the type and the version.
	AppendBinary(b []byte) ([]byte, error)

	// Decode returns the state whose binary form is data, all of data. It accepts what
	// AppendBinary writes and nothing else. It checks lengths before it allocates memory, and
	// refuses an irreducible part of more than MaxCell bytes. The receiver is unchanged.
	Decode(data []byte) (S, error)
}

// MaxCell bounds the binary form of a state of one irreducible part, in bytes. The method that
// would make a larger part returns an error, and so does Decode. A cell of several parts keeps
// the bound as well, unless the hashes that name the parts collide; see Divider. So every state
// can be cut into messages of MaxCell bytes, and a cluster whose parts are smaller can choose
// smaller messages.
const MaxCell = 64 << 10

// CellID names a cell of a state. Each lattice says what its ids stand for.
type CellID uint64

// Cell is the summary of a cell: its id, and the hash of its content under the state's Key.
type Cell struct {
	ID   CellID
	Hash Hash
}
