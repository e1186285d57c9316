package crdt_test

import (
	"testing"

	"gset/crdt"
	"gset/crdt/crdttest"
)

func TestGCounterKeepsTheLaws(t *testing.T) {
	crdttest.Run(t, crdttest.Spec[*crdt.GCounter]{
		Gen:   crdt.GenGCounter,
		Equal: (*crdt.GCounter).Equal,
		Model: func(c *crdt.GCounter) crdttest.Model {
			m := crdttest.Model{}
			for origin, n := range c.All() {
				m[origin.String()] = n
			}
			return m
		},
	})
}

func TestPNCounterKeepsTheLaws(t *testing.T) {
	crdttest.Run(t, crdttest.Spec[*crdt.PNCounter]{
		Gen:   crdt.GenPNCounter,
		Equal: (*crdt.PNCounter).Equal,
		Model: func(c *crdt.PNCounter) crdttest.Model {
			m := crdttest.Model{}
			for origin, b := range c.All() {
				if b.Up > 0 {
					m["+"+origin.String()] = b.Up
				}
				if b.Down > 0 {
					m["-"+origin.String()] = b.Down
				}
			}
			return m
		},
	})
}
