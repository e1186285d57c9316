package crdt_test

import (
	"fmt"

	"gset/crdt"
)

// Two members of a cluster take tokens and count visits while they are cut off from each other.
func ExampleCollections() {
	key := crdt.Key{0x243f6a8885a308d3, 0x13198a2e03707344} // the cluster's own
	a, b := crdt.NewCollections(key), crdt.NewCollections(key)

	// An update is a delta, which is joined like any other state.
	delta := a.New()
	for _, token := range []string{"token 1", "token 2"} {
		if _, err := delta.Insert("revoked", []byte(token)); err != nil {
			fmt.Println(err) // longer than crdt.MaxMember with the name
		}
	}
	a.Merge(delta)
	for range 3 { // each delta of a counter is joined before the next one is made
		delta, err := a.Increment("visits", crdt.Origin{Node: "a", Incarnation: 1}, 1)
		if err != nil {
			fmt.Println(err)
		}
		a.Merge(delta)
	}
	if delta, err := b.Increment("visits", crdt.Origin{Node: "b", Incarnation: 1}, 4); err == nil {
		b.Merge(delta)
	}
	if _, err := b.Insert("revoked", []byte("token 2")); err != nil {
		fmt.Println(err)
	}

	// One join merges all collections, and tells what was new.
	novel := b.Join(a)
	for name, element := range novel.All() {
		fmt.Printf("b learns %s of %s\n", element, name)
	}
	for entry := range novel.Entries() {
		fmt.Printf("b learns that %v is %d in %s\n", entry.Origin, entry.Balance.Up, entry.Name)
	}
	a.Merge(b)
	fmt.Println("equal:", a.Digest() == b.Digest())
	fmt.Println("visits:", a.Value("visits"))

	// A walk over the names in steps of one.
	for cursor, more := uint64(0), true; more; more = cursor > 0 {
		var some []crdt.Collection
		some, cursor = a.ScanNames(cursor, 1)
		for _, c := range some {
			fmt.Println(c.Name, "is a set:", c.Kind() == crdt.SetKind, "with", c.Elements, "elements")
		}
	}
	// Output:
	// b learns token 1 of revoked
	// b learns that a/1 is 3 in visits
	// equal: true
	// visits: 7
	// revoked is a set: true with 2 elements
	// visits is a set: false with 0 elements
}
