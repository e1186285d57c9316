package replica

import (
	"reflect"
	"testing"
	"time"

	"gset/crdt"

	"pgregory.net/rapid"
)

// TestStatusCountsNothingWhenNothingIsGoingOn: all counts but Told are zero when all is acknowledged and no round is
// under way; what is told once more is bounded by the last rounds.
func TestStatusCountsNothingWhenNothingIsGoingOn(t *testing.T) {
	c := clusterOf(t, 5, Config{}, bottom)
	play(c, names(5), 0, 20*time.Millisecond, 3*time.Second, 10*time.Second)
	for _, x := range c.nodes {
		s := x.Status()
		if s.Pending+s.Fresh+s.Gathers+s.Gatherers+s.Gathered != 0 || s.Suspect != "" || s.Walk != "" || s.StandIn != "" {
			t.Errorf("%s, with nothing going on: %+v", x.id, s)
		}
		if s.Told > 2*20 || s.Members != 5 || s.View != x.View() || s.Hub != x.Hub() {
			t.Errorf("%s: %+v", x.id, s)
		}
		if x.id != x.hub && s.RoundTrip.Round(time.Millisecond) != 200*time.Millisecond {
			t.Errorf("%s has measured a round trip of %v", x.id, s.RoundTrip)
		}
		if now := x.clock(c.now); s.Proof > now || s.Proof < now-3*DefaultProbe {
			t.Errorf("%s: at %v the last proof is of %v", x.id, now, s.Proof)
		}
	}
}

// TestStatusShowsWhatIsPending where it is: fresh, or in gathers under way.
func TestStatusShowsWhatIsPending(t *testing.T) {
	r := newLeaf(t)
	busy(r, 0)
	update(t, r, 0, set(1, 2))
	measured(r, 100*time.Millisecond)
	r.leaf.aimed, r.leaf.idleAt, r.leaf.slot = time.Second, time.Second, time.Second
	update(t, r, 1, set(3))
	if s := r.Status(); s.Pending != 3 || s.Fresh != 1 || s.Gathers != 1 {
		t.Errorf("%+v", s)
	}
}

// TestAnObserverIsTold of view changes, suspicions, mismatches, walks and cells that cannot be sent, inside the call
// that caused them.
func TestAnObserverIsTold(t *testing.T) {
	var events []Event
	cfg := Config{Observer: func(e Event) { events = append(events, e) }, MaxMessage: MinMessage}
	for name, c := range map[string]struct {
		do   func(r *setReplica)
		want Event
	}{
		"a view": {func(r *setReplica) { receive(t, r, 1, "n2", message{Kind: Scatter, View: 3, Digest: r.fingerprint()}) }, Event{Kind: ViewChanged, View: 3, Hub: "n3"}},
		"a suspicion": {func(r *setReplica) { receive(t, r, 1, r.hub, message{Kind: Scatter, Digest: crdt.Fingerprint{1}}) },
			Event{Kind: Suspected, Peer: "n0", Hub: "n0"}},
		"a mismatch": {func(r *setReplica) {
			receive(t, r, 1, "n2", message{Kind: Probe, Digest: crdt.Fingerprint{1}, Sketch: crdt.SketchOf(set(), 0)})
		}, Event{Kind: Mismatch, Peer: "n2", Hub: "n0"}},
		"a walk": {func(r *setReplica) {
			receive(t, r, 1, "n2", message{Kind: Cells, Digest: crdt.Fingerprint{1}, Rest: Range{5, 6}})
		}, Event{Kind: Walked, Peer: "n2", Hub: "n0"}},
	} {
		r := memberOf(t, 4, false, cfg)
		events = nil
		c.do(r)
		if len(events) == 0 || events[0] != c.want {
			t.Errorf("%s: the observer is told %v, want %v first", name, events, c.want)
		}
	}
}

// TestASnapshotRestoresAReplica: after anything, the restored replica has the same state, view and hub; what was pending is
// sent again, and what was stable is not.
func TestASnapshotRestoresAReplica(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		c := clusterOf(t, 4, Config{}, bottom)
		id := rapid.SampledFrom(names(4)).Draw(t, "who")
		for range rapid.IntRange(0, 15).Draw(t, "events") {
			c.update(rapid.SampledFrom(names(4)).Draw(t, "where"), set(rapid.Int64Range(0, 500).Draw(t, "element")))
			c.run(time.Duration(rapid.IntRange(0, 200).Draw(t, "ms")) * time.Millisecond)
		}
		x := c.node(id)
		s := x.Snapshot()
		kept := Snapshot[*crdt.GSet]{s.View, s.Stable.Clone(), s.Pending.Clone()}
		cfg := x.cfg
		cfg.Incarnation++
		r, err := Restore(cfg, kept, x.clock(c.now))
		if err != nil {
			t.Fatal(err)
		}
		if !r.State().Equal(x.State()) || r.View() != x.View() || r.Hub() != x.Hub() || !r.Pending().Equal(x.Pending()) {
			t.Fatalf("%v with %v pending, in view %d; was %v with %v pending, in view %d", r.State(), r.Pending(), r.View(), x.State(), x.Pending(), x.View())
		}
		sent := set()
		for _, e := range of(tick(t, r, x.clock(c.now)+r.cfg.Interval), Gather, Scatter) {
			sent.Join(e.Message.Delta)
		}
		if !sent.Equal(x.Pending()) {
			t.Fatalf("%v is sent, and %v was pending", sent, x.Pending())
		}
	})
}

// TestDurablesRestoreTheState: the join of a snapshot and every Durable since is the state, so that a driver need not write
// snapshots often.
func TestDurablesRestoreTheState(t *testing.T) {
	c := clusterOf(t, 4, Config{}, bottom) // which holds every Durable against what is new
	play(c, names(4), 0, 20*time.Millisecond, time.Second, 0)
	x := c.node("n2")
	s := x.Snapshot()
	log := joined(s.Stable, s.Pending)
	now := x.clock(c.now)
	for i := range int64(50) {
		now += 10 * time.Millisecond
		out := update(t, x.Replica, now, set(1000+i))
		if out.Durable != nil {
			log.Join(out.Durable)
		}
		out = receive(t, x.Replica, now, "n1", message{Kind: Scatter, Delta: set(2000+i, 1000+i)})
		if out.Durable != nil {
			log.Join(out.Durable)
		}
		if out := x.Tick(now); out.Durable != nil {
			log.Join(out.Durable)
		}
	}
	if !log.Equal(x.State()) {
		t.Errorf("the log has %d elements, the state %d", log.Len(), x.State().Len())
	}
}

// TestKindsAndEventsHaveNames for logs, also those that there are not.
func TestKindsAndEventsHaveNames(t *testing.T) {
	var got []string
	for _, k := range append(Kinds(), 0, Cells+1, 255) {
		got = append(got, k.String())
	}
	for k := range Unsendable + 2 {
		got = append(got, k.String())
	}
	want := []string{
		"gather", "scatter", "answer", "probe", "diff", "cells", "unknown", "unknown", "unknown",
		"unknown", "view changed", "suspected", "mismatch", "walked", "unsendable", "unknown",
	}
	if !reflect.DeepEqual(got, want) {
		t.Errorf("the names are %q", got)
	}
}
