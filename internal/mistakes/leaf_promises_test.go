package mistakes

import (
	"math"
	"slices"
	"testing"
	"time"

	"gset/crdt"
	"gset/replica"
)

func TestASilentHubIsNoticedUnderSteadyLoad(t *testing.T) {
	a := newActor(t, 5, false, nil).measured()
	sent := a.busy(0, 30)
	for x := int64(30); x < 70; x++ {
		sent = append(sent, a.pass(50*ms)...)
		sent = append(sent, a.update(x)...)
	}
	if n := len(with(sent, 29)); n < 2 {
		t.Errorf("an update is sent %d times in 2 s without an answer", n)
	}
}

// TestALateEchoEndsStrikes: a hub that loses every other gather keeps its leaf.
func TestALateEchoEndsStrikes(t *testing.T) {
	a := newActor(t, 5, false, nil).measured()
	x := int64(0)
	for range 6 {
		sent := a.busy(x, 40)
		for range 4 { // a gather, and the retry
			sent = append(sent, a.pass(interval)...)
			if len(with(sent, x+20)) > 1 {
				break
			}
		}
		for _, l := range kind(sent, replica.Gather) {
			if l.To != a.Hub() {
				t.Fatalf("a gather goes to %s, and the hub is %s", l.To, a.Hub())
			}
		}
		x += 40
		a.receive(a.Hub(), message{Kind: replica.Scatter, Next: interval, Delta: a.State().Clone(), Echoes: []replica.Echo{{Member: a.id, Stamp: a.now - trip}}})
	}
}

// TestWhatTheHubHasToldIsNotFresh: a scatter acknowledges what its hearer was about to gather.
func TestWhatTheHubHasToldIsNotFresh(t *testing.T) {
	a := newActor(t, 5, false, nil).measured()
	a.busy(0, 40)
	if a.Status().Fresh == 0 {
		t.Fatal("nothing is fresh after updates in a busy time")
	}
	a.receive(a.Hub(), message{Kind: replica.Scatter, Next: interval, Delta: a.State().Clone()})
	if s := a.Status(); s.Fresh > 0 || s.Pending > 0 {
		t.Errorf("%d parts are fresh and %d pending, which the hub has told everyone", s.Fresh, s.Pending)
	}
}

// elsewhere returns a view later than an actor's with another hub, which is not the actor.
func elsewhere(a *actor) (view uint64, hub replica.ID) {
	for view = a.View() + 1; ; view++ {
		b := newMember(a.t, len(a.peers)+1, a.id, nil)
		b.receive(b.other(), message{Kind: replica.Answer, View: view, Delta: delta()})
		if hub = b.Hub(); hub != a.Hub() && hub != a.id {
			return view, hub
		}
	}
}

func TestANewHubGetsAtOnceWhatTheOldOneDidNotAcknowledge(t *testing.T) {
	a := newActor(t, 5, false, nil).measured()
	a.busy(0, 40)
	for a.Status().Gathers == 0 {
		a.pass(ms)
	}
	view, hub := elsewhere(a)
	sent := a.receive(a.other(), message{Kind: replica.Cells, View: view, Delta: delta()})
	sent = append(sent, a.pass(trip)...)
	for _, l := range with(kind(sent, replica.Gather), 39) {
		if l.To == hub {
			return
		}
	}
	t.Errorf("%s is sent %v", hub, sent)
}

func TestANewHubGetsTheGathersOfAStandIn(t *testing.T) {
	a, _ := adopted(t, 5)
	view, hub := elsewhere(a)
	sent := a.receive(a.other(), message{Kind: replica.Cells, View: view, Delta: delta()})
	sent = append(sent, a.pass(trip)...)
	for _, l := range kind(sent, replica.Gather) {
		if l.To != hub {
			t.Errorf("a gather goes to %s, and the hub is %s", l.To, hub)
		}
	}
}

func TestNoViewIsATrap(t *testing.T) {
	a := newActor(t, 5, false, nil)
	a.receive(a.other(), message{Kind: replica.Answer, View: math.MaxUint64, Delta: delta()})
	if a.Hub() == a.id {
		t.Fatal("choose another key")
	}
	a.measured()
	a.busy(0, 40)
	hub := a.Hub()
	for range 20 {
		a.pass(interval)
		if a.receive(a.other(), message{Kind: replica.Gather, Delta: delta()}); a.Hub() != hub {
			return
		}
	}
	t.Errorf("%s is still the hub", hub)
}

func TestASuspicionRisesAndFalls(t *testing.T) {
	a := newActor(t, 5, false, nil).measured()
	a.receive(a.Hub(), message{Kind: replica.Scatter, Next: interval, Delta: delta(1), Digest: crdt.Fingerprint{1}})
	if a.Status().Suspect != a.Hub() {
		t.Error("a hub with another digest is not suspected")
	}
	a.receive(a.Hub(), message{Kind: replica.Scatter, Next: interval, Delta: delta()})
	if a.Status().Suspect != "" {
		t.Error("a hub with the same digest is suspected")
	}
}

// TestEveryPeerIsProbedBeforeAnyIsAgain, and none of its probes is a member's to itself.
func TestEveryPeerIsProbedBeforeAnyIsAgain(t *testing.T) {
	a := newActor(t, 6, false, nil)
	var probed []replica.ID
	for last := a.now; len(probed) < 2*len(a.peers); {
		for _, l := range kind(a.pass(10*ms), replica.Probe) {
			probed, last = append(probed, l.To), a.now
		}
		if a.now > last+probe*3/2+10*ms {
			t.Fatalf("after %d probes it sends none for %v", len(probed), a.now-last)
		}
	}
	for _, some := range [][]replica.ID{probed[:5], probed[5:10]} {
		if slices.Sort(some); !slices.Equal(some, a.peers) {
			t.Errorf("the probes went to %v", some)
		}
	}
}

