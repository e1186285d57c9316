package mistakes

import (
	"testing"
	"time"

	"gset/crdt"
	"gset/replica"
)

func reliable(c *replica.Config) { c.Reliable = true }

// gathering returns a hub in the middle of a round, with something fresh.
func gathering(t *testing.T, n int, vary func(*replica.Config)) *actor {
	t.Helper()
	a := newActor(t, n, true, vary)
	for x := range int64(6) {
		a.update(x)
		a.pass(interval)
	}
	a.update(6)
	a.update(7)
	return a
}

// TestAMemberIsSparedWhatItGathered, whatever else it lacks, and is told by an echo that it has arrived.
func TestAMemberIsSparedWhatItGathered(t *testing.T) {
	a := gathering(t, 3, reliable)
	sent := a.receive(a.peers[0], message{Kind: replica.Gather, Delta: delta(100)})
	sent = append(sent, a.receive(a.peers[1], message{Kind: replica.Gather, Delta: delta(101), Digest: crdt.Fingerprint{1}})...)
	sent = kind(append(sent, a.pass(interval)...), replica.Scatter)
	if len(sent) != 2 {
		t.Fatalf("%d scatters", len(sent))
	}
	for _, l := range sent {
		if d := l.Message.Delta; d.Contains(100) != (l.To == a.peers[1]) || d.Contains(101) != (l.To == a.peers[0]) || !d.Contains(7) {
			t.Errorf("%s is sent %v", l.To, d)
		}
		if e := l.Message.Echoes; len(e) != 1 || e[0].Member != l.To {
			t.Errorf("%s, which is spared what it gathered, has echoes %v", l.To, e)
		}
	}
}

// TestTheLastScatterOfALongRoundHasTheEchoes: an echo says that all has been told that was heard until then, and of a round that
// takes several scatters, none has all.
func TestTheLastScatterOfALongRoundHasTheEchoes(t *testing.T) {
	a := newActor(t, 3, true, reliable)
	long := delta()
	for x := range int64(200_000) {
		long.Insert(x * 1_000_003)
	}
	heard := delta()
	echoed := 0
	scatters := a.receive(a.peers[0], message{Kind: replica.Gather, Delta: long})
	scatters = kind(append(scatters, a.pass(4*interval)...), replica.Scatter)
	for _, l := range scatters {
		switch l.To {
		case a.peers[1]:
			heard.Join(l.Message.Delta)
		case a.peers[0]:
			if l.Message.Delta.Len() > 0 {
				t.Errorf("%s is sent %d elements that it gathered", l.To, l.Message.Delta.Len())
			}
			if len(l.Message.Echoes) == 0 {
				continue
			}
			if echoed++; l.Message.Digest != a.digest() {
				t.Error("an echo before all has been told")
			}
		}
	}
	if len(scatters) < 8 || echoed == 0 || heard.Len() != long.Len() {
		t.Errorf("%d scatters, %d echoes, %d of %d elements told", len(scatters), echoed, heard.Len(), long.Len())
	}
}

// TestWhoPassesAScatterOnIsSparedNothing: those behind it have it from nobody else.
func TestWhoPassesAScatterOnIsSparedNothing(t *testing.T) {
	a := gathering(t, 7, func(c *replica.Config) { c.Reliable, c.Fanout = true, 2 })
	for i, peer := range a.peers {
		a.receive(peer, message{Kind: replica.Gather, Delta: delta(int64(100 + i))})
	}
	inner := 0
	for _, l := range kind(a.pass(interval), replica.Scatter) {
		for i := range a.peers {
			if l.Message.End != nil && !l.Message.Delta.Contains(int64(100+i)) {
				t.Errorf("%s is to pass on %v", l.To, l.Message.Delta)
			}
		}
		if l.Message.End != nil {
			inner++
		}
	}
	if inner == 0 {
		t.Error("nobody passes a scatter on")
	}
}

// TestALongRoundEndsInATree, where nobody is spared anything.
func TestALongRoundEndsInATree(t *testing.T) {
	a := newActor(t, 7, true, func(c *replica.Config) { c.Reliable, c.Fanout = true, 2 })
	long := delta()
	for x := range int64(80_000) {
		long.Insert(x * 1_000_003)
	}
	told, scatters := delta(), a.receive(a.peers[0], message{Kind: replica.Gather, Delta: long})
	until := a.now + 4*interval
	for events := 0; a.Deadline() <= until; events++ {
		if events > 50 {
			t.Fatal("it scatters and scatters")
		}
		a.now = max(a.now, a.Deadline())
		scatters = append(scatters, a.Tick(a.now).Messages...)
	}
	for _, l := range kind(scatters, replica.Scatter) {
		told.Join(l.Message.Delta)
	}
	if told.Len() != long.Len() || a.Pending().Len() > 0 {
		t.Errorf("%d of %d elements told, %d pending", told.Len(), long.Len(), a.Pending().Len())
	}
}

