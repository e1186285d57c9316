package mistakes

import (
	"testing"

	"gset/crdt"
	"gset/replica"
)

func reliable(c *replica.Config) { c.Reliable = true }

// gathering returns a hub on reliable links in the middle of a round, with something fresh.
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

// TestOnlyWhoIsEqualIsSparedWhatItGathered: whoever lacks something could not tell by the scatter's digest that its gather has
// arrived.
func TestOnlyWhoIsEqualIsSparedWhatItGathered(t *testing.T) {
	a := gathering(t, 3, reliable)
	equal, behind := a.peers[0], a.peers[1]
	sent := a.receive(equal, message{Kind: replica.Gather, Delta: delta(100)})
	sent = append(sent, a.receive(behind, message{Kind: replica.Gather, Delta: delta(101), Digest: crdt.Fingerprint{1}})...)
	sent = kind(append(sent, a.pass(interval)...), replica.Scatter)
	if len(sent) != 2 {
		t.Fatalf("%d scatters", len(sent))
	}
	for _, l := range sent {
		if d := l.Message.Delta; d.Contains(100) != (l.To == behind) || !d.Contains(101) || !d.Contains(7) {
			t.Errorf("%s, equal: %v, is sent %v", l.To, l.To == equal, d)
		}
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

// TestAScattersDigestAcknowledgesAGather that the scatter leaves out, if it is that of all that the leaf holds, and no other does.
func TestAScattersDigestAcknowledgesAGather(t *testing.T) {
	a := newActor(t, 3, false, reliable).measured()
	a.busy(0, 40)
	told := delta()
	for _, l := range kind(a.pass(interval), replica.Gather) {
		told.Join(l.Message.Delta)
	}
	pending := a.Pending().Len()
	if told.Len() == 0 || pending == 0 {
		t.Fatalf("%d parts are gathered, and %d pending", told.Len(), pending)
	}
	a.receive(a.Hub(), message{Kind: replica.Scatter, Next: interval, Delta: delta(100), Digest: crdt.Fingerprint{1}})
	if got := a.Pending().Len(); got != pending {
		t.Errorf("a digest that is unknown acknowledges %d parts", pending-got)
	}
	all := a.Stable().Clone()
	all.Join(told)
	all.Join(delta(101))
	a.receive(a.Hub(), message{Kind: replica.Scatter, Next: interval, Delta: delta(101), Digest: all.Digest().Fingerprint()})
	if left := pending - told.Len(); a.Pending().Len() != left {
		t.Errorf("the digest of all leaves %d parts pending, and not %d", a.Pending().Len(), left)
	}
}
