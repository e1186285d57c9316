package replica

import (
	"errors"
	"fmt"
	"slices"
	"testing"
	"time"

	"gset/crdt"

	"pgregory.net/rapid"
)

// TestListsMayChangeAtAnyMoment gives members lists at odd moments: without themselves, without the hub, with
// strangers, of themselves alone, none at all. Meanwhile clients add, and messages get lost. Once all have
// the whole list again, all become equal.
func TestListsMayChangeAtAnyMoment(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		ids := names(rapid.IntRange(1, 6).Draw(t, "members"))
		cfg := Config{Interval: rapid.SampledFrom([]time.Duration{0, Eager}).Draw(t, "interval"), Fanout: 2, MaxMessage: MinMessage}
		c := clusterOf(t, len(ids), cfg, bottom)
		c.latency = between(time.Millisecond, 150*time.Millisecond, rapid.Uint64().Draw(t, "seed"))
		lossy := 0
		c.lose = func(letter[*crdt.GSet]) bool {
			lossy = (lossy*1103515245 + 12345) & 0x7fffffff
			return lossy%10 == 0
		}
		next := int64(0)
		t.Repeat(map[string]func(*rapid.T){
			"add": func(t *rapid.T) {
				c.update(rapid.SampledFrom(ids).Draw(t, "where"), set(next, next+1<<40))
				next++
			},
			"list": func(t *rapid.T) {
				others := append(names(8), "stranger")
				some := rapid.SliceOfNDistinct(rapid.SampledFrom(others), 1, 9, rapid.ID[ID]).Draw(t, "list")
				c.setMembers(rapid.SampledFrom(ids).Draw(t, "who"), listOf(t, some...))
			},
			"alone": func(t *rapid.T) {
				id := rapid.SampledFrom(ids).Draw(t, "who")
				c.setMembers(id, listOf(t, id))
				if x := c.node(id); x.Pending().Len() > 0 || x.Hub() != id {
					t.Fatalf("alone, %s has %v pending and the hub %s", id, x.Pending(), x.Hub())
				}
			},
			"no list": func(t *rapid.T) {
				x := c.node(rapid.SampledFrom(ids).Draw(t, "who"))
				before, deadline := x.Status(), x.Deadline()
				err := c.event(x, func(now time.Duration) (output, error) { return x.SetMembers(now, nil) })
				if err == nil || x.Status() != before || x.Deadline() != deadline {
					t.Fatalf("no list: %v, %+v", err, x.Status())
				}
			},
			"hint": func(t *rapid.T) {
				x := c.node(rapid.SampledFrom(ids).Draw(t, "who"))
				id := rapid.SampledFrom(append(names(8), "", "stranger")).Draw(t, "about")
				_ = c.event(x, func(now time.Duration) (output, error) { return x.Unreachable(now, id), nil })
			},
			"time": func(t *rapid.T) { c.run(time.Duration(rapid.IntRange(0, 700).Draw(t, "ms")) * time.Millisecond) },
		})
		c.lose = nil
		for _, id := range ids {
			c.setMembers(id, listOf(t, ids...))
		}
		if !c.runUntil(30*DefaultProbe, func() bool { return c.equal() && c.settled() }) {
			t.Fatalf("they are equal: %v; nothing is pending: %v", c.equal(), c.settled())
		}
		if n := c.nodes[0].State().Len(); n != int(2*next) {
			t.Fatalf("they hold %d elements of %d", n, 2*next)
		}
	})
}

// TestAJoinerCatchesUpBeforeAnyoneKnowsIt: a joiner knows the members, and none of them knows it. It catches up
// within two probe intervals, its updates reach everyone, and it hears of everyone's.
func TestAJoinerCatchesUpBeforeAnyoneKnowsIt(t *testing.T) {
	seeds(t, 10, func(t *testing.T, seed uint64) {
		c := clusterOf(t, 6, Config{}, bottom)
		c.latency = between(20*time.Millisecond, 100*time.Millisecond, seed)
		for i := range int64(60) {
			c.update(names(6)[i%6], set(i))
			c.run(30 * time.Millisecond)
		}
		joiner := c.start(Config{Self: "joiner", Members: listOf(t, append(names(6), "joiner")...), Incarnation: seed}, set())
		for i := range int64(60) {
			c.update(append(names(6), "joiner")[i%7], set(100+i))
			c.run(50 * time.Millisecond)
		}
		if !c.runUntil(4*DefaultProbe, func() bool { return c.equal() && c.settled() }) {
			t.Errorf("the joiner holds %d of 120 elements, with %v pending", joiner.State().Len(), joiner.Pending())
		}
		for _, x := range c.nodes {
			if x.id != "joiner" && x.members.Contains("joiner") {
				t.Errorf("%s has changed its list", x.id)
			}
		}
	})
}

