package replica

import (
	"errors"
	"fmt"
	"maps"
	"slices"
	"testing"
	"time"

	"gset/crdt"

	"pgregory.net/rapid"
)

// FuzzReplicas has two or three replicas live through anything that bytes can say: updates, messages of
// each other that are delivered late, twice or not at all, altered messages, messages that somebody made
// up, lists of members, hints, restarts. Whatever comes: no panic; an event that is refused
// changes nothing; states only grow; no event answers with more than its budget; nobody is busy for ever;
// and once only true messages come, all become equal.
func FuzzReplicas(f *testing.F) { f.Fuzz(func(t *testing.T, data []byte) { playBytes(t, data) }) }

// TestReplicasLiveThroughAnything is the same of random bytes.
func TestReplicasLiveThroughAnything(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		n := rapid.IntRange(0, 600).Draw(t, "length")
		playBytes(t, rapid.SliceOfN(rapid.Byte(), n, n).Draw(t, "bytes"))
	})
}

func playBytes(t rapid.TB, data []byte) {
	s := &source{data}
	switch s.pick(4) {
	case 0:
		playWith(t, s, fuzzedSets)
	case 1:
		playWith(t, s, fuzzedCounters)
	case 2:
		playWith(t, s, fuzzedBalances)
	case 3:
		playWith(t, s, fuzzedWords)
	}
}

// world is some replicas and the messages between them.
type world[S crdt.Lattice[S]] struct {
	t        rapid.TB
	s        *source
	l        lattice[S]
	now      time.Duration
	replicas map[ID]*Replica[S]
	everyone []ID
	mail     []letter[S]
	kept     map[ID]Snapshot[S]
}

func playWith[S crdt.Lattice[S]](t rapid.TB, s *source, l lattice[S]) {
	w := &world[S]{t: t, s: s, l: l, replicas: map[ID]*Replica[S]{}, everyone: names(2 + s.pick(2)), kept: map[ID]Snapshot[S]{}}
	for _, id := range w.everyone {
		cfg := Config{Self: id, Members: listOf(t, w.everyone...), MaxMessage: MinMessage, Fanout: 2}
		cfg.Interval = []time.Duration{DefaultInterval, Eager, time.Second}[s.pick(3)]
		w.replicas[id] = start(t, cfg, l.bottom.New())
	}
	acts := []func(){
		w.update, w.deliver, w.tickOne, w.forged, w.altered, w.pass, w.deliver, w.forged, w.setMembers, w.hint, w.restart, w.drop,
	}
	for steps := 0; len(s.data) > 0 && steps < 300; steps++ {
		acts[s.pick(len(acts))]()
	}
	w.converge()
}

// some returns one of the replicas.
func (w *world[S]) some() *Replica[S] { return w.replicas[w.everyone[w.s.pick(len(w.everyone))]] }

// event has a replica do something, and checks what must hold whatever that was.
func (w *world[S]) event(r *Replica[S], what string, do func() (Output[S], error)) {
	w.t.Helper()
	before, state, deadline := r.Status(), r.State().Clone(), r.Deadline()
	out, err := do()
	checkOutput(w.t, r, out)
	if lost := state.Minus(r.State()); lost.Len() > 0 {
		w.t.Fatalf("%s: the state lost %v", what, lost)
	}
	novel := r.State().Minus(state)
	if isNil(out.Durable) != (novel.Len() == 0) || novel.Len() > 0 && novel.Digest() != out.Durable.Digest() {
		w.t.Fatalf("%s: Durable is %v, and new is %v", what, out.Durable, novel)
	}
	if both := r.pending.Len() - r.pending.Minus(r.stable).Len(); both > 0 {
		w.t.Fatalf("%s: %d parts are stable and pending", what, both)
	}
	if err != nil && (!out.Empty() || r.Status() != before || novel.Len() > 0 || r.Deadline() != deadline) {
		w.t.Fatalf("%s: an event that is refused (%v) changed something: %+v, was %+v", what, err, r.Status(), before)
	}
	w.post(r, out)
	for ticks := 0; r.Deadline() <= w.now; ticks++ {
		if ticks > 64 {
			w.t.Fatalf("%s: after %d ticks there is still something due at %v; it is %v", what, ticks, r.Deadline(), w.now)
		}
		out := r.Tick(w.now)
		checkOutput(w.t, r, out)
		w.post(r, out)
	}
}

func (w *world[S]) post(r *Replica[S], out Output[S]) {
	for _, e := range out.Messages {
		w.mail = append(w.mail, letter[S]{Envelope: e, from: r.cfg.Self})
	}
	if len(w.mail) > 200 { // the network loses what is too much
		w.mail = w.mail[len(w.mail)-200:]
	}
}

func (w *world[S]) update() {
	r, delta := w.some(), w.l.delta(w.s)
	if w.s.one(8) {
		delta = w.l.odd(w.s)
	}
	w.event(r, "an update", func() (Output[S], error) { return r.Update(w.now, delta) })
}

// take returns a letter that is under way, and keeps it there now and then.
func (w *world[S]) take() (l letter[S], ok bool) {
	if len(w.mail) == 0 {
		return l, false
	}
	i := w.s.pick(min(len(w.mail), 256))
	l = w.mail[i]
	if !w.s.one(4) {
		w.mail = slices.Delete(w.mail, i, i+1)
	}
	return l, true
}

