package replica

import (
	"errors"
	"testing"
	"time"

	"gset/crdt"
)

var bottom = crdt.NewGSet(crdt.Key{})

func set(elements ...int64) *crdt.GSet { return crdt.NewGSet(crdt.Key{}, elements...) }

// newMember returns the hub of view 0 in a cluster of four, or one of its leaves.
func newMember(t testing.TB, hub bool) *Replica[*crdt.GSet] {
	cfg := Config{Members: members(4), Interval: 250 * time.Millisecond, Probe: 2 * time.Second, Seed: 1, MaxMessage: 40_000}
	for _, cfg.Self = range cfg.Members {
		r, err := New(cfg, bottom.New(), 0)
		if err != nil {
			t.Fatal(err)
		}
		if (r.Hub() == cfg.Self) == hub {
			return r
		}
	}
	panic("there is one of each")
}

func newHub(t testing.TB) *Replica[*crdt.GSet]  { return newMember(t, true) }
func newLeaf(t testing.TB) *Replica[*crdt.GSet] { return newMember(t, false) }

// only returns the only message of an output.
func only(t testing.TB, out Output[*crdt.GSet]) Message[*crdt.GSet] {
	t.Helper()
	if len(out.Messages) != 1 {
		t.Fatalf("%d messages, want 1", len(out.Messages))
	}
	return out.Messages[0].Message
}

func TestUpdateTellsWhatIsDurable(t *testing.T) {
	r := newLeaf(t)
	if out := r.Update(1, set(1, 2)); !out.Durable.Equal(set(1, 2)) {
		t.Errorf("durable is %v, want both", out.Durable)
	}
	if out := r.Update(2, set(2, 3)); !out.Durable.Equal(set(3)) {
		t.Errorf("durable is %v, want what was new", out.Durable)
	}
	if out := r.Update(3, set(1, 3)); out.Durable != nil || len(out.Messages) > 0 {
		t.Errorf("durable is %v with %d messages, but nothing was new", out.Durable, len(out.Messages))
	}
	if out := r.Tick(4); out.Durable != nil {
		t.Errorf("durable is %v after a tick", out.Durable)
	}
}

// TestArgumentsAreTheCallersAfterwards changes whatever was handed over, and looks
// for it where it should not be.
func TestArgumentsAreTheCallersAfterwards(t *testing.T) {
	const foreign = 666
	hub, leaf := newHub(t), newLeaf(t)
	delta := set(1)
	gather := only(t, leaf.Update(0, delta))
	delta.Insert(foreign)
	var outs []Output[*crdt.GSet]
	for now := range time.Duration(2) { // the second is answered directly
		m := gather
		m.Delta = gather.Delta.Clone()
		out, err := hub.Receive(now, leaf.cfg.Self, m)
		if err != nil {
			t.Fatal(err)
		}
		m.Delta.Insert(foreign)
		outs = append(outs, out)
	}
	if leaf.State().Contains(foreign) || leaf.Sent()[0].Contains(foreign) || gather.Delta.Contains(foreign) {
		t.Error("an update's delta is kept")
	}
	if hub.State().Contains(foreign) {
		t.Error("a message's delta is kept")
	}
	for _, out := range outs {
		for _, e := range out.Messages {
			if e.Message.Delta.Contains(foreign) {
				t.Errorf("a message's delta goes out in a %v", e.Message.Kind)
			}
		}
	}
}

func TestStrangersChangeNothing(t *testing.T) {
	r := newLeaf(t)
	before, deadline := r.Settled(), r.Deadline()
	for _, from := range []ID{"", "stranger", r.cfg.Self} {
		out, err := r.Receive(1, from, Message[*crdt.GSet]{Kind: Gather, View: 7, Delta: set(1)})
		if !errors.Is(err, ErrStranger) || len(out.Messages) > 0 || out.Durable != nil {
			t.Errorf("from %q: error %v with %d messages", from, err, len(out.Messages))
		}
	}
	if r.Settled() != before || r.View() != 0 || r.Deadline() != deadline {
		t.Error("a stranger's message changed something")
	}
}

func TestTheViewIsBounded(t *testing.T) {
	r := newLeaf(t)
	r.Update(0, set(1))
	if _, err := r.Receive(1, r.peer(0), Message[*crdt.GSet]{Kind: Probe, View: maxView, Digest: r.fingerprint(), Sketch: set().Sketch(0)}); err != nil {
		t.Fatal(err)
	}
	// Nobody ever answers, and there is no greater view to draw a hub from.
	for range 50 {
		r.Tick(r.Deadline())
	}
	if r.View() != maxView {
		t.Errorf("view is %d, above %d", r.View(), uint64(maxView))
	}
}

// TestATickBeforeTheDeadlineDoesNothing holds for every moment before it.
func TestATickBeforeTheDeadlineDoesNothing(t *testing.T) {
	r := newLeaf(t)
	r.Update(0, set(1))
	for range 20 {
		due := r.Deadline()
		for early := range time.Duration(5) {
			if out := r.Tick(due - 5 + early); len(out.Messages) > 0 || r.Deadline() != due {
				t.Fatalf("a tick %v early sends %d messages", 5-early, len(out.Messages))
			}
		}
		r.Tick(due)
	}
}

// TestOneMemberKeepsToItself has nobody to talk to, and nothing to wait for.
func TestOneMemberKeepsToItself(t *testing.T) {
	r, err := New(Config{Self: "a", Members: []ID{"a"}, Probe: 1, Interval: 1, MaxMessage: MinMessage}, bottom.New(), 0)
	if err != nil {
		t.Fatal(err)
	}
	if out := r.Update(0, set(1)); len(out.Messages) > 0 || !out.Durable.Equal(set(1)) {
		t.Errorf("%d messages, durable %v", len(out.Messages), out.Durable)
	}
	if r.Deadline() != never || r.Settled() != set(1).Digest() {
		t.Errorf("deadline is %v, digest %v", r.Deadline(), r.Settled())
	}
}
