package mistakes

import (
	"errors"
	"slices"
	"testing"

	"gset/crdt"
	"gset/replica"
)

func TestAScatterRepeatsTheLastRounds(t *testing.T) {
	a := newActor(t, 5, true, nil)
	for x := range int64(4) {
		sent := a.update(x)
		sent = kind(append(sent, a.pass(interval)...), replica.Scatter)
		if len(sent) != 4 {
			t.Errorf("round %d tells %d", x, len(sent))
		}
		for _, l := range sent {
			for earlier := max(0, x-2); earlier <= x; earlier++ {
				if !l.Message.Delta.Contains(earlier) {
					t.Errorf("round %d does not tell the update of round %d", x, earlier)
				}
			}
		}
	}
}

// warm returns a hub of five in the middle of a round, with something fresh.
func warm(t *testing.T) *actor {
	t.Helper()
	return gathering(t, 5, nil)
}

func TestAGatherOfWhatTheHubHadIsAcknowledgedByItsScatter(t *testing.T) {
	a := warm(t)
	leaf := a.peers[0]
	sent := a.receive(leaf, message{Kind: replica.Gather, Delta: delta(0)})
	sent = append(sent, a.pass(interval)...)
	for _, l := range with(sent, 0) {
		if l.To == leaf {
			return
		}
	}
	t.Errorf("the leaf is not told of its update: %v", sent)
}

func TestAGatherIsAnsweredWhereNoScatterIsDue(t *testing.T) {
	a := newActor(t, 5, true, nil, 0)
	sent := kind(a.receive(a.peers[0], message{Kind: replica.Gather, Delta: delta(0)}), replica.Answer)
	if len(with(sent, 0)) != 1 {
		t.Errorf("the answers are %v", sent)
	}
}

// TestAnOldDigestProvesNothing, on a gather or any other message: only what a hub holds now is proof.
func TestAnOldDigestProvesNothing(t *testing.T) {
	for _, kind := range []replica.Kind{replica.Gather, replica.Cells} {
		a := newActor(t, 5, true, nil)
		var digests []crdt.Fingerprint
		for x := range int64(6) {
			a.update(x)
			a.pass(interval)
			digests = append(digests, a.digest())
		}
		for i, digest := range digests {
			a.now += ms
			a.receive(a.peers[0], message{Kind: kind, Digest: digest, Delta: delta()})
			if proves := a.Status().Proof == a.now; proves != (i == 5) {
				t.Errorf("that the digest of round %d of 6 is proof is %v, on a message of kind %v", i+1, proves, kind)
			}
		}
	}
}

// TestAScatterReachesAllOnceWithTheirEchoes follows a scatter down a tree of fanout 2.
func TestAScatterReachesAllOnceWithTheirEchoes(t *testing.T) {
	const n = 12
	narrow := func(c *replica.Config) { c.Fanout = 2 }
	hub := newActor(t, n, true, narrow)
	hub.pass(interval)
	hub.update(0)
	hub.pass(interval)
	hub.update(1) // waits for the next round
	for i, peer := range hub.peers {
		if sent := hub.receive(peer, message{Kind: replica.Gather, Delta: delta(int64(2 + i))}); len(sent) > 0 {
			t.Fatalf("a gather is answered by %v", sent)
		}
	}
	got := map[replica.ID]int{}
	letters := kind(hub.pass(interval), replica.Scatter)
	from := map[replica.ID]replica.ID{}
	for _, l := range letters {
		from[l.To] = hub.id
	}
	for len(letters) > 0 && len(got) < 5*n {
		l := letters[0]
		letters = letters[1:]
		if got[l.To]++; got[l.To] > 1 {
			continue
		}
		own := func(e replica.Echo) bool { return e.Member == l.To }
		if !slices.ContainsFunc(l.Message.Echoes, own) {
			t.Errorf("%s gets no echo", l.To)
		}
		a := newMember(t, n, l.To, narrow)
		relayed := kind(a.exactly(from[l.To], l.Message), replica.Scatter)
		for _, on := range relayed {
			from[on.To] = l.To
			if on.Message.Root != hub.id {
				t.Errorf("%s is told that %q scatters", on.To, on.Message.Root)
			}
		}
		letters = append(letters, relayed...)
	}
	for _, peer := range hub.peers {
		if got[peer] != 1 {
			t.Errorf("%s gets the scatter %d times", peer, got[peer])
		}
	}
}

