package replica_test

import (
	"fmt"
	"time"

	"gset/crdt"
	"gset/replica"
)

// An Observer hears what happens to a replica; Status says how it is. Here the hub dies.
func ExampleReplica_Status() {
	list := members("a", "b", "c")
	var net network[*crdt.GSet]
	for id := range list.All() {
		net.start(replica.Config{Self: id, Members: list, Observer: func(e replica.Event) {
			if e.Kind == replica.ViewChanged {
				fmt.Printf("%v: %s says view %d, hub %s\n", e.Kind, id, e.View, e.Hub)
			}
		}}, crdt.NewGSet(exampleKey))
	}
	for x := range int64(100) {
		if x == 50 {
			hub := net.nodes["a"].Status().Hub
			fmt.Println("hub", hub, "dies")
			delete(net.nodes, hub)
		}
		for id := range list.All() {
			if net.nodes[id] != nil {
				net.update(id, crdt.NewGSet(exampleKey, x))
			}
		}
		net.wait(20 * time.Millisecond)
	}
	net.wait(5 * time.Second)
	for _, id := range net.names {
		if r := net.nodes[id]; r != nil {
			s := r.Status()
			fmt.Println(id, "has", r.State().Len(), "elements,", s.Pending, "pending, view", s.View, "and hub", s.Hub)
		}
	}
	// Output:
	// hub c dies
	// view changed: b says view 1, hub a
	// view changed: a says view 1, hub a
	// a has 100 elements, 0 pending, view 1 and hub a
	// b has 100 elements, 0 pending, view 1 and hub a
}
