package crdt_test

import (
	"encoding/binary"
	"fmt"
	"testing"

	"gset/crdt"
	"gset/crdt/crdttest"
)

// weakHashes are the widths of hashes that the tests try: as they are, and so short that names, or
// what is in a collection, or both collide now and then or all the time.
var weakHashes = map[string]crdt.Weak{
	"all bits":               {},
	"names of 2 bits":        {Names: 62},
	"names of no bits":       {Names: 64},
	"elements of 2 bits":     {Low: 30},
	"few bits":               {Names: 63, Low: 29},
	"no bits":                {Names: 64, Low: 32},
	"bits of names below 31": {Names: 35},
}

func TestCollectionsKeepTheLaws(t *testing.T) {
	for name, weak := range weakHashes {
		t.Run(name, func(t *testing.T) {
			crdttest.Run(t, crdttest.Spec[*crdt.Collections]{
				Gen:   crdt.GenCollections(weak),
				Equal: (*crdt.Collections).Equal,
				Large: oneMember,
				Model: modelOfCollections,
			})
		})
	}
}

func modelOfCollections(c *crdt.Collections) crdttest.Model {
	m := crdttest.Model{}
	for name, e := range c.All() {
		m[fmt.Sprintf("%q has %q", name, e)] = 1
	}
	for e := range c.Entries() {
		if e.Balance.Up > 0 {
			m[fmt.Sprintf("%q +%v", e.Name, e.Origin)] = e.Balance.Up
		}
		if e.Balance.Down > 0 {
			m[fmt.Sprintf("%q -%v", e.Name, e.Origin)] = e.Balance.Down
		}
	}
	return m
}

// oneMember returns the binary form of a state of one element, of size bytes, or as near as can be.
func oneMember(size int) []byte {
	const tag, nameBytes = 0x51, 200
	b := binary.AppendUvarint([]byte{tag, 0}, nameBytes)
	b = append(append(b, make([]byte, nameBytes)...), 1)
	for width := 1; ; width++ {
		n := size - len(b) - width - 1
		if c := binary.AppendUvarint(b, uint64(n)); len(c) == len(b)+width {
			return append(c, make([]byte, n+1)...) // and the number of entries
		}
	}
}
