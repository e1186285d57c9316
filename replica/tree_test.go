package replica

import (
	"slices"
	"testing"
	"time"

	"gset/crdt"

	"pgregory.net/rapid"
)

// TestATreeReachesEveryoneOnce walks the tree of a root, in a view, among any number of
// members, as the scatters do.
func TestATreeReachesEveryoneOnce(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		n := rapid.IntRange(2, 500).Draw(t, "members")
		c := coin{rapid.Uint64().Draw(t, "seed"), members(n)}
		fanout := rapid.IntRange(2, 70).Draw(t, "fanout")
		tree := c.tree(rapid.Uint64().Draw(t, "view"), fanout)
		root := rapid.IntRange(0, n-1).Draw(t, "root")
		reached := make([]int, n)
		level, depth := []int{root}, 0
		for ; len(level) > 0; depth++ {
			var next []int
			for _, m := range level {
				reached[m]++
				children := slices.Collect(tree.children(m, root))
				if len(children) > fanout {
					t.Fatalf("%d has %d children", m, len(children))
				}
				for _, c := range children {
					if !tree.below(c, m, root) || !tree.below(c, root, root) || tree.below(m, c, root) {
						t.Fatalf("%d is a child of %d, and not below it", c, m)
					}
				}
				next = append(next, children...)
			}
			level = next
		}
		if slices.Min(reached) != 1 || slices.Max(reached) != 1 {
			t.Fatalf("members are reached %v times", reached)
		}
		least := 1 // levels that have room for all
		for room, width := 1, 1; room < n; least++ {
			width *= fanout
			room += width
		}
		if depth != least {
			t.Fatalf("%d members are %d deep at a fanout of %d, want %d", n, depth, fanout, least)
		}
	})
}

// TestEachViewHasATreeOfItsOwn counts the parents that a member has in many views.
func TestEachViewHasATreeOfItsOwn(t *testing.T) {
	const n, fanout, views = 100, 3, 200
	c := coin{7, members(n)}
	parents := map[int]bool{}
	for view := range uint64(views) {
		tree := c.tree(view, fanout)
		for m := range n {
			if slices.Contains(slices.Collect(tree.children(m, 0)), 42) {
				parents[m] = true
			}
		}
	}
	// 40 of the steps have no factor in common with 100, and each is drawn sooner or later.
	if len(parents) < 20 {
		t.Errorf("in %d views there are %d parents", views, len(parents))
	}
}

// wideMember is one of so many that they send their scatters down a tree.
func wideMember(t *testing.T, self, n, fanout int) *Replica[*crdt.GSet] {
	t.Helper()
	ids := members(n)
	r, err := New(Config{
		Self: ids[self], Members: ids, Fanout: fanout, Interval: 250 * time.Millisecond,
		Probe: 2 * time.Second, Seed: 1, MaxMessage: 40_000,
	}, bottom.New(), 0)
	if err != nil {
		t.Fatal(err)
	}
	return r
}

// TestAScatterIsPassedOnAsItCame has a member in the middle of a tree relay a scatter, at
// once, and to those below it only, with the echoes that are for them.
func TestAScatterIsPassedOnAsItCame(t *testing.T) {
	const n, fanout = 40, 3
	hub := wideMember(t, 0, n, fanout)
	root := slices.Index(hub.coin.members, hub.Hub())
	tree := hub.tree(0)
	middle := slices.Collect(tree.children(root, root))[0]
	r := wideMember(t, middle, n, fanout)
	m := message{Kind: Scatter, Stamp: 5, Next: 250 * time.Millisecond, Delta: set(1, 2), Digest: set(1, 2).Digest().Fingerprint(), Relay: &Relay{Root: root}}
	for i := range n {
		if i != root {
			m.Relay.Echoes = append(m.Relay.Echoes, Echo{i, Answer{time.Duration(i), 1}})
		}
	}
	out, err := r.Receive(time.Second, r.coin.members[root], m)
	if err != nil {
		t.Fatal(err)
	}
	children := slices.Collect(tree.children(middle, root))
	if len(out.Messages) != len(children) || len(children) == 0 {
		t.Fatalf("%d messages to %d children", len(out.Messages), len(children))
	}
	for i, e := range out.Messages {
		if e.To != r.coin.members[children[i]] {
			t.Errorf("message %d goes to %v", i, e.To)
		}
		for _, echo := range e.Message.Relay.Echoes {
			if !tree.below(echo.Member, children[i], root) {
				t.Errorf("%v is sent the echo of %d", e.To, echo.Member)
			}
		}
		below := 0
		for member := range n {
			if tree.below(member, children[i], root) {
				below++
			}
		}
		if len(e.Message.Relay.Echoes) != below {
			t.Errorf("%d echoes for %d members below", len(e.Message.Relay.Echoes), below)
		}
		want := m
		want.Relay = e.Message.Relay
		if !equal(e.Message, want) {
			t.Errorf("%+v was passed on as %+v", m, e.Message)
		}
	}
	if mean, measured := r.RoundTrip(); !measured {
		t.Errorf("its own echo measured no round trip, %v", mean)
	}
	if !r.State().Equal(set(1, 2)) || r.Settled() != set(1, 2).Digest() {
		t.Error("the scatter was not taken in")
	}
}
