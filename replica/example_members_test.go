package replica_test

import (
	"fmt"
	"time"

	"gset/crdt"
	"gset/replica"
)

// A member joins, and another leaves. Members may be told at different times.
func ExampleReplica_SetMembers() {
	two, three := members("a", "b"), members("a", "b", "c")
	var net network[*crdt.GSet]
	net.start(replica.Config{Self: "a", Members: two}, crdt.NewGSet(exampleKey))
	net.start(replica.Config{Self: "b", Members: two}, crdt.NewGSet(exampleKey))
	net.update("a", crdt.NewGSet(exampleKey, 1))

	// C joins. It gets the state by a repair, from the first peer that it asks.
	net.start(replica.Config{Self: "c", Members: three}, crdt.NewGSet(exampleKey))
	setMembers := func(at replica.ID, list *replica.Members) {
		out, err := net.nodes[at].SetMembers(net.now, list)
		net.carry(at, out, err)
	}
	setMembers("a", three)
	setMembers("b", three)
	net.wait(3 * time.Second)
	fmt.Println("c joined: ", net.nodes["c"].State())

	// A leaves. It is stopped when its last update has left it; where messages may be lost, some
	// probe intervals later.
	net.update("a", crdt.NewGSet(exampleKey, 2))
	for _, id := range net.names {
		setMembers(id, members("b", "c"))
	}
	for net.nodes["a"].Pending().Len() > 0 {
		net.wait(time.Millisecond)
	}
	delete(net.nodes, "a")
	net.wait(3 * time.Second)
	fmt.Println("a left:   ", net.nodes["b"].State(), net.nodes["c"].State())
	// Output:
	// c joined:  {1}
	// a left:    {1 2} {1 2}
}