// TestALeaverDrainsWhatIsPending: a member that is told to leave hears that its updates have left, whether
// it is the hub or a leaf, and whether the others know yet or not.
func TestALeaverDrainsWhatIsPending(t *testing.T) {
	for _, leaver := range names(4) {
		for _, first := range []bool{true, false} {
			t.Run(fmt.Sprintf("%s told first %v", leaver, first), func(t *testing.T) {
				c := clusterOf(t, 4, Config{}, bottom)
				for i := range int64(40) {
					c.update(names(4)[i%4], set(i))
					c.run(30 * time.Millisecond)
				}
				rest := slices.DeleteFunc(names(4), func(id ID) bool { return id == leaver })
				order := append(slices.Clone(rest), leaver)
				if first {
					order = append([]ID{leaver}, rest...)
				}
				c.update(leaver, set(1000, 1001))
				for _, id := range order {
					c.setMembers(id, listOf(t, rest...))
					c.run(20 * time.Millisecond)
				}
				x := c.node(leaver)
				if !c.runUntil(4*DefaultInterval, func() bool { return x.Pending().Len() == 0 }) {
					t.Errorf("after four intervals it has %v pending", x.Pending())
				}
				if x.Hub() == leaver {
					t.Error("who leaves is still its own hub")
				}
				x.Replica = nil
				if !c.runUntil(2*DefaultProbe, c.equal) {
					t.Error("the others are not equal")
				}
				for _, x := range c.running() {
					if !x.State().Contains(1000) || !x.State().Contains(1001) {
						t.Errorf("%s lacks what the leaver added last", x.id)
					}
				}
			})
		}
	}
}

// TestALeaverIsNobodysHub has a member leave in each of many views, before anyone else knows that it leaves, while clients
// add. The others, who have it on their lists, soon gather to another hub, and what was pending at the leaver is
// acknowledged.
func TestALeaverIsNobodysHub(t *testing.T) {
	for _, members := range []int{2, 5} {
		t.Run(fmt.Sprint(members), func(t *testing.T) { leaversAreNobodysHub(t, names(members)) })
	}
}

func leaversAreNobodysHub(t *testing.T, ids []ID) {
	again := 0 // times that the next view would have appointed the leaver, too
	for view := range uint64(24) {
		c := clusterOf(t, len(ids), Config{}, bottom)
		c.latency = constant(10 * time.Millisecond)
		for _, x := range c.nodes {
			x.view = view
			x.hub = x.appointed()
		}
		leaver := c.nodes[0].hub
		if c.nodes[0].members.hub(draw(bottom.Key(), view+1)) == leaver {
			again++
		}
		next := int64(0)
		add := func(long time.Duration) {
			for range long / (10 * time.Millisecond) {
				for _, x := range c.nodes {
					if x.id != leaver {
						c.update(x.id, set(next))
						next++
					}
				}
				c.run(10 * time.Millisecond)
			}
		}
		add(time.Second)
		c.update(leaver, set(-1))
		c.setMembers(leaver, listOf(t, slices.DeleteFunc(slices.Clone(ids), func(id ID) bool { return id == leaver })...))
		add(4 * DefaultInterval)
		for _, x := range c.nodes {
			if x.Hub() == leaver {
				t.Errorf("in view %d, after %d, the hub of %s is still %s", x.View(), view, x.id, leaver)
			}
			if x.Pending().Contains(-1) {
				t.Errorf("in view %d, after %d, what %s added last is still pending at %s", x.View(), view, leaver, x.id)
			}
		}
		if t.Failed() {
			return
		}
	}
	if again == 0 {
		t.Error("no view appoints the hub of the one before")
	}
}

// TestTheLastOfTwoLeaves: of two members one leaves, the hub or the leaf.
func TestTheLastOfTwoLeaves(t *testing.T) {
	for _, leaver := range names(2) {
		c := clusterOf(t, 2, Config{}, bottom)
		c.update("n0", set(1))
		c.update("n1", set(2))
		c.run(time.Second)
		stays := names(2)[1-slices.Index(names(2), leaver)]
		c.update(leaver, set(3))
		c.setMembers(leaver, listOf(t, stays))
		c.run(2 * time.Second)
		c.setMembers(stays, listOf(t, stays))
		c.run(2 * time.Second)
		if x := c.node(leaver); x.Pending().Len() > 0 || x.Hub() != stays {
			t.Errorf("%s leaves with %v pending and the hub %s", leaver, x.Pending(), x.Hub())
		}
		if x := c.node(stays); !x.State().Equal(set(1, 2, 3)) || x.Deadline() != Never {
			t.Errorf("%s, who stays, holds %v; its deadline is %v", stays, x.State(), x.Deadline())
		}
	}
}

