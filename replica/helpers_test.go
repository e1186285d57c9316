package replica

import (
	"fmt"
	"slices"
	"testing"
	"time"

	"gset/crdt"

	"pgregory.net/rapid"
)

// What most tests of this package share: a cluster of four with the default interval, its hub
// and its leaves, and messages to them.

// key is the hash key of the clusters in these tests.
var key = crdt.Key{1, 2}

var bottom = crdt.NewGSet(key)

type (
	message    = Message[*crdt.GSet]
	output     = Output[*crdt.GSet]
	setReplica = Replica[*crdt.GSet]
)

// set returns a set of integers under the key of these tests.
func set(elements ...int64) *crdt.GSet { return crdt.NewGSet(key, elements...) }

// apart returns a set of integers of which no two share a cell, from the first on.
func apart(first, count int64) *crdt.GSet {
	s := set()
	for i := range count {
		s.Insert((first + i) << 32)
	}
	return s
}

// names returns n0, n1 and so on.
func names(n int) []ID {
	ids := make([]ID, n)
	for i := range ids {
		ids[i] = ID(fmt.Sprintf("n%d", i))
	}
	return ids
}

// listOf returns a list of members.
func listOf(t rapid.TB, ids ...ID) *Members {
	t.Helper()
	m, err := NewMembers(ids...)
	if err != nil {
		t.Fatal(err)
	}
	return m
}

// start returns a replica at time 0.
func start[S crdt.Lattice[S]](t rapid.TB, cfg Config, state S) *Replica[S] {
	t.Helper()
	r, err := New(cfg, state, 0)
	if err != nil {
		t.Fatal(err)
	}
	return r
}

// newHub returns the hub of view 0 in a cluster of four.
func newHub(t rapid.TB) *setReplica { return memberOf(t, 4, true, Config{}) }

// newLeaf returns a leaf of that cluster.
func newLeaf(t rapid.TB) *setReplica { return memberOf(t, 4, false, Config{}) }

// memberOf returns the hub of view 0 in a cluster of n, or the first of its leaves.
func memberOf(t rapid.TB, n int, hub bool, cfg Config) *setReplica {
	t.Helper()
	cfg.Members = listOf(t, names(n)...)
	at := cfg.Members.hub(draw(key, 0))
	for _, cfg.Self = range names(n) {
		if (cfg.Self == at) == hub {
			return start(t, cfg, bottom.New())
		}
	}
	t.Fatalf("a cluster of %d has no such member", n)
	return nil
}

// peers returns the others on a replica's list, its hub last.
func peers[S crdt.Lattice[S]](r *Replica[S]) []ID {
	ids := slices.DeleteFunc(slices.Collect(r.members.All()), func(id ID) bool { return id == r.cfg.Self || id == r.hub })
	slices.Sort(ids)
	if r.hub != r.cfg.Self {
		ids = append(ids, r.hub)
	}
	return ids
}

// receive hands a replica a message of its own cluster, of about everything if it says
// nothing else, and fails the test if it is refused.
func receive(t rapid.TB, r *setReplica, now time.Duration, from ID, m message) output {
	t.Helper()
	out, err := r.Receive(now, from, fromCluster(r, m))
	if err != nil {
		t.Fatalf("a %v from %q is refused: %v", m.Kind, from, err)
	}
	return out
}

// fromCluster fills in what a message of a replica's own cluster has, and an empty delta.
func fromCluster[S crdt.Lattice[S]](r *Replica[S], m Message[S]) Message[S] {
	m.Cluster = r.cluster
	if m.Kind.hasRange() && m.Range == (Range{}) {
		m.Range = Everything
	}
	if m.Sketch == nil && isNil(m.Delta) {
		m.Delta = r.stable.New()
	}
	return m
}

// update has a client add a delta, which must not be refused.
func update[S crdt.Lattice[S]](t rapid.TB, r *Replica[S], now time.Duration, delta S) Output[S] {
	t.Helper()
	out, err := r.Update(now, delta)
	if err != nil {
		t.Fatalf("an update is refused: %v", err)
	}
	return out
}

// tick lets a replica's time pass until a moment, and returns all that it does meanwhile.
func tick[S crdt.Lattice[S]](t rapid.TB, r *Replica[S], until time.Duration) (out Output[S]) {
	t.Helper()
	events := 0
	for r.Deadline() <= until {
		if events++; events > 10_000 {
			t.Fatalf("10,000 deadlines until %v, the last at %v", until, r.Deadline())
		}
		out.Messages = append(out.Messages, r.Tick(r.Deadline()).Messages...)
	}
	return out
}

// of returns the messages of some kinds.
func of[S crdt.Lattice[S]](out Output[S], kinds ...Kind) (found []Envelope[S]) {
	for _, e := range out.Messages {
		if slices.Contains(kinds, e.Message.Kind) {
			found = append(found, e)
		}
	}
	return found
}

// only returns the only message of an output.
func only[S crdt.Lattice[S]](t rapid.TB, out Output[S]) Envelope[S] {
	t.Helper()
	if len(out.Messages) != 1 {
		t.Fatalf("%d messages, want 1: %v", len(out.Messages), kindsOf(out))
	}
	return out.Messages[0]
}

// kindsOf lists whom an output sends what.
func kindsOf[S crdt.Lattice[S]](out Output[S]) (list []string) {
	for _, e := range out.Messages {
		list = append(list, fmt.Sprintf("%v to %s", e.Message.Kind, e.To))
	}
	return list
}

// encode returns a message's binary form.
func encode[S crdt.Lattice[S]](t rapid.TB, m Message[S]) []byte {
	t.Helper()
	data, err := m.AppendBinary(nil)
	if err != nil {
		t.Fatal(err)
	}
	return data
}

// busy makes a replica believe that much is going on, so that no update is pushed.
func busy[S crdt.Lattice[S]](r *Replica[S], now time.Duration) {
	r.load.add(len(r.load.times), now)
}

// measured makes a replica know its way to the hub, so that a lone update is pushed.
func measured[S crdt.Lattice[S]](r *Replica[S], roundTrip time.Duration) {
	r.rtt.sample(roundTrip)
}

// seeds runs a test once for each of n seeds, by whose names a failure can be replayed.
func seeds(t *testing.T, n uint64, test func(t *testing.T, seed uint64)) {
	for seed := range n {
		t.Run(fmt.Sprintf("seed=%d", seed), func(t *testing.T) { test(t, seed) })
	}
}
