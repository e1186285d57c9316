package crdt_test

import (
	"fmt"

	"gset/crdt"
	"gset/crdt/riblt"
)

// Two replicas have a million elements each, of which they share all but a few. They
// become equal in three messages, of which the first two are as long as the difference
// calls for.
func ExampleSketchOf() {
	key := crdt.Key{0x243f6a8885a308d3, 0x13198a2e03707344} // the cluster's own
	a, b := crdt.NewGSet(key), crdt.NewGSet(key)
	for x := range int64(1_000_000) {
		a.Insert(x)
		b.Insert(x)
	}
	a.Insert(5_000_000)
	a.Insert(6_000_000)
	b.Insert(7_000_000)

	// a sends a sketch of no coded symbols. b sends one that is long enough for the difference.
	probe := crdt.SketchOf(a, 0)
	answer := crdt.SketchOf(b, riblt.SketchLen(probe.Difference(crdt.SketchOf(b, 0))))
	message, err := answer.AppendBinary(nil)
	if err != nil {
		fmt.Println(err)
		return
	}

	// a subtracts it from its own, and finds the cells in which they differ.
	received, err := riblt.Decode(message)
	if err != nil {
		fmt.Println(err)
		return
	}
	difference := crdt.SketchOf(a, received.Len())
	difference.Subtract(received)
	items, complete, err := difference.Peel()
	if err != nil {
		fmt.Println(err)
		return
	}
	if !complete {
		fmt.Println("too short a sketch, as happens: ask for a longer one")
		return
	}
	own := map[riblt.Item]bool{}
	for c := range a.Cells(0) {
		own[c.Item()] = true
	}
	var give, want []crdt.CellID
	for _, it := range items {
		if own[it] {
			give = append(give, crdt.CellID(it.ID))
		} else {
			want = append(want, crdt.CellID(it.ID))
		}
	}
	fmt.Println("a gives", a.Extract(give), "and asks for", len(want), "cell")
	fmt.Println("b has learned", b.Join(a.Extract(give)))
	fmt.Println("a has learned", a.Join(b.Extract(want)))
	fmt.Println("they agree:", a.Digest() == b.Digest())
	// Output:
	// a gives {5000000 6000000} and asks for 1 cell
	// b has learned {5000000 6000000}
	// a has learned {7000000}
	// they agree: true
}
