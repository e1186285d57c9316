// Package crdttest checks that a type keeps the laws of [crdt.Lattice]. It takes a type, a
// generator of states and an exact equality, and tries every law on random states:
//
//	func TestMaxKeepsTheLaws(t *testing.T) {
//		crdttest.Run(t, crdttest.Spec[*Max]{Gen: genMax, Equal: equalMax})
//	}
//
// # A type of your own
//
// The examples have two. A max-register is the least there is, less than 60 lines of lattice. A
// table of best scores, of some 150 lines, has many cells, and names that someone could make too
// long. On the way to your own,
//
//   - find the irreducible parts of the state, those that a delta has or has not: an element, a
//     player's score. Join takes the greater of each part, Minus keeps the parts that are
//     greater, Len counts them.
//   - group the parts into cells. [crdt.Key.HashCell] makes the hash of a cell. The hash of the
//     digest is the sum of the cells' hashes: subtract the hash of a cell that changes, and add
//     its new one.
//   - write the parts in one fixed order, and have Decode refuse any other order. Refuse a part
//     of more than [crdt.MaxCell] bytes where it is made and in Decode.
//   - write a generator with a rapid.T (pgregory.net/rapid): few names and small values, so that
//     two states overlap more often than not.
//   - give [Spec] a Model if the state is a map in disguise, as most are. Only the model tells
//     the lattice you meant from another lattice that keeps all laws, such as the one that takes
//     the least score.
//
// Then run the test. A broken law prints the states that were drawn, made as small as possible,
// and what came of them:
//
//	a ⊔ a = a, with a copy and with itself
//	a = map[ada:1]
//	what a copy of a adds to a:
//	 got map[ada:2]
//	want map[]
//
// Here Join adds scores instead of taking the greater. LAWS.md, in the directory of this package,
// has such a mistake and its message for every law.
//
// rapid keeps a failure in a file under testdata/rapid, and the output says how to replay it from
// there or by its seed. The flags of rapid apply: -rapid.checks=10000 tries each law that often
// instead of a hundred times.
//
// The laws demand what the contract says and no more; fields of Spec ask for what only some
// lattices keep. They do not check speed, nor that methods that only read are free of races.
package crdttest

import (
	"fmt"
	"testing"

	"pgregory.net/rapid"

	"gset/crdt"
)

// Spec describes the type to check. Gen and Equal are required.
type Spec[S crdt.Lattice[S]] struct {
	// Gen draws a state. All states must have one hash key and share no memory. The laws find
	// the more the more often two states overlap without being equal. The kit derives related
	// states by itself as well.
	Gen func(*rapid.T) S

	// Equal compares two states exactly. It must not rely on their digests.
	Equal func(a, b S) bool

	// Format prints a state for the report of a failure. Nil means fmt's %v.
	Format func(S) string

	// Disjoint asks for the laws of a lattice in which a.Minus(b) has nothing in common with b,
	// so that digests add up over any join. That is so for sets. It is not for counters, where
	// a greater entry replaces a smaller one.
	Disjoint bool

	// Large returns the binary form that a state of one irreducible part has, or would have,
	// if it takes size bytes, which is crdt.MaxCell and more. Decode must take the first and
	// refuse the others. Nil for a type whose parts all take a few bytes.
	Large func(size int) []byte

	// Model translates a state into the plainest one of the same meaning: a map from the names
	// of its irreducible parts to their ranks, all above zero, in which the join takes the
	// greater rank of each part. The elements of a set all have rank 1; the rank of a counter's
	// entry is its count. Nil leaves out the laws that compare with the model.
	Model func(S) Model
}

// Model is a state as a map; see Spec.
type Model map[string]uint64

// Law is a promise of the contract, and a check of it on random states.
type Law struct {
	Name    string         // short, fit for a subtest
	Promise string         // in one line, as a formula where there is one
	Check   func(*rapid.T) // fails its argument if the promise is broken
}

// Run checks every law as a subtest of its name. It checks the generator first: all laws hold
// where they are only tried on empty states, or on equal ones.
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

// Laws returns the laws that apply to spec, for a caller that runs them in its own way.
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
	all = append(all, sparerLaws[S]()...)
	all = append(all, digestLaws[S]()...)
	all = append(all, cellLaws[S]()...)
	all = append(all, sketchLaws[S]()...)
	all = append(all, codecLaws[S]()...)
	all = append(all, memoryLaws[S]()...)
	all = append(all, modelLaws[S]()...)
	return all
}
