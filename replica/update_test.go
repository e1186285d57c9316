package replica

import (
	"testing"
	"time"

	"gset/crdt"

	"pgregory.net/rapid"
)

func TestUpdateTellsWhatIsDurable(t *testing.T) {
	r := newLeaf(t)
	if out := update(t, r, 1, set(1, 2)); !out.Durable.Equal(set(1, 2)) {
		t.Errorf("durable is %v, want both", out.Durable)
	}
	if out := update(t, r, 2, set(2, 3)); !out.Durable.Equal(set(3)) {
		t.Errorf("durable is %v, want what was new", out.Durable)
	}
	if out := update(t, r, 3, set(1, 3)); out.Durable != nil || !out.Empty() {
		t.Errorf("durable is %v with %d messages, but nothing was new", out.Durable, len(out.Messages))
	}
	if out := r.Tick(4); out.Durable != nil {
		t.Errorf("durable is %v after a tick", out.Durable)
	}
}

// TestAnUpdateIsTheCallersAfterwards changes a delta that was handed over, and looks for the change
// where it should not be.
func TestAnUpdateIsTheCallersAfterwards(t *testing.T) {
	const foreign = 666
	for _, hub := range []bool{true, false} {
		r := memberOf(t, 4, hub, Config{})
		delta := set(1)
		out := update(t, r, 0, delta)
		delta.Insert(foreign)
		for name, s := range map[string]*crdt.GSet{"the state": r.State(), "pending": r.Pending(), "Durable": out.Durable} {
			if s.Contains(foreign) {
				t.Errorf("%s has what the caller added afterwards", name)
			}
		}
		for _, e := range out.Messages {
			if e.Message.Delta.Contains(foreign) {
				t.Errorf("a %v has what the caller added afterwards", e.Message.Kind)
			}
		}
	}
}

// TestMessagesDoNotChangeOnceTheyAreSent keeps every message that a cluster sends, and the bytes that it was,
// and looks at all of them after everything that has happened since. Messages share memory with
// each other, with Durable, and with relayed ones; nobody may change that.
func TestMessagesDoNotChangeOnceTheyAreSent(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		type kept struct {
			m    message
			data string
		}
		var all []kept
		c := clusterOf(t, 7, Config{Fanout: 2, MaxMessage: MinMessage}, bottom)
		c.watch = func(fate string, l letter[*crdt.GSet]) {
			if fate == "" {
				all = append(all, kept{l.Message, string(encode(t, l.Message))})
			}
		}
		for range rapid.IntRange(1, 20).Draw(t, "updates") {
			id := rapid.SampledFrom(names(7)).Draw(t, "where")
			c.update(id, set(rapid.SliceOfN(rapid.Int64Range(0, 2000), 1, 20).Draw(t, "elements")...))
			c.run(time.Duration(rapid.IntRange(0, 300).Draw(t, "ms")) * time.Millisecond)
		}
		c.run(5 * time.Second)
		for _, k := range all {
			if string(encode(t, k.m)) != k.data {
				t.Fatalf("a %v has changed since it was sent", k.m.Kind)
			}
		}
	})
}

// TestAReceivedMessageIsLeftAsItWas: a receiver changes nothing of what it is handed, whatever it
// does with it and after that.
func TestAReceivedMessageIsLeftAsItWas(t *testing.T) {
	eachKind(t, func(t *rapid.T, m message) {
		r := memberOf(t, 4, rapid.Bool().Draw(t, "hub"), Config{Fanout: 2})
		m.Cluster = r.cluster
		before := string(encode(t, m))
		_, err := r.Receive(time.Second, "n2", m)
		update(t, r, time.Second, set(1, 2, 3))
		tick(t, r, 10*time.Second)
		if string(encode(t, m)) != before {
			t.Fatalf("the message has changed; Receive's error was %v", err)
		}
	})
}

// TestARefusedUpdateChangesNothing: nil, under another key.
func TestARefusedUpdateChangesNothing(t *testing.T) {
	for name, delta := range map[string]*crdt.GSet{"nil": nil, "another key": crdt.NewGSet(crdt.Key{7}, 1)} {
		r := newLeaf(t)
		update(t, r, 0, set(5))
		before, deadline := r.Status(), r.Deadline()
		out, err := r.Update(1, delta)
		if err == nil || !out.Empty() || r.Status() != before || r.Deadline() != deadline || !r.State().Equal(set(5)) {
			t.Errorf("%s: error %v, %+v", name, err, r.Status())
		}
	}
}

// TestATickBeforeTheDeadlineDoesNothing holds for every moment before it.
func TestATickBeforeTheDeadlineDoesNothing(t *testing.T) {
	r := newLeaf(t)
	update(t, r, 0, set(1))
	for range 20 {
		due := r.Deadline()
		for early := range time.Duration(5) {
			if out := r.Tick(due - 5 + early); !out.Empty() || r.Deadline() != due {
				t.Fatalf("a tick %v early sends %d messages", 5-early, len(out.Messages))
			}
		}
		r.Tick(due)
		if r.Deadline() <= due {
			t.Fatalf("after the tick at %v the deadline is %v", due, r.Deadline())
		}
	}
}

// TestTheSameEventsGiveTheSameMessages: a replica reads no clock, and no randomness but its own.
func TestTheSameEventsGiveTheSameMessages(t *testing.T) {
	trace := func() (all string) {
		c := clusterOf(t, 6, Config{Fanout: 2}, bottom)
		c.latency = between(10*time.Millisecond, 200*time.Millisecond, 1)
		c.watch = func(fate string, l letter[*crdt.GSet]) {
			all += fate + string(l.from+l.To) + string(encode(t, l.Message))
		}
		for i := range int64(100) {
			c.update(names(6)[i%6], set(i))
			c.run(17 * time.Millisecond)
		}
		c.run(10 * time.Second)
		return all
	}
	if one, other := trace(), trace(); one != other {
		t.Error("two runs differ")
	}
}

// TestTwoLivesOfAMemberDrawDifferently: the incarnation seeds what a member draws.
func TestTwoLivesOfAMemberDrawDifferently(t *testing.T) {
	deadlines := map[time.Duration]bool{}
	for i := range uint64(20) {
		r := start(t, Config{Self: "n1", Members: listOf(t, names(4)...), Incarnation: i}, bottom.New())
		deadlines[r.Deadline()] = true
	}
	if len(deadlines) < 20 {
		t.Errorf("20 lives have %d first deadlines", len(deadlines))
	}
}