// TestAnEchoAcknowledgesTheGathersBeforeIt on reliable links, where the hub has heard all that was sent before what it echoes; one
// of another scatter, or a later gather, is not acknowledged.
func TestAnEchoAcknowledgesTheGathersBeforeIt(t *testing.T) {
	a := newActor(t, 3, false, reliable).measured()
	gathers := func(x int64) (told set, at time.Duration) {
		a.busy(x, 40)
		told = delta()
		for told.Len() == 0 {
			for _, l := range kind(a.pass(interval/8), replica.Gather) {
				told.Join(l.Message.Delta)
				at = l.Message.Stamp
			}
		}
		return told, at
	}
	first, at := gathers(0)
	second, later := gathers(1000)
	if first.Len() == 0 || second.Len() == 0 || at >= later {
		t.Fatalf("%d parts are gathered at %v, and %d at %v", first.Len(), at, second.Len(), later)
	}
	other := a.peers[0]
	if other == a.Hub() {
		other = a.peers[1]
	}
	pending := a.Pending().Len()
	echo := func(k replica.Kind, from replica.ID, stamp time.Duration) int {
		a.receive(from, message{Kind: k, Next: interval, Delta: delta(), Echoes: []replica.Echo{{Member: a.id, Stamp: stamp}}})
		return a.Pending().Len()
	}
	if got := echo(replica.Scatter, other, later); got != pending {
		t.Errorf("the echo of a member that is not the hub acknowledges %d parts", pending-got)
	}
	if got := echo(replica.Scatter, a.Hub(), at-time.Microsecond); got != pending {
		t.Errorf("the echo of an earlier message acknowledges %d parts", pending-got)
	}
	if got := echo(replica.Scatter, a.Hub(), at); got != pending-first.Len() {
		t.Errorf("the echo of the first gather leaves %d parts pending of %d; it has %d", got, pending, first.Len())
	}
	if got := echo(replica.Scatter, a.Hub(), later); got != pending-first.Len()-second.Len() {
		t.Errorf("the echo of the second gather leaves %d parts pending of %d", got, pending)
	}
}

// busily has elements added one after the other, and returns the first gathers.
func busily(a *actor) (gathers []letter) {
	a.busy(0, 40)
	for len(gathers) == 0 {
		gathers = kind(a.pass(interval/8), replica.Gather)
	}
	return gathers
}

// TestALateGatherIsNotSentAgain on reliable links while the hub is heard: it is behind other bytes. It is after a probe interval,
// as the way to the hub may be cut and the way back not, and at once when the driver says that the connection has ended.
func TestALateGatherIsNotSentAgain(t *testing.T) {
	for _, ended := range []bool{false, true} {
		a := newActor(t, 3, false, reliable).measured()
		busily(a)
		sent, again := a.now, time.Duration(0)
		for i := 0; again == 0 && i < 100; i++ {
			if ended && i == 3 {
				out := a.Unreachable(a.now, a.Hub())
				sent = a.now
				if len(kind(append(out.Messages, a.pass(interval)...), replica.Gather)) > 0 {
					again = a.now - sent
				}
				continue
			}
			a.receive(a.Hub(), message{Kind: replica.Scatter, Next: interval, Delta: delta()})
			if len(kind(a.pass(interval/2), replica.Gather)) > 0 {
				again = a.now - sent
			}
		}
		switch {
		case ended && again != interval:
			t.Errorf("after the connection has ended the gather goes out after %v", again)
		case !ended && (again < probe || again > probe+interval):
			t.Errorf("a gather that is late goes out again after %v, and not after a probe interval", again)
		}
	}
}

