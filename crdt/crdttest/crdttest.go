// Package crdttest checks that a type keeps the laws of [crdt.Lattice]. It takes a
// type, a generator of its states and an exact equality, and tries every law on
// random states:
//
//	func TestScoresKeepTheLaws(t *testing.T) {
//		crdttest.Run(t, crdttest.Spec[*Scores]{
//			Gen:   genScores,
//			Equal: (*Scores).Equal,
//		})
//	}
//
// # A type of your own
//
// The example of this package is a whole one, of some 150 lines: a table of best
// scores. On the way to yours,
//
//   - find the irreducible parts of your state, those that a delta has or has not: an
//     element, a player's score. Join then takes the greater of each part, Minus keeps
//     those that are greater, Len counts them.
//   - group the parts into cells, small enough that AppendBinary writes one in
//     [crdt.MaxCell] bytes. [crdt.Key.HashCell] makes a cell's hash; their sum is the
//     digest's, added to and subtracted from as cells change. [crdt.SketchOf] makes their
//     sketch.
//   - write the parts in one fixed order, and have Decode refuse any other.
//   - write a generator with a rapid.T (pgregory.net/rapid, whose documentation has the
//     rest): few names and small values, so that two states overlap more often than not.
//   - give [Spec] a Model if the state is a map in disguise, as most are. It is the
//     only thing that tells a right lattice from another right lattice, the wrong one.
//
// Then run the test. A broken law prints the states that were drawn, made as small as
// possible, and what came of them:
//
//	a ⊔ a = a, with a copy and with itself
//	a = map[ada:1]
//	what a copy of a adds to a:
//	 got map[ada:2]
//	want map[]
//
// which is from a Join that adds scores instead of taking the greater. LAWS.md, in
// the directory of this package, has such a mistake and its message for every law.
//
// A failure is kept in a file under testdata/rapid, and replayed from there or by
// its seed: the output says how. The flags of rapid apply, -rapid.checks=10000 for
// instance, which tries each law that often instead of a hundred times.
//
// The laws take nothing for granted that is not in the contract; what holds for
// some lattices only is asked for by a field of Spec. They do not check speed, nor
// that reading side by side is free of races.
package crdttest

import (
	"fmt"
	"testing"

	"pgregory.net/rapid"

	"gset/crdt"
)

// Spec describes the type to check. Gen and Equal are required.
type Spec[S crdt.Lattice[S]] struct {
	// Gen draws a state. All states must have the same hash key and share no
	// memory. The more often two of them overlap without being equal the more
	// the laws find; the kit derives related states by itself as well.
	Gen func(*rapid.T) S

	// Equal compares two states exactly. It must not rest on their digests.
	Equal func(a, b S) bool

	// Format prints a state for the report of a failure. Nil means fmt's %v.
	Format func(S) string

	// Disjoint asks for the laws of a lattice whose Minus has nothing in common
	// with what it was taken from, so that digests add up over any join: true
	// of sets; not of counters, where a greater entry replaces a smaller one.
	Disjoint bool

	// Large returns the binary form that a state of one irreducible part has, or would have,
	// if it takes size bytes, which is crdt.MaxCell and more. Decode must take the first and
	// refuse the others. Nil for a type whose parts all take a few bytes.
	Large func(size int) []byte

	// Model translates a state into the plainest one that has the same meaning:
	// a map from the names of its parts to their ranks, all above zero, in which
	// the join takes the greater rank of each. A set's elements all have
	// rank 1, a counter's entry has its count. Nil passes the laws over that
	// compare with the model.
	Model func(S) Model
}

// Model is a state as a map; see Spec.
type Model map[string]uint64

// Law is a promise of the contract and a check of it on random states. Check
// fails the rapid.T it is given if the promise is broken.
type Law struct {
	Name    string // short, fit for a subtest
	Promise string // in one line, as a formula where there is one
	Check   func(*rapid.T)
}

// Run checks every law as a subtest named after it, after a look at the generator:
// laws that are only tried on empty states, or on equal ones, all hold.
func Run[S crdt.Lattice[S]](t *testing.T, spec Spec[S]) {
	t.Helper()
	if spec.Gen == nil || spec.Equal == nil {
		t.Fatal("crdttest: Spec needs both Gen and Equal")
	}
	t.Run("generator", func(t *testing.T) {
		if err := checkGenerator(spec); err != nil {
			t.Fatal(err)
		}
	})
	for _, law := range Laws(spec) {
		t.Run(law.Name, func(t *testing.T) {
			t.Log(law.Promise)
			rapid.Check(t, law.Check)
		})
	}
}

// Laws returns the laws that apply to spec, for a caller that wants to run them
// in its own way.
func Laws[S crdt.Lattice[S]](spec Spec[S]) []Law {
	if spec.Format == nil {
		spec.Format = func(s S) string { return fmt.Sprint(s) }
	}
	var laws []Law
	for _, l := range catalogue[S]() {
		if l.applies != nil && !l.applies(spec) {
			continue
		}
		laws = append(laws, Law{l.name, l.promise, func(t *rapid.T) {
			l.check(&trial[S]{T: t, spec: spec})
		}})
	}
	return laws
}

// law is an entry of the catalogue.
type law[S crdt.Lattice[S]] struct {
	name    string
	promise string
	check   func(*trial[S])
	applies func(Spec[S]) bool // nil means to all
}

func catalogue[S crdt.Lattice[S]]() []law[S] {
	var all []law[S]
	all = append(all, joinLaws[S]()...)
	all = append(all, minusLaws[S]()...)
	all = append(all, digestLaws[S]()...)
	all = append(all, cellLaws[S]()...)
	all = append(all, sketchLaws[S]()...)
	all = append(all, codecLaws[S]()...)
	all = append(all, memoryLaws[S]()...)
	all = append(all, modelLaws[S]()...)
	return all
}
