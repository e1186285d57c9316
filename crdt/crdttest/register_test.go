package crdttest_test

import (
	"testing"

	"pgregory.net/rapid"

	"gset/crdt"
	"gset/crdt/crdttest"
)

func TestMaxKeepsTheLaws(t *testing.T) {
	crdttest.Run(t, crdttest.Spec[*Max]{
		Gen:   func(t *rapid.T) *Max { return &Max{crdt.Key{1, 2}, rapid.Uint64Range(0, 9).Draw(t, "value")} },
		Equal: func(a, b *Max) bool { return a.value == b.value },
		Model: func(m *Max) crdttest.Model {
			if m.value == 0 {
				return nil
			}
			return crdttest.Model{"max": m.value}
		},
	})
}
