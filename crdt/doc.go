// Package crdt has the data types that replicas share: states of a
// join-semilattice, which can be merged in any order, any number of times, and
// come out the same everywhere.
//
// [Lattice] is the contract all of them keep. [GSet] is a set of integers that only
// grows, [GCounter] a counter that only grows, and [PNCounter] one that goes both
// ways.
//
// The package promises four things beyond the merge itself.
//
//   - Deltas. Join tells what was new, and Minus what another state lacks, each as
//     a state of the same type and the smallest there is.
//   - Digests. Every state knows its count and a 127-bit hash of its content at all
//     times. They add up over disjoint parts, so the digest of a state without a
//     part is one subtraction away. See [Digest] and [Key].
//   - Cells. A state can be cut into named cells with a hash each, from which two
//     replicas can find out where they differ, and exchange just that.
//   - Sketches. A [Sketch] of a state's cells is as long as the difference of two
//     states calls for, not as the states are, and yet gives the cells away in which
//     they differ (a rateless invertible Bloom lookup table, Yang et al. 2024). A state
//     keeps its own up on every change. [Sketch.Difference] tells beforehand how
//     large a difference is, and [SketchLen] how long a sketch it takes.
//
// The binary forms are versioned and canonical, and decoders are safe to use on
// input from anyone: they check lengths before they allocate, bound how far
// input expands, and refuse what the encoder would not have written.
//
// The package is pure data. It does no I/O, reads no clock, starts no goroutine
// and draws nothing at random: what a method returns follows from the receiver and the
// arguments, on every machine. Nor does it lock; callers see to it that a state changes in one place
// at a time.
//
// Package crdt/crdttest checks the laws of the contract on any type.
package crdt
