package replica

import (
	"testing"
	"time"

	"gset/crdt"

	"pgregory.net/rapid"
)

// tellings counts how often a cluster sends each integer in a gather or scatter.
func tellings(c *cluster[*crdt.GSet]) (times map[int64]int, kinds map[Kind]int) {
	times, kinds = map[int64]int{}, map[Kind]int{}
	c.watch = func(fate string, l letter[*crdt.GSet]) {
		if fate != "" {
			return
		}
		kinds[l.Message.Kind]++
		if l.Message.Delta != nil {
			for x := range l.Message.Delta.All() {
				times[x]++
			}
		}
	}
	return times, kinds
}

// TestOnReliableLinksAnUpdateIsToldOnce: whoever made it, under load, each of the others is sent it once, by a gather or a
// scatter, and nothing is repaired. A scatter that goes down a tree is whole: its maker may be sent it, too.
func TestOnReliableLinksAnUpdateIsToldOnce(t *testing.T) {
	for _, test := range []struct {
		members, fanout, most int
		at                    []ID
	}{
		{3, 0, 2, []ID{"n0"}},
		{3, 0, 2, []ID{"n1"}},
		{3, 0, 2, []ID{"n2"}},
		{3, 0, 2, names(3)},
		{7, 2, 7, names(7)},
	} {
		c := clusterOf(t, test.members, Config{Reliable: true, Fanout: test.fanout}, bottom)
		c.latency = constant(time.Millisecond)
		play(c, test.at, 0, 10*time.Millisecond, 3*time.Second, time.Second)
		times, kinds := tellings(c)
		play(c, test.at, 1000, 10*time.Millisecond, 10*time.Second, time.Second)
		for x := int64(1000); x < 2000; x++ {
			if times[x] > test.most {
				t.Fatalf("%d, of %v, is sent %d times in a cluster of %d", x, test.at, times[x], test.members)
			}
		}
		if kinds[Diff]+kinds[Cells] > 0 || !c.equal() || !c.settled() {
			t.Errorf("of %d members %v are sent; equal: %v, nothing pending: %v", test.members, kinds, c.equal(), c.settled())
		}
	}
}

// TestWhatAReliableLinkLosesIsMadeUpFor: whatever is lost, the members become equal, nothing stays pending, and counts
// are those that were made.
func TestWhatAReliableLinkLosesIsMadeUpFor(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		c := clusterOf(t, rapid.IntRange(2, 5).Draw(t, "members"), Config{Reliable: true}, crdt.NewGCounter(key))
		loss := rapid.IntRange(0, 60).Draw(t, "percent lost")
		seed := uint64(0)
		c.lose = func(letter[*crdt.GCounter]) bool {
			seed = seed*6364136223846793005 + 1442695040888963407
			return seed>>33%100 < uint64(loss)
		}
		own, made := map[ID]*crdt.GCounter{}, int64(0)
		for range rapid.IntRange(1, 60).Draw(t, "increments") {
			id := names(len(c.nodes))[rapid.IntRange(0, len(c.nodes)-1).Draw(t, "at")]
			if own[id] == nil {
				own[id] = crdt.NewGCounter(key)
			}
			delta, err := own[id].Increment(crdt.Origin{Node: string(id)}, 1)
			if err != nil {
				t.Fatal(err)
			}
			own[id].Merge(delta)
			c.update(id, delta)
			made++
			c.run(time.Duration(rapid.IntRange(0, 400).Draw(t, "pause")) * time.Millisecond)
		}
		c.lose = nil
		if !c.runUntil(time.Minute, func() bool { return c.equal() && c.settled() }) {
			t.Fatalf("not equal, or something is pending, after a minute")
		}
		for _, x := range c.nodes {
			if got := x.State().Value(); got.Int64() != made {
				t.Fatalf("%s counts %d of %d", x.id, got, made)
			}
		}
	})
}

// TestScattersThatWaitedInALinkAreNotAllAnsweredByProbes: after a partition a hub of an earlier view sends all that it could not
// send meanwhile, at once. Each probe would be answered by much.
func TestScattersThatWaitedInALinkAreNotAllAnsweredByProbes(t *testing.T) {
	c := clusterOf(t, 3, Config{Reliable: true}, bottom)
	play(c, names(3), 0, 10*time.Millisecond, time.Second, time.Second)
	leaf, probes := c.nodes[0], 0
	if leaf.hub == leaf.id {
		leaf = c.nodes[1]
	}
	c.watch = func(_ string, l letter[*crdt.GSet]) {
		if l.Message.Kind == Probe && l.from == leaf.id {
			probes++
		}
	}
	old, x := leaf.view, int64(10_000)
	leaf.view++
	leaf.follow(c.now)
	flush := func() {
		for range 40 {
			m := Message[*crdt.GSet]{Kind: Scatter, Cluster: leaf.cluster, View: old, Delta: set(x)}
			if x++; c.inject("n2", leaf.id, m) != nil {
				t.Fatal("a scatter is refused")
			}
		}
	}
	flush()
	if probes != 0 {
		t.Errorf("40 scatters of an earlier view that come at once are answered by %d probes", probes)
	}
	leaf.leaf.answerAt = min(leaf.leaf.answerAt, c.now) // a while later
	flush()
	if probes != 1 {
		t.Errorf("40 more, a while later, are answered by %d probes", probes)
	}
}

// TestAStepOfAWalkIsNotAskedForTwiceOnASlowReliableLink: an answer that takes ten times the round trip of a short message is
// waited for.
func TestAStepOfAWalkIsNotAskedForTwiceOnASlowReliableLink(t *testing.T) {
	c := clusterOf(t, 2, Config{Reliable: true}, bottom)
	c.latency = constant(time.Millisecond)
	play(c, names(2), 0, 10*time.Millisecond, time.Second, 5*time.Second)
	a := c.nodes[0]
	if window, timeout := a.window(), a.stepTimeout(); timeout < 100*time.Millisecond || timeout < 10*window {
		t.Errorf("a step is taken for lost after %v, where a scatter is after %v", timeout, window)
	}
	c = clusterOf(t, 2, Config{}, bottom)
	if a := c.nodes[0]; a.stepTimeout() != 2*a.window() {
		t.Errorf("of datagrams a step is taken for lost after %v, and not two windows of %v", a.stepTimeout(), a.window())
	}
}

// TestEachMessageOfAnAnswerMayBeLateOnAReliableLink: what is behind the first of them in a link, whose repairs are slowed down, is
// not asked for again.
func TestEachMessageOfAnAnswerMayBeLateOnAReliableLink(t *testing.T) {
	r := memberOf(t, 4, false, Config{Reliable: true})
	measured(r, time.Millisecond)
	now := time.Second
	r.suspicion.since = now
	rest := Range{1 << 54, Everything.Last}
	part := message{Kind: Diff, Digest: crdt.Fingerprint{1}, Range: Range{0, rest.First - 1}, Delta: set()}
	last := part
	last.Rest = rest
	receive(t, r, now, "n2", last)
	now += time.Millisecond
	part.Range = Range{rest.First, rest.First + 1}
	receive(t, r, now, "n2", part)
	if out := tick(t, r, now+DefaultProbe/2-time.Millisecond); len(out.Messages) > 0 {
		t.Errorf("the rest of an answer that is late is asked for by %v", kindsOf(out))
	}
	again := of(tick(t, r, now+DefaultProbe/2), Probe)
	if len(again) != 1 || again[0].To != "n2" || again[0].Message.Range != rest {
		t.Errorf("the rest of an answer that does not come is asked for by %v", again)
	}
}
