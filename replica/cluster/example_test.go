package cluster_test

import (
	"context"
	"fmt"
	"log"
	"time"

	"gset/replica/cluster"
	"gset/replica/cluster/trial"
)

// Three members in one process. Each would be a process of its own, on a machine of its own.
func Example() {
	ctx, cancel := context.WithTimeout(context.Background(), time.Minute)
	defer cancel()
	ca, err := trial.NewCA() // for a trial; use your own authority
	if err != nil {
		log.Fatal(err)
	}
	var nodes []*cluster.Node
	var join []string
	for _, name := range []string{"a", "b", "c"} {
		id, err := ca.Identity(name)
		if err != nil {
			log.Fatal(err)
		}
		n, err := cluster.Open(cluster.Config{Identity: cluster.Static(id), Join: join})
		if err != nil {
			log.Fatal(err)
		}
		defer n.Close()
		nodes = append(nodes, n)
		join = []string{nodes[0].Addr()}
	}

	if _, err := nodes[1].Add(ctx, "revoked", []byte("4711"), []byte("0815")); err != nil {
		log.Fatal(err)
	}
	if err := nodes[1].Decrement(ctx, "licences", 2); err != nil {
		log.Fatal(err)
	}
	held, err := nodes[1].Wait(ctx, 2) // not needed, but here we want to see it everywhere
	if err != nil {
		log.Fatal(err)
	}
	fmt.Println("held by", held, "others")

	revoked, err := nodes[2].Contains(ctx, "revoked", []byte("4711"))
	if err != nil {
		log.Fatal(err)
	}
	value, err := nodes[0].Value(ctx, "licences")
	if err != nil {
		log.Fatal(err)
	}
	fmt.Println(revoked, value)

	// Output:
	// held by 2 others
	// true -2
}
