package replica_test

import (
	"fmt"
	"time"

	"gset/crdt"
	"gset/replica"
)

// The calls that a driver makes, one by one. The package documentation has them in a loop,
// Example_udp has them over a network.
func ExampleReplica() {
	start := time.Now()
	now := func() time.Duration { return time.Since(start) }
	send := func(out replica.Output[*crdt.GSet]) {
		for _, e := range out.Messages {
			data, err := e.Message.AppendBinary(nil)
			check(err)
			_ = data // goes to the member e.To
		}
	}

	key := crdt.Key{0x1f2e3d4c5b6a7988, 0x0123456789abcdef} // draw one at random for a cluster
	members, err := replica.NewMembers("a", "b", "c")
	check(err)
	r, err := replica.New(replica.Config{Self: "a", Members: members}, crdt.NewGSet(key), now())
	check(err)

	out, err := r.Update(now(), crdt.NewGSet(key, 42)) // a client adds 42
	check(err)
	send(out)
	message := replica.Message[*crdt.GSet]{Kind: replica.Scatter, Cluster: replica.ClusterOf(key), Delta: crdt.NewGSet(key, 7)}
	out, err = r.Receive(now(), "b", message) // a message has come in from b
	check(err)
	send(out)
	out = r.Tick(now()) // the time is r.Deadline()
	send(out)

	fmt.Println(r.State())
	// Output:
	// {7 42}
}
