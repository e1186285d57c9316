package cluster_test

import (
	"context"
	"fmt"
	"testing"
	"time"

	"gset/replica/cluster"
	"gset/replica/cluster/trial"
)

// patience is how long a test waits for what must happen. Nothing depends on how long it takes.
const patience = 10 * time.Minute

func within(t testing.TB) context.Context {
	t.Helper()
	ctx, cancel := context.WithTimeout(t.Context(), patience)
	t.Cleanup(cancel)
	return ctx
}

func newCA(t testing.TB) *trial.CA {
	t.Helper()
	ca, err := trial.NewCA()
	if err != nil {
		t.Fatal(err)
	}
	return ca
}

// config is that of a node of a trial cluster, with short intervals.
func config(t testing.TB, ca *trial.CA, name string, join ...*cluster.Node) cluster.Config {
	t.Helper()
	id, err := ca.Identity(name)
	if err != nil {
		t.Fatal(err)
	}
	c := cluster.Config{
		Identity: cluster.Static(id),
		Interval: 20 * time.Millisecond,
		Probe:    200 * time.Millisecond,
	}
	for _, n := range join {
		c.Join = append(c.Join, n.Addr())
	}
	return c.Tune()
}

// untuned is the configuration of a node with the defaults of a real one.
func untuned(t testing.TB, ca *trial.CA, name string, join ...*cluster.Node) cluster.Config {
	t.Helper()
	id, err := ca.Identity(name)
	if err != nil {
		t.Fatal(err)
	}
	c := cluster.Config{Identity: cluster.Static(id), Listen: "127.0.0.1:0"}
	for _, n := range join {
		c.Join = append(c.Join, n.Addr())
	}
	return c
}

func open(t testing.TB, c cluster.Config) *cluster.Node {
	t.Helper()
	n, err := cluster.Open(c)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		if err := n.Close(); err != nil {
			t.Error(err)
		}
	})
	return n
}

// openThree opens a cluster of three members, each of which knows the others.
func openThree(t testing.TB) []*cluster.Node {
	t.Helper()
	ca := newCA(t)
	nodes := []*cluster.Node{open(t, config(t, ca, "a"))}
	for _, name := range []string{"b", "c"} {
		nodes = append(nodes, open(t, config(t, ca, name, nodes[0])))
	}
	awaitMembers(t, nodes...)
	return nodes
}

// awaitMembers waits until each node has all others on its list.
func awaitMembers(t testing.TB, nodes ...*cluster.Node) {
	t.Helper()
	for _, n := range nodes {
		until(t, n, func(c *cluster.Core) bool { return c.Others() == len(nodes)-1 })
	}
}

func until(t testing.TB, n *cluster.Node, holds func(*cluster.Core) bool) {
	t.Helper()
	ctx, cancel := context.WithTimeout(t.Context(), patience)
	defer cancel()
	if err := n.Until(ctx, holds); err != nil {
		s, _ := n.Status(t.Context())
		t.Fatalf("%s: %v; %+v", n.Name(), err, s)
	}
}

func add(t testing.TB, n *cluster.Node, set string, elements ...string) {
	t.Helper()
	all := make([][]byte, len(elements))
	for i, e := range elements {
		all[i] = []byte(e)
	}
	if _, err := n.Add(within(t), set, all...); err != nil {
		t.Fatal(err)
	}
}

// awaitElements waits until a node has as many elements in a set.
func awaitElements(t testing.TB, n *cluster.Node, set string, count int) {
	t.Helper()
	until(t, n, func(c *cluster.Core) bool { return c.View().Lookup(set).Elements == count })
}

func numbered(prefix string, n int) []string {
	all := make([]string, n)
	for i := range all {
		all[i] = fmt.Sprintf("%s%d", prefix, i)
	}
	return all
}