func TestAHubThatLeavesMovesTheView(t *testing.T) {
	a := newActor(t, 5, true, nil)
	view := a.View()
	setMembers(a, a.peers...)
	if a.Hub() == a.id || a.View() == view {
		t.Errorf("in view %d its hub is %s", a.View(), a.Hub())
	}
}

// In each of many views the hub leaves, and a member that does not know yet hears of the hub's view.
func TestALeaverIsNobodysHub(t *testing.T) {
	const n = 5
	for view := range uint64(40) {
		for _, id := range names(n) {
			a := newMember(t, n, id, nil)
			hears := func(a *actor, from replica.ID, view uint64) {
				a.receive(from, message{Kind: replica.Gather, View: view, Delta: crdt.NewGSet(key, 1)})
			}
			if hears(a, a.peers[0], view); a.Hub() != id {
				continue
			}
			setMembers(a, a.peers...)
			b := newMember(t, n, a.peers[0], nil)
			if hears(b, id, a.View()); b.View() != a.View() || b.Hub() == id {
				t.Errorf("the hub of view %d has left, and is that of view %d by a member's list", view, b.View())
			}
		}
	}
}

func setMembers(a *actor, ids ...replica.ID) []letter {
	a.t.Helper()
	members, err := replica.NewMembers(ids...)
	if err != nil {
		a.t.Fatal(err)
	}
	out, err := a.SetMembers(a.now, members)
	if err != nil {
		a.t.Fatal(err)
	}
	return out.Messages
}

func TestAHubThatIsGoneFromTheListIsAHubNoMore(t *testing.T) {
	a := newActor(t, 5, false, nil)
	gone := a.Hub()
	setMembers(a, slices.DeleteFunc(names(5), func(id replica.ID) bool { return id == gone })...)
	if a.Hub() == gone {
		t.Error("it is still the hub")
	}
}

func TestWhoIsAloneHasNothingPending(t *testing.T) {
	a := newActor(t, 5, false, nil).measured()
	a.busy(0, 10)
	setMembers(a, a.id)
	if n := a.Pending().Len(); n > 0 {
		t.Errorf("%d are pending", n)
	}
}

func TestWhatWasPendingIsSentAfterARestart(t *testing.T) {
	a := newActor(t, 5, false, nil).measured()
	a.busy(0, 10)
	if a.Pending().Len() == 0 {
		t.Fatal("nothing is pending")
	}
	members, err := replica.NewMembers(names(5)...)
	if err != nil {
		t.Fatal(err)
	}
	r, err := replica.Restore(replica.Config{Self: a.id, Members: members}, a.Snapshot(), a.now)
	if err != nil {
		t.Fatal(err)
	}
	b := &actor{Replica: r, t: t, id: a.id, peers: a.peers, now: a.now}
	if sent := kind(b.pass(probe), replica.Gather); len(with(sent, 9)) == 0 {
		t.Errorf("sent is %v", sent)
	}
}

func TestAMessageOfAnotherClusterIsRefused(t *testing.T) {
	a := newActor(t, 5, true, nil)
	m := message{Kind: replica.Gather, Cluster: replica.ClusterOf(key) + 1, Delta: delta(1)}
	if _, err := a.Receive(a.now, a.peers[0], m); !errors.Is(err, replica.ErrForeign) {
		t.Errorf("the error is %v", err)
	}
}
