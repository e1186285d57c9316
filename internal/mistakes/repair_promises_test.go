package mistakes

import (
	"math/rand/v2"
	"testing"
	"time"

	"gset/crdt"
	"gset/replica"
)

// random returns so many random elements, different ones for each stream.
func random(stream uint64, n int) (elements []int64) {
	rng := rand.New(rand.NewPCG(1, stream))
	for range n {
		elements = append(elements, int64(rng.Uint64()))
	}
	return elements
}

// short has a replica send short messages only, so that repairs take many.
func short(c *replica.Config) { c.MaxMessage = 2000 }

// couple returns two members of three, and none of them the hub of all, with elements in common and of
// their own.
func couple(t *testing.T, vary func(*replica.Config), common, first, second int) (a, b *actor) {
	t.Helper()
	shared := random(1, common)
	a = newMember(t, 3, "m0", vary, append(random(2, first), shared...)...)
	return a, newMember(t, 3, "m1", vary, append(random(3, second), shared...)...)
}

// probeTo has a member probe another.
func probeTo(a *actor, to replica.ID) message {
	a.t.Helper()
	for range 100 {
		for _, l := range kind(a.pass(probe/4), replica.Probe) {
			if l.To == to {
				return l.Message
			}
		}
	}
	a.t.Fatalf("%s is never probed", to)
	return message{}
}

// exchange has two members answer each other, from a message to b on, until neither has an answer or
// stop says so.
func exchange(a, b *actor, m message, stop func(letter) bool) {
	a.t.Helper()
	type under struct {
		to, from *actor
		m        message
	}
	way := []under{{b, a, m}}
	for trips := 0; len(way) > 0; trips++ {
		if trips > 5000 {
			a.t.Fatal("they never have done")
		}
		u := way[0]
		way = way[1:]
		for _, l := range u.to.exactly(u.from.id, u.m) {
			if l.To != u.from.id {
				continue
			}
			if stop != nil && stop(l) {
				return
			}
			if n, err := l.Message.AppendBinary(nil); err != nil || len(n) > 2000 {
				a.t.Fatalf("a %v of %d bytes, %v", l.Message.Kind, len(n), err)
			}
			way = append(way, under{u.from, u.to, l.Message})
		}
	}
}

// TestARepairMissesNothing: what two members say in one go makes them equal, however many steps it takes.
func TestARepairMissesNothing(t *testing.T) {
	for _, c := range []struct {
		name                  string
		common, first, second int
	}{
		{"few differ", 3000, 10, 10},
		{"more than a sketch tells", 12_000, 600, 600},
		{"one has nothing", 0, 0, 9000},
		{"the other has nothing", 0, 9000, 0},
		{"nothing in common", 0, 4000, 4000},
	} {
		t.Run(c.name, func(t *testing.T) {
			a, b := couple(t, short, c.common, c.first, c.second)
			exchange(a, b, probeTo(a, b.id), nil)
			if !a.State().Equal(b.State()) {
				t.Errorf("they lack %d and %d elements", b.State().Minus(a.State()).Len(), a.State().Minus(b.State()).Len())
			}
		})
	}
}

// TestAQuestionForTheRestIsAskedAgain: the one message that is lost here costs a step, not the walk.
func TestAQuestionForTheRestIsAskedAgain(t *testing.T) {
	a, b := couple(t, short, 0, 0, 9000)
	a.measured()
	var lost message
	exchange(a, b, probeTo(a, b.id), func(l letter) bool {
		lost = l.Message
		return l.To == b.id && lost.Kind == replica.Probe && lost.Range != replica.Everything
	})
	for _, l := range a.pass(probe) {
		if l.To == b.id && l.Message.Kind == replica.Probe && l.Message.Range == lost.Range {
			return
		}
	}
	t.Error("it is not asked again")
}

// TestWhoIsBusySaysSo: two that have nothing ask one that has much; the second is sent on.
func TestWhoIsBusySaysSo(t *testing.T) {
	a, b := couple(t, nil, 0, 0, 15_000)
	exchange(a, b, probeTo(a, b.id), func(l letter) bool { return l.To == a.id })
	c := newMember(t, 3, "m2", nil)
	c.now = a.now
	sent := b.exactly(c.id, probeTo(c, b.id))
	if len(sent) != 1 || sent[0].Message.Rest != replica.Everything || sent[0].Message.Delta.Len() > 0 {
		t.Errorf("it is answered by %d messages", len(sent))
	}
}

func TestNobodyIsBusyForLong(t *testing.T) {
	a, b := couple(t, nil, 0, 0, 15_000)
	exchange(a, b, probeTo(a, b.id), func(l letter) bool { return l.To == a.id }) // then a falls silent
	b.pass(3 * probe)
	c := newMember(t, 3, "m2", nil)
	c.now = b.now
	if sent := b.exactly(c.id, probeTo(c, b.id)); len(kind(sent, replica.Probe)) == 0 {
		t.Errorf("it is answered by %d messages", len(sent))
	}
}

