// Package crdt has the states that replicas share. They are states of join-semilattices: two
// states can be joined, in any order and any number of times, and replicas that have joined the
// same updates have equal states.
//
// # Types
//
//	GSet       a set of integers that only grows
//	KeySet     a set of byte strings that only grows
//	GCounter   a counter that only grows
//	PNCounter  a counter that goes up and down
//
//	Collections  a map of named sets of byte strings and counters, which only grow
//
// All of them implement [Lattice], the contract that package replica works with. A type of your
// own takes less than 60 lines: see the max-register among the examples of crdt/crdttest, whose
// law kit tells whether the type keeps the contract.
//
// # Updates and deltas
//
// A delta is a small state. It is joined like any other:
//
//	key := crdt.Key{...}             // drawn at random, the same in the whole cluster
//	set := crdt.NewGSet(key)
//	delta := crdt.NewGSet(key, 1, 2) // an update
//	novel := set.Join(delta)         // {1 2}: the part of the delta that set did not have
//	novel = set.Join(delta)          // {}: to join a delta again changes nothing
//
// The delta of a counter is made from the counter's state, and must be joined into it before the
// next delta of the same [Origin] is made:
//
//	delta, err := counter.Increment(crdt.Origin{Node: "n1", Incarnation: start}, 5)
//	if err != nil { ... } // the entry would pass 2^64-1, or the origin is malformed
//	counter.Join(delta)
//
// Join returns the novel part of its argument, and [Lattice] Minus the part of a state that
// another one lacks. Both are the smallest states there are that do. [Merge] and [Excess] are for
// callers who need no such state.
//
// # Comparing two states
//
// Replicas find out in three steps, each of which costs more than the one before, where their
// states differ:
//
//   - Digests. [Digest] is a count and a 127-bit hash. Equal states have equal digests. The
//     digests of disjoint states add up, so a state without a part has the difference of two
//     digests. The hash is keyed: [Key] says what a known key costs.
//   - Cells. Every state is cut into cells, each with an id and a hash ([Cell]): a set into pages
//     or elements, a counter into its entries, Collections into both. States differ where their cells do.
//   - Sketches. [SketchOf] makes a sketch of a state's cells (package crdt/riblt). Two replicas
//     exchange sketches to find the cells in which they differ; the sketch is as long as the
//     difference calls for, however large the states are. The example of SketchOf has all of it.
//
// Extract then makes the delta of the cells that differ.
//
// # Binary form
//
// AppendBinary and Decode are inverse to each other. The form starts with a tag that names the
// type and the version, and is canonical: equal states have equal forms, and Decode refuses
// anything else. Decode is safe on input from anyone. It checks lengths before it allocates,
// the memory it makes is bounded by a multiple of the input, and it never panics.
//
// [Split] cuts a state into parts that fit a transport's messages. An element that
// takes more than [MaxCell] bytes is refused where it is inserted and where it is decoded.
//
// # Why Collections are no map of lattices
//
// A Map[K, L] from names to any lattice would hold KeySets and PNCounters as they are, and cost more
// in each respect. A KeySet takes 256 bytes beside its elements, and a node may have a million
// small sets; the records of Collections are of one index, under numbers of the names, and a small
// set takes the bytes of its name and some 80. The digest of a counter is linear in its counts,
// so that a state without its pending increments has one too; a map would have to ask that of every
// L. And the cells of a map would have to be merged from those of its values, as many as there are
// names. What Collections and a KeySet have in common is in records.go, and what the counters have
// in tally.go, tallycells.go and tallycodec.go.
//
// # What the package never does
//
// It does no I/O, reads no clock, starts no goroutine and draws no random numbers: what a method
// returns follows from the receiver and the arguments, on every machine. States have no locks.
// Methods that only read may run side by side; the caller sees to it that a method that changes
// a state is alone. Short of running out of memory, no state, delta or input makes a function
// panic. A nil state as an argument
// stands for the empty state; to call a method of a nil state panics, except that AppendBinary
// and Decode return an error.
//
// # Glossary
//
//	state         an element of a join-semilattice; what a replica holds
//	join          the least upper bound of two states, written a ⊔ b; for sets the union
//	a ≤ b         a ⊔ b = b: b has all that a has
//	bottom        the empty state, ⊥
//	irreducible   said of a part that is not the join of smaller states: an element, an entry
//	delta         a state that is joined into others; usually a small one
//	novel part    the part of a delta that the state lacked before the join
//	disjoint      said of two states that have no irreducible part and no entry in common
//	digest        a count and a hash that summarise a state in constant size
//	fingerprint   the 80 bits of a digest that travel on messages
//	key           16 bytes, secret to the cluster, under which it hashes
//	point         the hash of a cell's name: where the cell's polynomial is evaluated
//	cell          the unit of comparison and repair; it has an id and a hash
//	page          a cell of a GSet: 256 neighbouring integers
//	collection    a set or a counter with a name, among Collections
//	record        an element or an entry as it is held in the memory of Collections
//	key range     all cell ids from one to another (ids are the keys of a state's cells)
//	sketch        a rateless IBLT over a state's cells: coded symbols and an estimator
//	coded symbol  the exclusive or of some cells' ids, tags and checksums
//	item          a cell as a sketch has it: its id and 24 bits of its hash, the tag
//	peel          to decode a sketch of a difference into its items
//	origin        in whose name a counter counts: a node and an incarnation
//	incarnation   a number that a node draws anew when it has lost its state
package crdt
