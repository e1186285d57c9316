package crdt_test

import (
	"fmt"
	"math"

	"gset/crdt"
)

// Two replicas count, each in its own name, and meet. A delta may come twice.
func ExampleGCounter() {
	key := crdt.Key{0x243f6a8885a308d3, 0x13198a2e03707344} // the cluster's own
	a, b := crdt.NewGCounter(key), crdt.NewGCounter(key)
	alice := crdt.Origin{Node: "alice", Incarnation: 1}
	bob := crdt.Origin{Node: "bob", Incarnation: 1}

	five, err := a.Increment(alice, 5)
	if err != nil {
		fmt.Println(err)
		return
	}
	a.Join(five)
	two, err := b.Increment(bob, 2)
	if err != nil {
		fmt.Println(err)
		return
	}
	b.Join(two)

	fmt.Println("b learns", b.Join(a))
	fmt.Println("b learns", b.Join(five))
	fmt.Println("b has", b, "which makes", b.Value())
	fmt.Println("a lacks", b.Minus(a))
	// Output:
	// b learns {alice/1: 5}
	// b learns {}
	// b has {alice/1: 5, bob/1: 2} which makes 7
	// a lacks {bob/1: 2}
}

// A delta has the origin's full sum. Two made from the same state do not add up:
// the first must be joined before the second is made.
func ExampleGCounter_Increment() {
	c := crdt.NewGCounter(crdt.Key{})
	me := crdt.Origin{Node: "n1", Incarnation: 1}
	for range 2 {
		delta, err := c.Increment(me, 10)
		fmt.Println(delta, err)
		c.Join(delta)
	}
	_, err := c.Increment(me, math.MaxUint64)
	fmt.Println(err)
	fmt.Println(c.Value())
	// Output:
	// {n1/1: 10} <nil>
	// {n1/1: 20} <nil>
	// crdt: adding 18446744073709551615 to the 20 of n1/1: entry of a counter would pass 2^64-1
	// 20
}

func ExamplePNCounter() {
	c := crdt.NewPNCounter(crdt.Key{})
	me := crdt.Origin{Node: "n1", Incarnation: 1}
	for _, d := range []int64{5, -8, 1} {
		delta, err := c.Add(me, d)
		if err != nil {
			fmt.Println(err)
			return
		}
		c.Join(delta)
		fmt.Println(delta, c.Value())
	}
	fmt.Println(c)
	// Output:
	// {n1/1: +5 -0} 5
	// {n1/1: +0 -8} -3
	// {n1/1: +6 -0} -2
	// {n1/1: +6 -8}
}

// A node that lost its state comes back under a new incarnation. Its earlier entry
// counts on.
func ExampleOrigin() {
	peer := crdt.NewGCounter(crdt.Key{})
	before, err := peer.Increment(crdt.Origin{Node: "n1", Incarnation: 1}, 5)
	if err != nil {
		fmt.Println(err)
		return
	}
	peer.Join(before)

	reborn := crdt.NewGCounter(crdt.Key{})
	after, err := reborn.Increment(crdt.Origin{Node: "n1", Incarnation: 2}, 3)
	if err != nil {
		fmt.Println(err)
		return
	}
	peer.Join(after)
	fmt.Println(peer, "make", peer.Value())
	// Output:
	// {n1/1: 5, n1/2: 3} make 8
}
