package replica_test

import (
	"testing"

	"pgregory.net/rapid"

	"gset/crdt"
	"gset/crdt/crdttest"
)

// TestLatticeOfTheExampleKeepsTheLaws is all that it takes to have a lattice of one's own checked: a
// generator of states, and an Equal that asks no digest.
func TestLatticeOfTheExampleKeepsTheLaws(t *testing.T) {
	crdttest.Run(t, crdttest.Spec[*Max]{
		Gen:   func(t *rapid.T) *Max { return &Max{crdt.Key{1, 2}, rapid.Uint64Range(0, 3).Draw(t, "n")} },
		Equal: func(a, b *Max) bool { return a.n == b.n },
	})
}
