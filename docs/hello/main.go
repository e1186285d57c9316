// Command hello is the program that README.md shows: two replicas of a set, and a message that is carried
// from one to the other.
package main

import (
	"fmt"
	"log"
	"time"

	"gset/crdt"
	"gset/replica"
)

func main() {
	key := crdt.Key{0x1f2e3d4c5b6a7988, 0x0123456789abcdef} // draw one at random for a cluster
	members, err := replica.NewMembers("a", "b")
	check(err)
	a, err := replica.New(replica.Config{Self: "a", Members: members}, crdt.NewGSet(key), 0)
	check(err)
	b, err := replica.New(replica.Config{Self: "b", Members: members}, crdt.NewGSet(key), 0)
	check(err)

	out, err := a.Update(0, crdt.NewGSet(key, 42)) // a client adds 42 at a; it is 0 s
	check(err)
	for _, e := range out.Messages { // carry each to e.To, which is b: it takes 10 ms
		answer, err := b.Receive(10*time.Millisecond, "a", e.Message)
		check(err)
		fmt.Println("b has", b.State(), "and answers with", len(answer.Messages), "messages")
	}
	out = a.Tick(a.Deadline()) // the time that a waits for has come: it tells again, if b is silent
	fmt.Println("a tells again:", len(out.Messages) > 0)
}

func check(err error) {
	if err != nil {
		log.Fatal(err)
	}
}
