package replica

import (
	"testing"
	"time"

	"gset/crdt"
)

// TestAHubTellsItsUpdatesWhoeverElseRepeatsThem has a leaf repeat, in a repair, the update that it
// gathered: a repair goes to one member only, so the hub must still scatter the update.
func TestAHubTellsItsUpdatesWhoeverElseRepeatsThem(t *testing.T) {
	for name, delta := range map[string]*crdt.GSet{"few": set(2), "more than an eighth of a message": apart(2, 5000)} {
		t.Run(name, func(t *testing.T) {
			hub := newHub(t)
			leaf := peers(hub)[0]
			update(t, hub, 0, set(1)) // the round starts
			receive(t, hub, 1, leaf, message{Kind: Gather, Delta: delta})
			receive(t, hub, 2, leaf, message{Kind: Cells, Delta: delta})
			told := map[ID]*crdt.GSet{}
			for _, e := range of(hub.Tick(hub.round.due), Scatter) {
				if told[e.To] == nil {
					told[e.To] = set()
				}
				told[e.To].Join(e.Message.Delta)
			}
			for _, id := range peers(hub) {
				if told[id] == nil || delta.Minus(told[id]).Len() > 0 {
					t.Errorf("%s is not told all", id)
				}
			}
		})
	}
}

// TestAHubAnswersWhateverBecomesOfItsUpdates has somebody else tell everyone the updates of a round
// while gathers wait for its scatter. They are answered all the same.
func TestAHubAnswersWhateverBecomesOfItsUpdates(t *testing.T) {
	hub := newHub(t)
	leaf, other := peers(hub)[0], peers(hub)[1]
	update(t, hub, 0, set(1)) // the round starts
	receive(t, hub, 1, leaf, message{Kind: Gather, Delta: set(2)})
	receive(t, hub, 2, other, message{Kind: Scatter, Delta: set(2)})
	answered := false
	for _, e := range hub.Tick(hub.round.due).Messages {
		answered = answered || e.To == leaf && len(e.Message.Echoes) == 1 && e.Message.Echoes[0].Member == leaf && e.Message.Delta.Contains(2)
	}
	if s := hub.Status(); !answered || s.Gatherers > 0 || s.Gathered > 0 {
		t.Errorf("that the gather was answered is %v; %d wait, with %d parts", answered, s.Gatherers, s.Gathered)
	}
}

// TestAHubAnswersEveryGather: one that brings something, one that brings nothing new, one that is empty.
func TestAHubAnswersEveryGather(t *testing.T) {
	hub := newHub(t)
	leaf := peers(hub)[0]
	now := time.Second
	for i, delta := range []*crdt.GSet{set(1), set(1), set()} {
		out := receive(t, hub, now, leaf, message{Kind: Gather, Stamp: time.Hour, Delta: delta})
		out.Messages = append(out.Messages, tick(t, hub, now+time.Second).Messages...)
		answers := 0
		for _, e := range of(out, Scatter, Answer) {
			if e.To == leaf {
				answers++
				if delta.Minus(e.Message.Delta).Len() > 0 {
					t.Errorf("gather %d of %v is answered by %v", i, delta, e.Message.Delta)
				}
			} else if i > 0 {
				t.Errorf("gather %d, which brings nothing new, is told to %s", i, e.To)
			}
		}
		if answers != 1 {
			t.Errorf("gather %d is answered %d times", i, answers)
		}
		now += 2 * time.Second
	}
}

// TestOnlyWhoScattersAcknowledges has a gather arrive at a member that believes in another hub. It must
// not acknowledge the updates, for the sender would take them for told.
func TestOnlyWhoScattersAcknowledges(t *testing.T) {
	leaf := newLeaf(t)
	other := peers(leaf)[0]
	out := receive(t, leaf, 1, other, message{Kind: Gather, Delta: set(2)})
	passed := false
	for _, e := range out.Messages {
		switch e.To {
		case other:
			if e.Message.Kind != Answer || e.Message.Delta.Len() > 0 {
				t.Errorf("the answer is a %v of %v, want an answer of nothing", e.Message.Kind, e.Message.Delta)
			}
		case leaf.Hub():
			passed = e.Message.Kind == Gather && e.Message.Delta.Contains(2)
		}
	}
	if !passed {
		t.Error("the update is not passed on to the hub")
	}
}

