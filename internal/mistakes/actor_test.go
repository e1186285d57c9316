package mistakes

import (
	"fmt"
	"testing"
	"time"

	"gset/crdt"
	"gset/replica"
)

// What all actors have in common.
const (
	ms       = time.Millisecond
	interval = 250 * ms
	probe    = 2 * time.Second
	trip     = 100 * ms // a round trip

	// beginning is when actors come up, by their clocks.
	beginning = time.Hour
)

var key = crdt.Key{1, 2}

type (
	set     = *crdt.GSet
	message = replica.Message[set]
	letter  = replica.Envelope[set]
)

// actor is a replica that a test drives by hand. What the others do is the test's to say.
type actor struct {
	*replica.Replica[set]
	t     *testing.T
	id    replica.ID
	peers []replica.ID // the others
	now   time.Duration
}

// names returns the members of a cluster of n.
func names(n int) (ids []replica.ID) {
	for i := range n {
		ids = append(ids, replica.ID(fmt.Sprintf("m%d", i)))
	}
	return ids
}

// newActor returns a member of a cluster of n, its first hub or a leaf, that holds some elements.
func newActor(t *testing.T, n int, hub bool, vary func(*replica.Config), elements ...int64) *actor {
	t.Helper()
	for _, id := range names(n) {
		if a := newMember(t, n, id, vary, elements...); (a.Hub() == id) == hub {
			return a
		}
	}
	t.Fatal("nobody is a hub")
	return nil
}

// newMember returns one of the members of a cluster of n.
func newMember(t *testing.T, n int, id replica.ID, vary func(*replica.Config), elements ...int64) *actor {
	t.Helper()
	members, err := replica.NewMembers(names(n)...)
	if err != nil {
		t.Fatal(err)
	}
	cfg := replica.Config{Self: id, Members: members, Interval: interval, Probe: probe}
	if vary != nil {
		vary(&cfg)
	}
	r, err := replica.New(cfg, crdt.NewGSet(key, elements...), beginning)
	if err != nil {
		t.Fatal(err)
	}
	a := &actor{r, t, id, nil, beginning}
	for _, peer := range names(n) {
		if peer != id {
			a.peers = append(a.peers, peer)
		}
	}
	return a
}

// other returns a peer that is not the hub.
func (a *actor) other() replica.ID {
	for _, peer := range a.peers {
		if peer != a.Hub() {
			return peer
		}
	}
	return ""
}

// update has a client add elements.
func (a *actor) update(elements ...int64) []letter {
	a.t.Helper()
	out, err := a.Update(a.now, crdt.NewGSet(key, elements...))
	if err != nil {
		a.t.Fatal(err)
	}
	return out.Messages
}

// busy has so many elements added one by one, from x on, which is no little load.
func (a *actor) busy(x int64, count int) (sent []letter) {
	a.t.Helper()
	for i := range count {
		sent = append(sent, a.update(x+int64(i))...)
	}
	return sent
}

// receive hands the actor a message, with the fields that all messages have, in the actor's view and
// with its digest unless the message says otherwise.
func (a *actor) receive(from replica.ID, m message) []letter {
	a.t.Helper()
	m.Cluster, m.View, m.Stamp = replica.ClusterOf(key), max(m.View, a.View()), a.now
	if m.Digest == (crdt.Fingerprint{}) {
		m.Digest = a.digest()
	}
	return a.exactly(from, m)
}

// exactly hands the actor a message as it is.
func (a *actor) exactly(from replica.ID, m message) []letter {
	a.t.Helper()
	out, err := a.Receive(a.now, from, m)
	if err != nil {
		a.t.Fatal(err)
	}
	return out.Messages
}

// digest is that of what is stable at the actor.
func (a *actor) digest() crdt.Fingerprint { return a.Stable().Digest().Fingerprint() }

// pass lets time pass, with the ticks that come due.
func (a *actor) pass(d time.Duration) (sent []letter) {
	a.t.Helper()
	until := a.now + d
	for ticks := 0; a.Deadline() <= until; ticks++ {
		if ticks > 10_000 {
			a.t.Fatal("it ticks and ticks")
		}
		a.now = max(a.now, a.Deadline())
		sent = append(sent, a.Tick(a.now).Messages...)
	}
	a.now = until
	return sent
}

// measured has the actor hear from its hub, and measure a round trip.
func (a *actor) measured() *actor {
	a.t.Helper()
	a.now += trip
	a.receive(a.Hub(), message{Kind: replica.Answer, Next: interval, Delta: delta(), Echoes: []replica.Echo{{Member: a.id, Stamp: a.now - trip}}})
	return a
}

// delta is a state of some elements.
func delta(elements ...int64) set { return crdt.NewGSet(key, elements...) }

// kind returns the letters of a kind.
func kind(letters []letter, k replica.Kind) (some []letter) {
	for _, l := range letters {
		if l.Message.Kind == k {
			some = append(some, l)
		}
	}
	return some
}

// with returns the letters whose delta has an element.
func with(letters []letter, element int64) (some []letter) {
	for _, l := range letters {
		if l.Message.Delta != nil && l.Message.Delta.Contains(element) {
			some = append(some, l)
		}
	}
	return some
}

// orphan returns a leaf whose hub has been silent until its updates went to others, and these letters.
func orphan(t *testing.T, n int) (*actor, []letter) {
	t.Helper()
	a := newActor(t, n, false, nil).measured()
	a.busy(0, 40)
	for range 50 {
		for _, l := range kind(a.pass(interval), replica.Gather) {
			if l.To != a.Hub() {
				return a, []letter{l}
			}
		}
	}
	t.Fatal("a silent hub is never done without")
	return nil, nil
}

// adopted returns a leaf that has a stand-in.
func adopted(t *testing.T, n int) (a *actor, standIn replica.ID) {
	t.Helper()
	a, letters := orphan(t, n)
	standIn = letters[0].To
	a.now += trip
	a.receive(standIn, message{Kind: replica.Answer, Delta: delta(), Digest: crdt.Fingerprint{1}})
	if a.Status().StandIn != standIn {
		t.Fatalf("who answers first is no stand-in: %+v", a.Status())
	}
	return a, standIn
}

// nextProbe lets time pass until the actor sends a probe, and returns it.
func (a *actor) nextProbe() letter {
	a.t.Helper()
	for until := a.now + 2*probe; a.now < until; {
		if probes := kind(a.pass(10*ms), replica.Probe); len(probes) > 0 {
			return probes[0]
		}
	}
	a.t.Fatal("nobody is probed")
	return letter{}
}
