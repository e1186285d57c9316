package cluster_test

import (
	"context"
	"testing"

	"gset/replica/cluster"
)

func TestAnUpdateReachesAllMembers(t *testing.T) {
	nodes := openThree(t)
	for i, n := range nodes {
		add(t, n, "set", numbered(n.Name(), 10*(i+1))...)
		if err := n.Increment(within(t), "counter", uint64(i+1)); err != nil {
			t.Fatal(err)
		}
	}
	for _, n := range nodes {
		awaitElements(t, n, "set", 60)
		until(t, n, func(c *cluster.Core) bool { return c.View().Value("counter").Int64() == 6 })
	}
}

func TestWaitReturnsWhenTheOthersHoldWhatWasWritten(t *testing.T) {
	nodes := openThree(t)
	add(t, nodes[1], "set", "x")
	held, err := nodes[1].Wait(within(t), 2)
	if err != nil || held != 2 {
		t.Fatalf("%d, %v", held, err)
	}
	for _, n := range nodes {
		if has, err := n.Contains(context.Background(), "set", []byte("x")); err != nil || !has {
			t.Errorf("%s: %v, %v", n.Name(), has, err)
		}
	}
}

func TestAPartitionHeals(t *testing.T) {
	nodes := openThree(t)
	add(t, nodes[0], "set", "before")
	for _, n := range nodes {
		awaitElements(t, n, "set", 1)
	}
	nodes[2].Cut(func(string) bool { return true })
	until(t, nodes[0], func(c *cluster.Core) bool { return c.Down("c") })
	until(t, nodes[2], func(c *cluster.Core) bool { return c.Down("a") && c.Down("b") })
	add(t, nodes[0], "set", numbered("left", 1000)...)
	add(t, nodes[2], "set", numbered("right", 1000)...)
	nodes[2].Cut(nil)
	for _, n := range nodes {
		awaitElements(t, n, "set", 2001)
		until(t, n, func(c *cluster.Core) bool { return !c.Down("a") && !c.Down("b") && !c.Down("c") })
	}
}