func (w *world[S]) deliver() {
	l, ok := w.take()
	r := w.replicas[l.To]
	if !ok || r == nil {
		return
	}
	m, err := Decode(w.l.bottom, encode(w.t, l.Message))
	if err != nil {
		w.t.Fatalf("a %v of %s cannot be read: %v", l.Message.Kind, l.from, err)
	}
	w.event(r, "a "+m.Kind.String(), func() (Output[S], error) {
		out, err := r.Receive(w.now, l.from, m)
		if err != nil {
			w.t.Fatalf("%s refuses a %v of %s: %v", r.cfg.Self, m.Kind, l.from, err)
		}
		return out, nil
	})
}

func (w *world[S]) drop() { w.take() }

func (w *world[S]) tickOne() {
	r := w.some()
	if due := r.Deadline(); due != Never {
		w.now = max(w.now, due)
	}
	w.event(r, "a tick", func() (Output[S], error) { return r.Tick(w.now), nil })
}

func (w *world[S]) pass() {
	w.now += time.Duration(w.s.byte()) << w.s.pick(30) * time.Microsecond
	for _, id := range w.everyone {
		r := w.replicas[id]
		w.event(r, "time", func() (Output[S], error) { return r.Tick(w.now), nil })
	}
}

// forged hands a replica a message that somebody made up, whoever that is.
func (w *world[S]) forged() {
	r := w.some()
	m := forge(w.s, w.l, r)
	w.receive(r, w.s.id(), m)
}

// altered hands a replica a true message with one field of another.
func (w *world[S]) altered() {
	l, ok := w.take()
	if r := w.replicas[l.To]; ok && r != nil {
		m, other := l.Message, forge(w.s, w.l, r)
		switch w.s.pick(9) {
		case 0:
			m.Kind = other.Kind
		case 1:
			m.View = other.View
		case 2:
			m.Digest = other.Digest
		case 3:
			m.Echoes = other.Echoes
		case 4:
			m.Root, m.End = other.Root, other.End
		case 5:
			m.Range = other.Range
		case 6:
			m.Rest = other.Rest
		case 7:
			m.Sketch, m.Want = other.Sketch, other.Want
		case 8:
			m.Delta = other.Delta
		}
		w.receive(r, l.from, m)
	}
}

func (w *world[S]) receive(r *Replica[S], from ID, m Message[S]) {
	w.event(r, fmt.Sprintf("a made-up %v", m.Kind), func() (Output[S], error) {
		out, err := r.Receive(w.now, from, m)
		if err != nil && !errors.Is(err, ErrMalformed) && !errors.Is(err, ErrForeign) {
			w.t.Fatalf("a message is refused with %v", err)
		}
		return out, err
	})
}

func (w *world[S]) setMembers() {
	r := w.some()
	var list *Members
	if n := w.s.pick(16); n > 0 {
		var ids []ID
		for i, id := range []ID{"n0", "n1", "n2", "stranger"} {
			if n>>i&1 == 1 {
				ids = append(ids, id)
			}
		}
		list = listOf(w.t, ids...)
	}
	w.event(r, "a list", func() (Output[S], error) { return r.SetMembers(w.now, list) })
}

func (w *world[S]) hint() {
	r, id := w.some(), w.s.id()
	w.event(r, "a hint", func() (Output[S], error) { return r.Unreachable(w.now, id), nil })
}

// restart takes a snapshot of a replica, or puts the replica back to one it took.
func (w *world[S]) restart() {
	r := w.some()
	id := r.cfg.Self
	kept, ok := w.kept[id]
	if !ok || w.s.one(2) {
		k := r.Snapshot()
		w.kept[id] = Snapshot[S]{k.View, k.Stable.Clone(), k.Pending.Clone()}
		return
	}
	delete(w.kept, id)
	cfg := r.cfg
	if cfg.Interval == 0 {
		cfg.Interval = Eager
	}
	cfg.Incarnation++
	again, err := Restore(cfg, kept, w.now)
	if err != nil {
		w.t.Fatalf("a snapshot is refused: %v", err)
	}
	w.replicas[id] = again
}

// converge gives everyone the whole list and a faultless network, on which a message takes 10 ms.
func (w *world[S]) converge() {
	c := newCluster[S](w.t)
	c.now, c.latency = w.now, constant(10*time.Millisecond)
	for _, id := range slices.Sorted(maps.Keys(w.replicas)) {
		c.nodes = append(c.nodes, &node[S]{Replica: w.replicas[id], id: id})
	}
	for _, x := range c.nodes {
		c.setMembers(x.id, listOf(w.t, w.everyone...))
	}
	const long = 60 * DefaultProbe
	if !c.runUntil(long, func() bool { return c.equal() && c.settled() }) {
		for _, x := range c.nodes {
			w.t.Logf("%s: %v pending %v, %+v", x.id, x.stable, x.pending, x.Status())
		}
		w.t.Fatalf("after %v without a fault members are equal: %v, and nothing is pending: %v", long, c.equal(), c.settled())
	}
}
