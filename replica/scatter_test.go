package replica

import (
	"testing"
	"time"

	"gset/crdt"

	"pgregory.net/rapid"
)

// TestAHubScattersOncePerPeriod under any load, however the updates come in.
func TestAHubScattersOncePerPeriod(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		hub := newHub(t)
		leaves := peers(hub)
		last, now := -time.Hour, time.Duration(0)
		look := func(out output) {
			if len(of(out, Scatter)) == 0 {
				return
			}
			if now-last < hub.period() {
				t.Fatalf("scatters at %v and %v, with a period of %v", last, now, hub.period())
			}
			last = now
		}
		for i := range rapid.IntRange(1, 100).Draw(t, "events") {
			at := now + time.Duration(rapid.IntRange(0, 100).Draw(t, "ms"))*time.Millisecond
			for hub.Deadline() <= at {
				now = hub.Deadline()
				look(hub.Tick(now))
			}
			now = at
			busy(hub, now) // lest an update be pushed
			if rapid.Bool().Draw(t, "its own") {
				look(update(t, hub, now, set(int64(i))))
			} else {
				look(receive(t, hub, now, rapid.SampledFrom(leaves).Draw(t, "from"), message{Kind: Gather, Delta: set(int64(i))}))
			}
		}
	})
}

// TestAScatterTellsTheLastTwoRoundsOnceMore, and no earlier one: what is told for ever would grow for ever.
func TestAScatterTellsTheLastTwoRoundsOnceMore(t *testing.T) {
	hub := newHub(t)
	for i := range int64(8) {
		out := update(t, hub, time.Duration(i)*time.Second, set(i))
		want := set(i)
		for back := int64(1); back <= overlap && back <= i; back++ {
			want.Insert(i - back)
		}
		for _, e := range of(out, Scatter) {
			if !e.Message.Delta.Equal(want) {
				t.Errorf("round %d tells %s %v, want %v", i, e.To, e.Message.Delta, want)
			}
		}
		if len(of(out, Scatter)) != hub.others {
			t.Errorf("round %d goes to %d of %d", i, len(of(out, Scatter)), hub.others)
		}
	}
}

// TestTwoScattersLostInARowCostNoMessages: the next one has what was in them, and nobody asks.
func TestTwoScattersLostInARowCostNoMessages(t *testing.T) {
	for lost := range 3 {
		c := clusterOf(t, 4, Config{Probe: 20 * time.Second}, bottom)
		hub := c.nodes[0].hub
		kinds := counted(c)
		losing := 0
		c.lose = func(l letter[*crdt.GSet]) bool {
			if l.To == "n2" && losing > 0 {
				losing--
				return true
			}
			return false
		}
		for i := range int64(6) {
			if i == 2 {
				losing = lost
			}
			c.update(hub, set(i))
			c.run(500 * time.Millisecond)
		}
		asked := kinds[Probe] + kinds[Diff] + kinds[Cells]
		if lost <= overlap && asked > 0 || !c.equal() {
			t.Errorf("%d scatters are lost, and there are %v", lost, kinds)
		}
	}
}

// TestWhatIsTooLongForAMessageIsToldOnceInParts: nothing is left out between the parts, and the budget of an event
// leaves the rest to the next one.
func TestWhatIsTooLongForAMessageIsToldOnceInParts(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		hub := memberOf(t, rapid.IntRange(2, 40).Draw(t, "members"), true, Config{MaxMessage: MinMessage, Fanout: 64})
		all := apart(0, rapid.Int64Range(1, 8000).Draw(t, "elements"))
		told, times := map[ID]*crdt.GSet{}, map[ID]int{}
		look := func(out output) {
			checkOutput(t, hub, out)
			bytes := 0
			for _, e := range of(out, Scatter) {
				if told[e.To] == nil {
					told[e.To] = set()
				}
				told[e.To].Join(e.Message.Delta)
				times[e.To] += e.Message.Delta.Len()
				bytes += len(encode(t, e.Message))
			}
			if most := budgetBytes + hub.others*MinMessage; bytes > most {
				t.Fatalf("an event scatters %d bytes, more than %d", bytes, most)
			}
		}
		look(update(t, hub, 0, all))
		for hub.Deadline() <= time.Second {
			look(hub.Tick(hub.Deadline()))
		}
		for _, id := range peers(hub) {
			if told[id] == nil || !told[id].Equal(all) {
				t.Fatalf("%s is not told all of %d elements", id, all.Len())
			}
			if times[id] > all.Len()+int(overlap)*700 {
				t.Fatalf("%s is told %d elements for %d", id, times[id], all.Len())
			}
		}
		if hub.Pending().Len() > 0 {
			t.Fatalf("%d are pending", hub.Pending().Len())
		}
	})
}

