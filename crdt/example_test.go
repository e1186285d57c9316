package crdt_test

import (
	"fmt"

	"gset/crdt"
)

// Two replicas that took different elements meet. Each Join tells what was new
// to it, which is what is worth passing on.
func ExampleGSet() {
	key := crdt.Key{0x243f6a8885a308d3, 0x13198a2e03707344} // the cluster's own
	a := crdt.NewGSet(key, 1, 2, 3, 4)
	b := crdt.NewGSet(key, 3, 4, 5)

	fmt.Println("b lacks", a.Minus(b))
	fmt.Println("a learns", a.Join(b))
	fmt.Println("b learns", b.Join(a))
	fmt.Println("a learns", a.Join(b))
	fmt.Println("both have", a, a.Digest() == b.Digest())
	// Output:
	// b lacks {1 2}
	// a learns {5}
	// b learns {1 2}
	// a learns {}
	// both have {1..5} true
}

// A replica knows the digest of its state without some recent part without
// making that state.
func ExampleDigest_Sub() {
	key := crdt.Key{0x243f6a8885a308d3, 0x13198a2e03707344}
	peer := crdt.NewGSet(key, 1, 2, 3)
	mine := peer.Clone()
	pending := mine.Join(crdt.NewGSet(key, 3, 4, 5))

	fmt.Println(mine.Digest() == peer.Digest())
	fmt.Println(mine.Digest().Sub(pending.Digest()) == peer.Digest())
	// Output:
	// false
	// true
}

// Cells that differ are found by their hashes, and mended by sending those alone.
func ExampleGSet_Cells() {
	key := crdt.Key{0x243f6a8885a308d3, 0x13198a2e03707344}
	a := crdt.NewGSet(key, 1, 2, 300, 1_000_000)
	b := crdt.NewGSet(key, 1, 2, 300, 301)

	known := map[crdt.Cell]bool{}
	for c := range a.Cells(0) {
		known[c] = true
	}
	var differ []crdt.CellID
	for c := range b.Cells(0) {
		if !known[c] {
			differ = append(differ, c.ID)
		}
	}
	delta := b.Extract(differ)
	fmt.Println("send", delta)
	fmt.Println("news", a.Join(delta))
	// Output:
	// send {300 301}
	// news {301}
}

// A large state is sent in parts that fit a message.
func ExampleSplit() {
	s := crdt.NewGSet(crdt.Key{}, 1, 1000, 1_000_000, 1_000_000_000)
	for part, err := range crdt.Split(s, 0, 12) { // bytes
		if err != nil {
			fmt.Println(err)
			return
		}
		b, err := part.AppendBinary(nil)
		fmt.Println(part, len(b), err)
	}
	// Output:
	// {1 1000 1000000} 10 <nil>
	// {1000000000} 6 <nil>
}
