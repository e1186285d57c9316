package crdt_test

import (
	"fmt"

	"gset/crdt"
)

// Two replicas that took different tokens find out by digest that they differ, and by
// sketches in which cells. They exchange just those.
func ExampleKeySet() {
	key := crdt.Key{0x243f6a8885a308d3, 0x13198a2e03707344} // the cluster's own
	a, b := crdt.NewKeySet(key), crdt.NewKeySet(key)
	insert := func(s *crdt.KeySet, elements ...string) {
		for _, e := range elements {
			if _, err := s.Insert([]byte(e)); err != nil {
				fmt.Println(err) // longer than crdt.MaxElement
			}
		}
	}
	insert(a, "token 1", "token 2", "token 3", "only a has it")
	insert(b, "token 3", "token 2", "token 1", "only b has it")
	fmt.Println("equal:", a.Digest() == b.Digest())

	difference := a.Sketch(16)
	difference.Subtract(b.Sketch(16))
	items, complete, err := difference.Peel()
	fmt.Println("differ in", len(items), "cells", complete, err)
	var ids []crdt.CellID
	for _, item := range items {
		ids = append(ids, crdt.CellID(item.ID))
	}
	fmt.Println("a sends", a.Extract(ids)) // its cells of those
	fmt.Println("a learns", a.Join(b.Extract(ids)))
	fmt.Println("b learns", b.Join(a.Extract(ids)))
	fmt.Println("equal:", a.Digest() == b.Digest(), a.Contains([]byte("only b has it")))
	// Output:
	// equal: false
	// differ in 2 cells true <nil>
	// a sends {"only a has it"}
	// a learns {"only b has it"}
	// b learns {"only a has it"}
	// equal: true true
}
