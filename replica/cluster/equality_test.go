package cluster_test

import (
	"testing"

	"gset/replica/cluster"
)

// member returns what a node knows of a member.
func member(t testing.TB, n *cluster.Node, name string) cluster.MemberStatus {
	t.Helper()
	s, err := n.Status(within(t))
	if err != nil {
		t.Fatal(err)
	}
	for _, m := range s.Members {
		if m.Name == name {
			return m
		}
	}
	t.Fatalf("%s knows no %s: %+v", n.Name(), name, s)
	return cluster.MemberStatus{}
}

// awaitEach returns a channel of the members that are proved to hold what n has committed.
func awaitEach(t testing.TB, n *cluster.Node) (held chan string, cancel func()) {
	t.Helper()
	held = make(chan string, 100)
	began := make(chan func(), 1)
	if err := n.Do(func(c *cluster.Core) { began <- c.AwaitEach(func(name string) { held <- name }) }); err != nil {
		t.Fatal(err)
	}
	stop := <-began
	return held, func() { _ = n.Do(func(*cluster.Core) { stop() }) }
}

func TestEachMemberIsToldOfOnceThatHoldsAnUpdate(t *testing.T) {
	nodes := openThree(t)
	nodes[2].Cut(func(string) bool { return true })
	add(t, nodes[0], "set", "x")
	held, cancel := awaitEach(t, nodes[0])
	if got := <-held; got != "b" {
		t.Fatal(got)
	}
	add(t, nodes[0], "set", "y") // b proves more, and is not told of again
	if n, err := nodes[0].Wait(within(t), 1); err != nil || n != 1 {
		t.Fatal(n, err)
	}
	nodes[2].Cut(nil)
	if got := <-held; got != "c" {
		t.Fatal(got)
	}
	cancel()
	until(t, nodes[0], func(c *cluster.Core) bool { return c.Waiting() == 0 })
	if len(held) > 0 {
		t.Errorf("%s is told of again", <-held)
	}
}

func TestAMemberIsBehindFromTheFirstUpdateThatItLacksUntilItProvesEquality(t *testing.T) {
	nodes := openThree(t)
	add(t, nodes[0], "set", "x")
	if n, err := nodes[0].Wait(within(t), 2); err != nil || n != 2 {
		t.Fatal(n, err)
	}
	until(t, nodes[0], func(c *cluster.Core) bool { return c.Behind("c") == 0 })
	if m := member(t, nodes[0], "c"); !m.Equal || m.Proved < 0 {
		t.Errorf("%+v", m)
	}
	nodes[2].Cut(func(string) bool { return true })
	for _, e := range numbered("e", 300) { // more than there are epochs
		add(t, nodes[0], "set", e)
	}
	if n, err := nodes[0].Wait(within(t), 1); err != nil || n != 1 {
		t.Fatal(n, err)
	}
	before := member(t, nodes[0], "c")
	if before.Equal || before.Behind <= 0 {
		t.Errorf("%+v", before)
	}
	add(t, nodes[0], "set", "y")
	if n, err := nodes[0].Wait(within(t), 1); err != nil || n != 1 {
		t.Fatal(n, err)
	}
	if after := member(t, nodes[0], "c"); after.Behind <= before.Behind {
		t.Errorf("%v, then %v: more updates have made it less far behind", before.Behind, after.Behind)
	}
	nodes[2].Cut(nil)
	held, cancel := awaitEach(t, nodes[0])
	defer cancel()
	for <-held != "c" {
	}
	until(t, nodes[0], func(c *cluster.Core) bool { return c.Behind("c") == 0 })
}