// TestRollingChangeLosesNothing: one member after another leaves and another joins, while clients add.
func TestRollingChangeLosesNothing(t *testing.T) {
	seeds(t, 5, func(t *testing.T, seed uint64) {
		c := clusterOf(t, 5, Config{}, bottom)
		c.latency = between(20*time.Millisecond, 100*time.Millisecond, seed)
		ids := names(5)
		next := int64(0)
		add := func(long time.Duration) {
			for range long / (20 * time.Millisecond) {
				c.update(ids[next%int64(len(ids))], set(next))
				next++
				c.run(20 * time.Millisecond)
			}
		}
		add(time.Second)
		for i := range 5 {
			leaver, joiner := ids[0], ID(fmt.Sprintf("j%d", i))
			ids = append(slices.Clone(ids[1:]), joiner)
			list := listOf(t, ids...)
			c.start(Config{Self: joiner, Members: list}, set())
			c.setMembers(leaver, list)
			for _, id := range ids[:4] {
				add(40 * time.Millisecond)
				c.setMembers(id, list)
			}
			if !c.runUntil(2*time.Second, func() bool { return c.node(leaver).Pending().Len() == 0 }) {
				t.Fatalf("%s does not get rid of %v", leaver, c.node(leaver).Pending())
			}
			c.find(leaver).Replica = nil
			add(500 * time.Millisecond)
		}
		if !c.runUntil(4*DefaultProbe, func() bool { return c.equal() && c.settled() }) || c.running()[0].State().Len() != int(next) {
			t.Errorf("they are equal: %v, and hold %d of %d", c.equal(), c.running()[0].State().Len(), next)
		}
	})
}

// TestAListIsSharedAndNeverChanged: replicas share one, whatever any of them does.
func TestAListIsSharedAndNeverChanged(t *testing.T) {
	shared := listOf(t, names(4)...)
	before := slices.Collect(shared.All())
	c := newCluster[*crdt.GSet](t)
	for _, id := range names(4) {
		c.start(Config{Self: id, Members: shared}, set())
	}
	c.setMembers("n1", listOf(t, "n1", "n2"))
	c.update("n1", set(1))
	c.run(5 * time.Second)
	if !slices.Equal(before, slices.Collect(shared.All())) {
		t.Errorf("the list has become %v", slices.Collect(shared.All()))
	}
}

// TestConfigurationsMayDiffer: members whose intervals, probe intervals, fanouts and limits differ converge.
func TestConfigurationsMayDiffer(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		n := rapid.IntRange(2, 5).Draw(t, "members")
		c := newCluster[*crdt.GSet](t)
		m := listOf(t, names(n)...)
		for _, id := range names(n) {
			c.start(Config{
				Self: id, Members: m,
				Interval:   rapid.SampledFrom([]time.Duration{Eager, 1, 10 * time.Millisecond, DefaultInterval, 3 * time.Second}).Draw(t, "interval"),
				Probe:      rapid.SampledFrom([]time.Duration{MinProbe, 500 * time.Millisecond, DefaultProbe, 5 * time.Second}).Draw(t, "probe"),
				Fanout:     rapid.SampledFrom([]int{2, 3, 128}).Draw(t, "fanout"),
				MaxMessage: rapid.SampledFrom([]int{MinMessage, 5000, 0}).Draw(t, "limit"),
			}, set())
		}
		c.latency = constant(20 * time.Millisecond)
		for i := range int64(20) {
			c.update(names(n)[i%int64(n)], set(i, i<<40))
			c.run(50 * time.Millisecond)
		}
		if !c.runUntil(time.Minute, func() bool { return c.equal() && c.settled() }) {
			t.Fatalf("they are equal: %v, nothing is pending: %v", c.equal(), c.settled())
		}
	})
}

// TestRestoreRefusesWhatNewRefuses: a snapshot does not help a bad configuration.
func TestRestoreRefusesWhatNewRefuses(t *testing.T) {
	cfg := Config{Self: "n1", Members: listOf(t, names(3)...)}
	bad := cfg
	bad.Probe = 1
	for name, try := range map[string]func() error{
		"a bad configuration": func() error { _, err := Restore(bad, Snapshot[*crdt.GSet]{0, set(), set()}, 0); return err },
		"pending under another key": func() error {
			_, err := Restore(cfg, Snapshot[*crdt.GSet]{0, set(), crdt.NewGSet(crdt.Key{7})}, 0)
			return err
		},
	} {
		if try() == nil || errors.Is(try(), ErrTooLarge) {
			t.Errorf("%s: the error is %v", name, try())
		}
	}
}