// TestAHubThatHasToldNothingTakesNoGatherForProof has a hub that starts with a state hear from a leaf
// with none.
func TestAHubThatHasToldNothingTakesNoGatherForProof(t *testing.T) {
	hub := newHub(t)
	hub.stable.Insert(7)
	proof := hub.Status().Proof
	receive(t, hub, time.Second, peers(hub)[0], message{Kind: Gather, Delta: set(1)})
	if hub.Status().Proof != proof {
		t.Error("it takes the leaf, which holds nothing else, for its equal")
	}
}

// TestAStrangeRoundTripDoesNotKeepUpdates has a leaf that stood still for an hour get an echo from before
// that. A gather that is lost after that is repeated all the same.
func TestAStrangeRoundTripDoesNotKeepUpdates(t *testing.T) {
	leaf := newLeaf(t)
	receive(t, leaf, time.Hour, leaf.hub, message{Kind: Scatter, Stamp: 1, Echoes: []Echo{{leaf.cfg.Self, 0, 0}}, Delta: set()})
	busy(leaf, time.Hour)
	out := update(t, leaf, time.Hour, set(1))
	out.Messages = append(out.Messages, tick(t, leaf, time.Hour+10*leaf.cfg.Probe).Messages...)
	told := 0
	for _, e := range of(out, Gather, Scatter) {
		if e.Message.Delta.Contains(1) {
			told++
		}
	}
	if told < 2 {
		t.Errorf("in ten probe intervals it is told %d times", told)
	}
}

// TestAHubThatLearnedNothingDoesNotScatter: neither a repair that brings what the hub has, nor one that
// brings nothing.
func TestAHubThatLearnedNothingDoesNotScatter(t *testing.T) {
	for name, delta := range map[string]*crdt.GSet{"nothing": set(), "what it has": set(1, 2), "much that it has": apart(1, 5000)} {
		t.Run(name, func(t *testing.T) {
			hub := newHub(t)
			hub.stable.Join(delta)
			receive(t, hub, time.Millisecond, peers(hub)[0], message{Kind: Cells, Delta: delta})
			receive(t, hub, time.Millisecond, peers(hub)[1], message{Kind: Diff, Delta: delta, Digest: crdt.Fingerprint{1}})
			if told := of(tick(t, hub, 20*time.Second), Scatter); len(told) > 0 {
				t.Errorf("%d scatters, the first of %v", len(told), told[0].Message.Delta)
			}
		})
	}
}

// TestALargeHealIsNotToldAgainByTheHub: what a hub learns in a repair goes out in its next scatter if it is
// short. Of more the hub only shows its digest: each who lacks it asks.
func TestALargeHealIsNotToldAgainByTheHub(t *testing.T) {
	for name, c := range map[string]struct {
		learned *crdt.GSet
		told    bool
	}{"short": {set(7, 8), true}, "long": {apart(7, 5000), false}} {
		t.Run(name, func(t *testing.T) {
			hub := newHub(t)
			update(t, hub, 0, set(1))
			out := receive(t, hub, time.Second, peers(hub)[0], message{Kind: Cells, Delta: c.learned})
			scatters := append(of(out, Scatter), of(tick(t, hub, time.Second+hub.cfg.Probe/2), Scatter)...)
			if len(scatters) < hub.others {
				t.Fatalf("%d scatters, want one to each", len(scatters))
			}
			for _, e := range scatters {
				if got := e.Message.Delta.Contains(c.learned.Elements()[0]); got != c.told {
					t.Errorf("that %s is told is %v, want %v", e.To, got, c.told)
				}
				if e.Message.Digest != hub.fingerprint() || hub.stable.Len() != 1+c.learned.Len() {
					t.Error("the scatter does not show what the hub holds")
				}
			}
		})
	}
}
