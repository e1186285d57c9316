package replica_test

import (
	"fmt"
	"time"

	"gset/crdt"
	"gset/replica"
)

// Three replicas in one process, and a network that can be cut. The driver's part is a clock, and
// carrying messages.
func Example() {
	key := crdt.Key{0x1f2e3d4c5b6a7988, 0x0123456789abcdef} // drawn at random, once for a cluster
	members, err := replica.NewMembers("a", "b", "c")
	check(err)
	cluster := map[replica.ID]*replica.Replica[*crdt.GSet]{}
	for id := range members.All() {
		cluster[id], err = replica.New(replica.Config{Self: id, Members: members}, crdt.NewGSet(key), 0)
		check(err)
	}
	now, cutOff := time.Duration(0), replica.ID("")
	var carry func(from replica.ID, out replica.Output[*crdt.GSet], err error)
	carry = func(from replica.ID, out replica.Output[*crdt.GSet], err error) {
		check(err)
		for _, e := range out.Messages {
			if from != cutOff && e.To != cutOff { // else the message is lost, and nobody needs to know
				answer, err := cluster[e.To].Receive(now, from, e.Message)
				carry(e.To, answer, err)
			}
		}
	}
	add := func(id replica.ID, x int64) {
		out, err := cluster[id].Update(now, crdt.NewGSet(key, x))
		carry(id, out, err)
	}
	wait := func(d time.Duration) {
		for end := now + d; now < end; now += time.Millisecond {
			for id := range members.All() {
				if cluster[id].Deadline() <= now {
					carry(id, cluster[id].Tick(now), nil)
				}
			}
		}
	}
	show := func(when string) {
		fmt.Println(when, "a:", cluster["a"].State(), "b:", cluster["b"].State(), "c:", cluster["c"].State())
	}

	add("a", 1)
	wait(time.Second)
	show("whole:      ")
	cutOff = "c"
	add("a", 2)
	add("c", 3)
	wait(time.Second)
	show("partitioned:")
	cutOff = ""
	wait(10 * time.Second)
	show("healed:     ")
	// Output:
	// whole:       a: {1} b: {1} c: {1}
	// partitioned: a: {1 2} b: {1 2} c: {1 3}
	// healed:      a: {1..3} b: {1..3} c: {1..3}
}

// check ends an example that has failed.
func check(err error) {
	if err != nil {
		panic(err)
	}
}