// TestTwoAgreeBeforeEitherSendsMuch: a first probe is answered by a probe, and that by all cells.
func TestTwoAgreeBeforeEitherSendsMuch(t *testing.T) {
	a, b := couple(t, nil, 0, 15_000, 15_000)
	sent := b.exactly(a.id, probeTo(a, b.id))
	first := kind(sent, replica.Probe)
	if len(first) != 1 || len(kind(sent, replica.Diff)) > 0 {
		t.Fatalf("a first probe is answered by %d messages", len(sent))
	}
	if second := kind(a.exactly(b.id, first[0].Message), replica.Diff); len(second) == 0 {
		t.Errorf("one that answers is answered by %d messages", len(second))
	}
}

// TestAnEventSendsLittleOfAnAnswer: an answer of many messages comes out of several events, each due at once, and its last
// message names the rest.
func TestAnEventSendsLittleOfAnAnswer(t *testing.T) {
	a, b := couple(t, nil, 0, 0, 40_000) // 9 bytes each
	m := probeTo(a, b.id)
	m.Range.First = 1
	all := 0
	for sent, ended := b.exactly(a.id, m), false; !ended; sent = b.pass(1) {
		bytes := 0
		for _, l := range sent {
			if l.To != a.id || l.Message.Kind != replica.Diff {
				continue
			}
			form, err := l.Message.AppendBinary(nil)
			if err != nil {
				t.Fatal(err)
			}
			bytes += len(form)
			ended = ended || l.Message.Rest != (replica.Range{})
		}
		if all += bytes; bytes == 0 || bytes > 80_000 {
			t.Fatalf("an event sends %d bytes, %d in all", bytes, all)
		}
	}
	if all < 200_000 {
		t.Fatalf("after %d bytes the rest is named", all)
	}
}

func TestWhatAHubLearnsItTellsAll(t *testing.T) {
	a := newActor(t, 5, true, nil)
	sent := a.receive(a.peers[0], message{Kind: replica.Cells, Delta: delta(7), Digest: crdt.Fingerprint{1}})
	sent = append(sent, a.pass(interval)...)
	if n := len(with(kind(sent, replica.Scatter), 7)); n != 4 {
		t.Errorf("%d are told", n)
	}
}

// TestWhatAHubDoesNotTellItShows: what takes many bytes is not scattered, but a digest is.
func TestWhatAHubDoesNotTellItShows(t *testing.T) {
	a := newActor(t, 5, true, nil)
	a.pass(ms)
	sent := a.receive(a.peers[0], message{Kind: replica.Cells, Delta: delta(random(1, 2000)...), Digest: crdt.Fingerprint{1}})
	sent = kind(append(sent, a.pass(probe)...), replica.Scatter)
	if len(sent) != 4 || sent[0].Message.Digest != a.digest() {
		t.Errorf("%d are shown that it holds more", len(sent))
	}
}

func TestALeafTaughtByAnotherAsksTheHub(t *testing.T) {
	a := newActor(t, 5, false, nil).measured()
	a.receive(a.other(), message{Kind: replica.Cells, Delta: delta(7), Digest: crdt.Fingerprint{1}})
	var probes []letter
	for range 10 {
		probes = append(probes, kind(a.pass(probe/10), replica.Probe)...)
	}
	if len(probes) == 0 || probes[0].To != a.Hub() {
		t.Errorf("within %v it sends %d probes", time.Duration(probe), len(probes))
	}
}

// TestAProbeDescribesWhatIsStable, and nothing of what is pending.
func TestAProbeDescribesWhatIsStable(t *testing.T) {
	a := newActor(t, 5, false, nil, random(1, 5)...)
	for _, x := range random(2, 30) {
		a.update(x)
	}
	if n := a.nextProbe().Message.Sketch.Items(); n != 5 {
		t.Errorf("a probe is of %d cells", n)
	}
}

// TestNoMessageOfARepairIsTooLong: one that has cells and asks for others is within the limit, whatever
// there is of each. The exchange fails if it is not.
func TestNoMessageOfARepairIsTooLong(t *testing.T) {
	for pages := 25; pages < 60; pages++ {
		var full []int64
		for _, page := range random(4, pages) {
			for _, x := range random(uint64(page), 100) {
				full = append(full, page<<8|x&0xff)
			}
		}
		shared := random(1, 3000)
		a := newMember(t, 3, "m0", short, append(full, shared...)...)
		b := newMember(t, 3, "m1", short, append(random(2, 40), shared...)...)
		exchange(a, b, probeTo(a, b.id), nil)
		if !a.State().Equal(b.State()) {
			t.Errorf("%d pages: they are not equal", pages)
		}
	}
}

// TestWhatIsNotSentIsNamed: of many cells that are wanted some are sent, and the others are in the rest.
func TestWhatIsNotSentIsNamed(t *testing.T) {
	_, b := couple(t, short, 0, 0, 9000)
	m := message{Kind: replica.Cells, Delta: delta(), Digest: crdt.Fingerprint{1}}
	for c := range b.Stable().Cells(0) {
		m.Want = append(m.Want, c.ID)
	}
	var last crdt.CellID
	sent := b.receive("m0", m)
	for _, l := range sent {
		for c := range l.Message.Delta.Cells(0) {
			last = c.ID
		}
	}
	rest := sent[len(sent)-1].Message.Rest
	for c := range b.Stable().Cells(last + 1) {
		if !rest.Contains(c.ID) {
			t.Fatalf("cell %d is neither sent nor in the rest", c.ID)
		}
	}
}