// TestAnEchoThatWaitedIsHeard on reliable links: it acknowledges, though no round trip is measured by it.
func TestAnEchoThatWaitedIsHeard(t *testing.T) {
	a := newActor(t, 3, false, reliable).measured()
	gathers := busily(a)
	gathered, stamp := delta(), gathers[0].Message.Stamp
	for _, l := range gathers {
		gathered.Join(l.Message.Delta)
	}
	pending, roundTrip := a.Pending().Len(), a.Status().RoundTrip
	a.now += probe / 2
	a.receive(a.Hub(), message{Kind: replica.Scatter, Next: interval, Delta: delta(), Queued: true, Echoes: []replica.Echo{{Member: a.id, Stamp: stamp}}})
	if left := a.Pending().Len(); left != pending-gathered.Len() {
		t.Errorf("%d of %d parts are left pending, and %d were gathered", left, pending, gathered.Len())
	}
	if got := a.Status().RoundTrip; got != roundTrip {
		t.Errorf("the round trip was %v, and is %v by what had waited", roundTrip, got)
	}
}

// TestAnEchoAcknowledgesWholeGathers on reliable links: a hub that scatters when it has heard a part of a gather, or the first of
// several that go out at once, has not told the rest.
func TestAnEchoAcknowledgesWholeGathers(t *testing.T) {
	a := newActor(t, 3, false, reliable)
	long := delta()
	for x := range int64(100_000) {
		long.Insert(x * 1_000_003)
	}
	out, err := a.Update(a.now, long)
	if err != nil {
		t.Fatal(err)
	}
	gathers := kind(append(out.Messages, a.pass(0)...), replica.Gather)
	if len(gathers) < 3 {
		t.Fatalf("%d gathers", len(gathers))
	}
	sent := delta()
	for i, l := range gathers {
		sent.Join(l.Message.Delta)
		a.receive(a.Hub(), message{Kind: replica.Scatter, Next: interval, Delta: delta(), Echoes: []replica.Echo{{Member: a.id, Stamp: l.Message.Stamp}}})
		if told := long.Len() - a.Pending().Len(); told > sent.Len() {
			t.Fatalf("of %d gathers the hub has heard %d, with %d parts; %d are taken for told", len(gathers), i+1, sent.Len(), told)
		}
	}
	if told := long.Len() - a.Pending().Len(); told < sent.Len() {
		t.Errorf("the hub has heard all %d gathers, with %d parts; %d are taken for told", len(gathers), sent.Len(), told)
	}
}

// TestOnlyTheScatterThatHasAnEchoAcknowledges on reliable links: who has heard a gather when it sends another message may tell it
// rounds later, or not at all.
func TestOnlyTheScatterThatHasAnEchoAcknowledges(t *testing.T) {
	a := newActor(t, 3, false, reliable).measured()
	gathers := busily(a)
	pending := a.Pending().Len()
	echoes := []replica.Echo{{Member: a.id, Stamp: gathers[0].Message.Stamp}}
	a.receive(a.Hub(), message{Kind: replica.Answer, Next: interval, Delta: delta(), Echoes: echoes})
	a.receive(a.Hub(), message{Kind: replica.Scatter, Next: interval, Delta: delta()})
	if left := a.Pending().Len(); left != pending {
		t.Errorf("%d of %d parts are acknowledged by a scatter that echoes nothing", pending-left, pending)
	}
	a.receive(a.Hub(), message{Kind: replica.Scatter, Next: interval, Delta: delta(), Echoes: echoes})
	if a.Pending().Len() == pending {
		t.Error("nothing is acknowledged by a scatter with an echo")
	}
}

// TestAnEchoThatWaitedEndsStrikes on reliable links: a hub whose connection ends again and again, and that hears the leaf, keeps it.
func TestAnEchoThatWaitedEndsStrikes(t *testing.T) {
	a := newActor(t, 5, false, reliable).measured()
	for x := int64(0); x < 400; x += 40 {
		a.busy(x, 40)
		sent := a.pass(interval)
		sent = append(sent, a.Unreachable(a.now, a.Hub()).Messages...)
		sent = kind(append(sent, a.pass(interval)...), replica.Gather)
		if len(sent) < 2 {
			t.Fatalf("%d gathers, when the connection of the first has ended", len(sent))
		}
		for _, l := range sent {
			if l.To != a.Hub() {
				t.Fatalf("a gather goes to %s, and the hub is %s", l.To, a.Hub())
			}
		}
		echo := replica.Echo{Member: a.id, Stamp: sent[len(sent)-1].Message.Stamp}
		a.receive(a.Hub(), message{Kind: replica.Scatter, Next: interval, Delta: delta(), Queued: true, Echoes: []replica.Echo{echo}})
	}
}