// TestAnUpdateIsPushedWhileLittleIsGoingOn: one hop, n-1 messages; not before a round trip was measured, not
// within a round trip of another update, not in a busy time, not while a gather is unacknowledged, not with a stand-in.
func TestAnUpdateIsPushedWhileLittleIsGoingOn(t *testing.T) {
	const now = time.Minute
	for name, c := range map[string]struct {
		prepare func(r *setReplica)
		pushed  bool
	}{
		"little goes on":             {func(*setReplica) {}, true},
		"an update long ago":         {func(r *setReplica) { r.load.add(1, now-200*time.Millisecond) }, true},
		"four updates before":        {func(r *setReplica) { r.load.add(4, now-150*time.Millisecond) }, true},
		"a view that is not the 0th": {func(r *setReplica) { r.adopt(4, 0); measured(r, 100*time.Millisecond) }, true},
		"no round trip measured":     {func(r *setReplica) { r.rtt = newEstimator() }, false},
		"an update just before":      {func(r *setReplica) { r.load.add(1, now-50*time.Millisecond) }, false},
		"five in an interval":        {func(r *setReplica) { r.load.add(5, now-150*time.Millisecond) }, false},
		"twenty in four intervals":   {func(r *setReplica) { r.load.add(20, now-900*time.Millisecond) }, false},
		"a gather under way":         {func(r *setReplica) { r.dispatch(batch[*crdt.GSet]{delta: set(9), at: now}, set()); r.pending = set(9) }, false},
		"a stand-in":                 {func(r *setReplica) { r.leaf.standIn = "n2" }, false},
		"leaving":                    {func(r *setReplica) { r.setMembers(listOf(t, "n0", "n2", "n3")) }, false},
	} {
		t.Run(name, func(t *testing.T) {
			r := newLeaf(t)
			measured(r, 100*time.Millisecond)
			c.prepare(r)
			r.suspicion.since = now
			out := update(t, r, now, set(1))
			if pushed := len(of(out, Scatter)) == r.others; pushed != c.pushed || pushed && (len(out.Messages) != r.others || r.Pending().Contains(1)) {
				t.Errorf("%v are sent, and %v is pending", kindsOf(out), r.Pending())
			}
		})
	}
}

// TestWithAnIntervalOfZeroEveryUpdateIsPushed, whoever makes it and however many there are.
func TestWithAnIntervalOfZeroEveryUpdateIsPushed(t *testing.T) {
	const n, hop = 5, 50 * time.Millisecond
	c := clusterOf(t, n, Config{Interval: Eager}, bottom)
	c.latency = constant(hop)
	kinds := counted(c)
	all := play(c, names(n), 0, 10*time.Millisecond, 2*time.Second, 200*time.Millisecond)
	if worst := all[len(all)-1]; worst > hop+5*time.Millisecond || kinds[Scatter] != len(all)*(n-1) || kinds[Gather] > 0 {
		t.Errorf("%d updates take up to %v, and %v", len(all), worst, kinds)
	}
}

// TestARetryIsPushedWhereLittleIsGoingOn: a lone update whose gather was lost goes straight to everyone, but not in a
// busy time.
func TestARetryIsPushedWhereLittleIsGoingOn(t *testing.T) {
	for _, much := range []bool{false, true} {
		r := newLeaf(t)
		const now = time.Minute
		update(t, r, now, set(1)) // gathered, as no round trip was measured
		if much {
			busy(r, now)
		}
		again := tick(t, r, r.retryDue())
		if pushed := len(of(again, Scatter)) == r.others; pushed == much || len(of(again, Gather)) > 0 != much {
			t.Errorf("with much going on: %v, the second try is %v", much, kindsOf(again))
		}
	}
}
