package crdttest_test

import (
	"fmt"
	"strings"
	"testing"

	"pgregory.net/rapid"

	"gset/crdt"
	"gset/crdt/crdttest"
)

// The lattice that bugs are planted into has none itself.
func TestScoresKeepTheLaws(t *testing.T) { crdttest.Run(t, specOfScores) }

func TestScoresOfOneKeepTheLawsOfASet(t *testing.T) {
	spec := specOfScores
	spec.Gen = func(t *rapid.T) *Scores { return onesOf(genScores(t)) }
	spec.Disjoint = true
	crdttest.Run(t, spec)
}

// Laws that are tried on nothing all hold, so Run looks at the generator first.
func TestAPoorGeneratorIsFoundOut(t *testing.T) {
	n := 0
	for want, gen := range map[string]func(*rapid.T) *Scores{
		"without a cell": func(*rapid.T) *Scores { return NewScores(crdt.Key{}) },
		"the same state": func(*rapid.T) *Scores {
			s := NewScores(crdt.Key{})
			s.raise("ada", 1)
			return s
		},
		"no two of which": func(*rapid.T) *Scores {
			s := NewScores(crdt.Key{})
			n++
			s.raise(fmt.Sprint(n), 1)
			return s
		},
	} {
		err := crdttest.CheckGenerator(crdttest.Spec[*Scores]{Gen: gen, Equal: (*Scores).Equal})
		if err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("want an error with %q, got: %v", want, err)
		}
	}
	if err := crdttest.CheckGenerator(specOfScores); err != nil {
		t.Error(err)
	}
}
