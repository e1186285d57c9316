package replica_test

import (
	"fmt"
	"time"

	"gset/crdt"
	"gset/replica"
)

// A member crashes and comes back from what it made durable: a snapshot, and every
// Output.Durable since. An update that nobody had heard is sent again.
func ExampleRestore() {
	list := members("a", "b")
	var net network[*crdt.GSet]
	net.start(replica.Config{Self: "a", Members: list}, crdt.NewGSet(exampleKey))
	net.start(replica.Config{Self: "b", Members: list}, crdt.NewGSet(exampleKey))
	net.update("a", crdt.NewGSet(exampleKey, 1))
	net.wait(time.Second)

	// A snapshot shares memory with the replica: encode it at once.
	snapshot := net.nodes["a"].Snapshot()
	stable, err := snapshot.Stable.AppendBinary(nil)
	check(err)
	pending, err := snapshot.Pending.AppendBinary(nil)
	check(err)
	view := snapshot.View

	// B is down. An update is made at A, whose driver makes Durable durable; A crashes.
	b := net.nodes["b"]
	net.nodes["b"] = nil
	out, err := net.nodes["a"].Update(net.now, crdt.NewGSet(exampleKey, 2))
	check(err)
	journal := []*crdt.GSet{out.Durable}
	net.nodes["a"] = nil

	// Both come back, A with another incarnation.
	factory := crdt.NewGSet(exampleKey)
	restored := replica.Snapshot[*crdt.GSet]{View: view}
	restored.Stable, err = factory.Decode(stable)
	check(err)
	restored.Pending, err = factory.Decode(pending)
	check(err)
	for _, delta := range journal {
		restored.Pending.Join(delta)
	}
	a, err := replica.Restore(replica.Config{Self: "a", Members: list, Incarnation: 2}, restored, net.now)
	net.run("a", a, err)
	net.run("b", b, nil)
	net.wait(5 * time.Second)
	fmt.Println(net.nodes["a"].State(), net.nodes["b"].State())
	// Output:
	// {1 2} {1 2}
}