func TestNoUpdateOvertakesAGather(t *testing.T) {
	a := newActor(t, 5, false, nil).measured()
	a.pass(time.Second)
	if sent := a.update(0); len(kind(sent, replica.Scatter)) == 0 {
		t.Fatal("an update in a quiet time does not go to everyone")
	}
	a.update(1) // close behind, so it is gathered
	for a.Status().Gathers == 0 {
		a.pass(ms)
	}
	a.pass(trip + 10*ms)
	if a.Status().Gathers == 0 {
		t.Fatal("the gather was given up already")
	}
	if sent := a.update(2); len(kind(sent, replica.Scatter)) > 0 {
		t.Error("an update goes to everyone while a gather is under way")
	}
}

func TestARoundTripIsOnesOwnAndLeavesOutTheWait(t *testing.T) {
	a := newActor(t, 5, false, nil)
	a.receive(a.other(), message{Kind: replica.Cells, Delta: delta(), Echoes: []replica.Echo{{Member: a.peers[1], Stamp: a.now - 3*trip}}})
	if d := a.Status().RoundTrip; d != 0 {
		t.Errorf("another's round trip of %v is taken for one's own", d)
	}
	a.receive(a.other(), message{Kind: replica.Cells, Delta: delta(), Echoes: []replica.Echo{{Member: a.id, Stamp: a.now - 3*trip, Wait: 2 * trip}}})
	if d := a.Status().RoundTrip; d != trip {
		t.Errorf("the round trip is %v, want %v", d, trip)
	}
}

// TestWhoIsCutOffSendsLittle: however much is pending, gathers that nobody acknowledges are short.
func TestWhoIsCutOffSendsLittle(t *testing.T) {
	a := newActor(t, 5, false, nil).measured()
	for x := range int64(200) {
		a.update(x << 20)
		a.pass(50 * ms)
	}
	for _, l := range kind(a.pass(10*time.Second), replica.Gather) {
		if n := l.Message.Delta.Len(); n > 16 {
			t.Fatalf("a gather to %s has %d elements", l.To, n)
		}
	}
}

// silenced returns a leaf that has found its hub silent once.
func silenced(t *testing.T) *actor {
	t.Helper()
	a := newActor(t, 5, false, nil)
	a.receive(a.other(), message{Kind: replica.Answer, View: 5, Delta: delta()})
	if a.Hub() == a.id {
		t.Fatal("choose another view")
	}
	a.measured()
	sent := a.busy(0, 40)
	for range 20 {
		if sent = append(sent, a.pass(50*ms)...); len(with(sent, 39)) > 1 {
			return a
		}
	}
	t.Fatal("it does not retry")
	return nil
}

func TestTwoWitnessesMoveTheView(t *testing.T) {
	a := silenced(t)
	view := a.View()
	if a.receive(a.other(), message{Kind: replica.Gather, Delta: delta(99)}); a.View() <= view {
		t.Error("two have found the hub silent, and it is still the hub")
	}
}

func TestAWitnessOfAnotherViewMovesNothing(t *testing.T) {
	a := silenced(t)
	view := a.View()
	m := message{Kind: replica.Gather, Cluster: replica.ClusterOf(key), View: view - 1, Delta: delta(99)}
	if a.exactly(a.other(), m); a.View() != view {
		t.Error("who is behind moves the view")
	}
}

func TestOneWitnessMovesNothing(t *testing.T) {
	a := newActor(t, 5, false, nil).measured()
	view := a.View()
	if a.receive(a.other(), message{Kind: replica.Gather, Delta: delta(99)}); a.View() != view {
		t.Error("one that does not reach the hub moves the view")
	}
}

func TestWhoHasAStandInIsAWitness(t *testing.T) {
	a, standIn := adopted(t, 5)
	a.receive(standIn, message{Kind: replica.Cells, Delta: a.State().Clone()}) // acknowledges all
	view := a.View()
	if a.receive(a.other(), message{Kind: replica.Gather, Delta: delta(99)}); a.View() <= view {
		t.Error("its hub is still the hub")
	}
}

func TestAStandInAcknowledgesNothing(t *testing.T) {
	a := newActor(t, 5, false, nil).measured()
	for _, l := range a.receive(a.other(), message{Kind: replica.Gather, Delta: delta(99)}) {
		if l.Message.Delta.Contains(99) {
			t.Errorf("it acknowledges what it has told nobody by a %v", l.Message.Kind)
		}
	}
	if !a.Pending().Contains(99) {
		t.Error("the update is not its to pass on")
	}
}

func TestTheHubsScatterEndsAStandIn(t *testing.T) {
	a, standIn := adopted(t, 5)
	a.receive(standIn, message{Kind: replica.Cells, Delta: a.State().Clone()}) // acknowledges all
	a.receive(a.Hub(), message{Kind: replica.Scatter, Next: interval, Delta: delta(1)})
	if s := a.Status().StandIn; s != "" {
		t.Errorf("%s still stands in", s)
	}
}

func TestAStandInIsProbedNext(t *testing.T) {
	a, standIn := adopted(t, 12)
	if to := a.nextProbe().To; to != standIn {
		t.Errorf("the next probe goes to %s", to)
	}
}
