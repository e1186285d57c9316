package crdt_test

import (
	"strconv"
	"testing"

	"gset/crdt"
	"gset/crdt/crdttest"
)

func TestGSetKeepsTheLaws(t *testing.T) {
	crdttest.Run(t, crdttest.Spec[*crdt.GSet]{
		Gen:      crdt.GenGSet,
		Equal:    (*crdt.GSet).Equal,
		Disjoint: true,
		Model: func(s *crdt.GSet) crdttest.Model {
			m := crdttest.Model{}
			for x := range s.All() {
				m[strconv.FormatInt(x, 10)] = 1
			}
			return m
		},
	})
}
