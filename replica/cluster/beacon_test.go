package cluster_test

import (
	"errors"
	"testing"
	"time"

	"gset/crdt"
	"gset/replica/cluster"
)

func withBeacon(c cluster.Config) cluster.Config {
	c.Beacon = 50 * time.Millisecond
	return c
}

func openWithBeacons(t testing.TB) []*cluster.Node {
	t.Helper()
	ca := newCA(t)
	nodes := []*cluster.Node{open(t, withBeacon(config(t, ca, "a")))}
	for _, name := range []string{"b", "c"} {
		nodes = append(nodes, open(t, withBeacon(config(t, ca, name, nodes[0]))))
	}
	awaitMembers(t, nodes...)
	return nodes
}

func TestEachMemberMeasuresHowLongEachOtherTakesToHoldItsBeacon(t *testing.T) {
	nodes := openWithBeacons(t)
	for _, n := range nodes {
		until(t, n, func(c *cluster.Core) bool {
			for _, m := range n.StatusOf(c).Members {
				if m.Latency.Count < 3 || m.Heard < 0 {
					return false
				}
				if m.Latency.Last <= 0 || m.Latency.Sum < m.Latency.Last {
					t.Errorf("%s of %s: %+v", n.Name(), m.Name, m.Latency)
				}
			}
			return true
		})
	}
}

func TestBeaconsOfAMemberThatIsCutOffAreMissedAndGrowOld(t *testing.T) {
	nodes := openWithBeacons(t)
	until(t, nodes[0], func(c *cluster.Core) bool { // it holds ours, and we have heard one of its own
		return c.Latency("c").Count > 0 && nodes[0].StatusOf(c).Members[1].Heard >= 0
	})
	nodes[2].Cut(func(string) bool { return true })
	until(t, nodes[0], func(c *cluster.Core) bool { return c.Latency("c").Missed > 0 })
	old := member(t, nodes[0], "c").Heard
	until(t, nodes[0], func(c *cluster.Core) bool { return c.Behind("c") > 0 })
	until(t, nodes[0], func(c *cluster.Core) bool { // one beacon may have been under way
		return nodes[0].StatusOf(c).Members[1].Heard > old
	})
	nodes[2].Cut(nil)
	before := member(t, nodes[0], "c").Latency.Count
	until(t, nodes[0], func(c *cluster.Core) bool { return c.Latency("c").Count > before })
}

func TestNobodySeesOrWritesBeacons(t *testing.T) {
	nodes := openWithBeacons(t)
	n := nodes[0]
	ctx := within(t)
	until(t, n, func(c *cluster.Core) bool { return c.Latency("b").Count > 0 })
	add(t, n, "set", "x")
	for _, err := range []error{
		n.Increment(ctx, cluster.BeaconName, 1),
		n.Decrement(ctx, cluster.BeaconName, 1),
		func() error { _, err := n.Add(ctx, cluster.BeaconName, []byte("x")); return err }(),
	} {
		if !errors.Is(err, cluster.ErrReserved) {
			t.Error(err)
		}
	}
	until(t, n, func(c *cluster.Core) bool {
		v := c.View()
		if v.Names() != 1 || v.Lookup(cluster.BeaconName).Kind() != crdt.NoKind || v.Value(cluster.BeaconName).Sign() != 0 {
			t.Errorf("%d names", v.Names())
		}
		for of := range v.Collections() {
			if of.Name != "set" {
				t.Errorf("%q", of.Name)
			}
		}
		some, _ := v.ScanNames(0, 10)
		if len(some) != 1 {
			t.Error(some)
		}
		return true
	})
}

func TestBeaconsDoNotAddUp(t *testing.T) {
	ca := newCA(t)
	a := open(t, withBeacon(config(t, ca, "a")))
	for range 2 { // the second life of b knows nothing of the first, and goes on above its beacons
		b := open(t, withBeacon(config(t, ca, "b", a)))
		awaitMembers(t, a, b)
		until(t, a, func(c *cluster.Core) bool { return c.Latency("b").Count > 2 })
		was := uint64(0)
		until(t, a, func(c *cluster.Core) bool {
			sums := c.Beacons()
			if len(sums) > 2 {
				t.Errorf("%v", sums)
			}
			if was == 0 {
				was = sums["b"]
			}
			return sums["b"] > was
		})
		if err := b.Close(); err != nil {
			t.Fatal(err)
		}
	}
}
