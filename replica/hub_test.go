package replica

import (
	"testing"
	"time"

	"gset/crdt"
)

// TestAHubTellsItsNewsWhoeverElseRepeatsIt has a leaf repeat, in a repair, the news that
// it gathered: a repair goes to one node only, so the hub must still scatter it.
func TestAHubTellsItsNewsWhoeverElseRepeatsIt(t *testing.T) {
	hub := newHub(t)
	leaf := hub.peer(0)
	receive := func(now time.Duration, m message) Output[*crdt.GSet] {
		t.Helper()
		out, err := hub.Receive(now, leaf, m)
		if err != nil {
			t.Fatal(err)
		}
		return out
	}
	hub.Update(0, set(1)) // the round starts
	receive(1, message{Kind: Gather, Delta: set(2)})
	receive(2, message{Kind: Repair, Span: everything, Delta: set(2)})
	out := hub.Tick(hub.round.due)
	if len(out.Messages) != hub.others() {
		t.Fatalf("%d messages at the end of the round, want a scatter to each of %d", len(out.Messages), hub.others())
	}
	for _, e := range out.Messages {
		if e.Message.Kind != Scatter || !e.Message.Delta.Contains(2) {
			t.Errorf("%s is sent a %v of %v, which lacks 2", e.To, e.Message.Kind, e.Message.Delta)
		}
	}
}

// TestAHubAnswersWhateverBecomesOfItsNews has somebody else tell everyone the news of a
// round while gathers wait for its scatter. They are answered all the same.
func TestAHubAnswersWhateverBecomesOfItsNews(t *testing.T) {
	hub := newHub(t)
	leaf, other := hub.peer(0), hub.peer(1)
	receive := func(now time.Duration, from ID, m message) {
		t.Helper()
		if _, err := hub.Receive(now, from, m); err != nil {
			t.Fatal(err)
		}
	}
	hub.Update(0, set(1))
	hub.Tick(hub.round.due) // the round starts
	receive(1, leaf, message{Kind: Gather, Delta: set(2)})
	receive(2, other, message{Kind: Scatter, Delta: set(2)})
	answered := false
	for _, e := range hub.Tick(hub.round.due).Messages {
		answered = answered || e.To == leaf && e.Message.Answer != nil && e.Message.Delta.Contains(2)
	}
	if s := hub.Sizes(); !answered || s.Answers > 0 || s.Echoes > 0 {
		t.Errorf("that the gather was answered is %v; %d wait, with %d pieces of news", answered, s.Answers, s.Echoes)
	}
}

// TestOnlyWhoScattersAcknowledges has a gather arrive at a node that believes in another
// hub. It must not say the news back, for the sender would take it for told.
func TestOnlyWhoScattersAcknowledges(t *testing.T) {
	leaf := newLeaf(t)
	var other ID
	for _, other = range leaf.coin.members {
		if other != leaf.Hub() && other != leaf.cfg.Self {
			break
		}
	}
	out, err := leaf.Receive(1, other, message{Kind: Gather, Delta: set(2)})
	if err != nil {
		t.Fatal(err)
	}
	passed := false
	for _, e := range out.Messages {
		switch e.To {
		case other:
			if e.Message.Kind != Scatter || e.Message.Delta.Len() > 0 {
				t.Errorf("the answer is a %v of %v, want a scatter of nothing", e.Message.Kind, e.Message.Delta)
			}
		case leaf.Hub():
			passed = e.Message.Kind == Gather && e.Message.Delta.Contains(2)
		}
	}
	if !passed {
		t.Error("the news is not passed on to the hub")
	}
}

// TestAHubThatHasToldNothingTakesNoGatherForProof has a hub that starts with a state hear
// from a leaf with none.
func TestAHubThatHasToldNothingTakesNoGatherForProof(t *testing.T) {
	hub := newHub(t)
	hub.state.Insert(7)
	proof := hub.audit.proof
	if _, err := hub.Receive(time.Second, hub.peer(0), message{Kind: Gather, Delta: set(1)}); err != nil {
		t.Fatal(err)
	}
	if hub.audit.proof != proof {
		t.Error("it takes the leaf, which holds nothing else, for its equal")
	}
}

// TestAStrangeRoundTripDoesNotKeepNews has a leaf measure a round trip of an hour, since it
// stood still for that long. A gather that is lost after that is repeated all the same.
func TestAStrangeRoundTripDoesNotKeepNews(t *testing.T) {
	leaf := newLeaf(t)
	leaf.rtt.sample(time.Hour, 1)
	leaf.load.add(loneNews*loneMemory, 0) // lest the update be lone
	told := 0                             // messages with the news
	count := func(out Output[*crdt.GSet]) {
		for _, e := range out.Messages {
			if m := e.Message; m.Kind.hasDelta() && m.Delta.Contains(1) {
				told++
			}
		}
	}
	count(leaf.Update(0, set(1)))
	for leaf.Deadline() < 10*leaf.cfg.Probe {
		count(leaf.Tick(leaf.Deadline()))
	}
	if told < 2 {
		t.Errorf("in ten probe intervals it is told %d times", told)
	}
}
