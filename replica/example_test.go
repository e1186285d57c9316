package replica_test

import (
	"fmt"
	"time"

	"gset/crdt"
	"gset/replica"
)

// Three replicas in one process, and a network that can be cut: the caller's part
// is a clock, and carrying messages.
func Example() {
	type set = *crdt.GSet
	members := []replica.ID{"a", "b", "c"}
	cluster := map[replica.ID]*replica.Replica[set]{}
	for _, id := range members {
		r, err := replica.New(replica.Config{
			Self: id, Members: members, MaxMessage: 8 << 10,
			Interval: 250 * time.Millisecond, Probe: 2 * time.Second,
		}, crdt.NewGSet(crdt.Key{}), 0)
		if err != nil {
			fmt.Println(err)
			return
		}
		cluster[id] = r
	}

	now, cutOff := time.Duration(0), replica.ID("")
	var carry func(from replica.ID, out replica.Output[set])
	carry = func(from replica.ID, out replica.Output[set]) {
		for _, e := range out.Messages {
			if from == cutOff || e.To == cutOff {
				continue // lost: nobody needs to know
			}
			answer, err := cluster[e.To].Receive(now, from, e.Message)
			if err != nil {
				fmt.Println(err)
			}
			carry(e.To, answer)
		}
	}
	wait := func(d time.Duration) {
		for end := now + d; now < end; now += time.Millisecond {
			for _, id := range members {
				if cluster[id].Deadline() <= now {
					carry(id, cluster[id].Tick(now))
				}
			}
		}
	}
	add := func(id replica.ID, x int64) {
		carry(id, cluster[id].Update(now, crdt.NewGSet(crdt.Key{}, x)))
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
