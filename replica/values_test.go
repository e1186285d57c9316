package replica

import (
	"fmt"
	"slices"
	"testing"
	"time"

	"gset/crdt"

	"pgregory.net/rapid"
)

// TestTheStateIsStableJoinedWithPending holds the two values of a replica against a twin that keeps a
// plain lattice value for every place that a part may be in. Deltas are of sets, and of
// counters, of which an origin may be in both values with different counts.
func TestTheStateIsStableJoinedWithPending(t *testing.T) {
	t.Run("GSet", func(t *testing.T) {
		rapid.Check(t, func(t *rapid.T) {
			// Neighbours share a cell, others do not.
			of := rapid.SliceOfN(rapid.OneOf(rapid.Int64Range(0, 20), rapid.Int64Range(500, 520)), 0, 6)
			checkValues(t, set(), func(t *rapid.T) *crdt.GSet { return set(of.Draw(t, "elements")...) })
		})
	})
	t.Run("GCounter", func(t *testing.T) {
		rapid.Check(t, func(t *rapid.T) {
			checkValues(t, crdt.NewGCounter(key), func(t *rapid.T) *crdt.GCounter {
				return drawCounter(t, 3, 9)
			})
		})
	})
	t.Run("PNCounter", func(t *testing.T) {
		rapid.Check(t, func(t *rapid.T) {
			checkValues(t, crdt.NewPNCounter(key), func(t *rapid.T) *crdt.PNCounter { return drawBalances(t, 3, 5) })
		})
	})
	t.Run("words", func(t *testing.T) {
		rapid.Check(t, func(t *rapid.T) {
			of := rapid.SliceOfN(rapid.StringN(0, 1, 2), 0, 4)
			checkValues(t, words{}, func(t *rapid.T) words { return wordsOf(of.Draw(t, "words")...) })
		})
	})
}

// drawCounter returns a counter with a few origins.
func drawCounter(t *rapid.T, origins int, most uint64) *crdt.GCounter {
	c := crdt.NewGCounter(key)
	for i := range origins {
		n := rapid.Uint64Range(0, most).Draw(t, "count")
		if n == 0 {
			continue
		}
		if _, err := c.Increment(crdt.Origin{Node: fmt.Sprint("n", i), Incarnation: 1}, n); err != nil {
			t.Fatal(err)
		}
	}
	return c
}

// drawBalances returns a counter that goes up and down, with a few origins.
func drawBalances(t *rapid.T, origins int, most int64) *crdt.PNCounter {
	c := crdt.NewPNCounter(key)
	for i := range origins {
		for _, d := range []int64{rapid.Int64Range(0, most).Draw(t, "up"), rapid.Int64Range(-most, 0).Draw(t, "down")} {
			if _, err := c.Add(crdt.Origin{Node: fmt.Sprint("n", i), Incarnation: 1}, d); err != nil {
				t.Fatal(err)
			}
		}
	}
	return c
}

// twin is a replica's values by their definition, every part of pending in as many places as
// it is in.
type twin[S crdt.Lattice[S]] struct {
	stable, fresh S
	sent          []S
}

func (w *twin[S]) pending() S { return joined(w.fresh, w.sent...) }
func (w *twin[S]) state() S   { return joined(w.stable, w.pending()) }

// hear takes in what everyone is told.
func (w *twin[S]) hear(delta S) {
	w.stable.Join(delta)
	w.fresh = w.fresh.Minus(w.stable)
	for i := range w.sent {
		w.sent[i] = w.sent[i].Minus(w.stable)
	}
	w.sent = slices.DeleteFunc(w.sent, func(s S) bool { return s.Len() == 0 })
}

func checkValues[S crdt.Lattice[S]](t *rapid.T, bottom S, draw func(*rapid.T) S) {
	v := newValues(bottom.New())
	w := twin[S]{stable: bottom.New(), fresh: bottom.New()}
	now := time.Duration(0)
	t.Repeat(map[string]func(*rapid.T){
		"learn": func(t *rapid.T) {
			delta := draw(t)
			want := delta.Minus(w.state())
			sameState(t, "what is new to the state", v.learn(delta), want)
			w.fresh.Join(want)
		},
		"hear": func(t *rapid.T) {
			delta := draw(t)
			want := delta.Minus(w.state())
			sameState(t, "what is new to the state", v.hear(delta), want)
			w.hear(delta)
		},
		"acknowledge": func(t *rapid.T) {
			n := rapid.IntRange(0, len(w.sent)).Draw(t, "batches")
			until := time.Duration(-1)
			if n > 0 {
				until = v.sent[n-1].at
			}
			v.acknowledge(until)
			w.hear(joined(bottom.New(), w.sent[:n]...))
		},
		"gather": func(t *rapid.T) {
			part := draw(t)
			rest := w.fresh.Minus(part)
			part = w.fresh.Minus(rest)
			if part.Len() == 0 {
				return
			}
			now += time.Microsecond // a stamp is no finer
			v.dispatch(batch[S]{part.Clone(), now, now}, rest.Clone())
			w.sent, w.fresh = append(w.sent, part), rest
		},
		"scatter": func(t *rapid.T) {
			v.recall() // as a scatter does
			w.fresh, w.sent = w.pending(), nil
			rest := w.fresh.Minus(draw(t))
			told := w.fresh.Minus(rest)
			sameState(t, "what is told", v.tell(rest.Clone()), told)
			w.hear(told)
			w.fresh = rest
		},
		"recall": func(*rapid.T) {
			v.recall()
			w.fresh, w.sent = w.pending(), nil
		},
		"": func(t *rapid.T) { checkTwin(t, &v, &w) },
	})
}

// checkTwin holds a replica's values against their definition, and what must hold between them.
func checkTwin[S crdt.Lattice[S]](t *rapid.T, v *values[S], w *twin[S]) {
	sameState(t, "stable", v.stable, w.stable)
	sameState(t, "pending", v.pending, w.pending())
	sameState(t, "fresh", v.fresh, w.fresh)
	sameState(t, "the state", joined(v.stable, v.pending), w.state())
	sameState(t, "pending beyond stable", v.pending.Minus(v.stable), v.pending)
	if len(v.sent) != len(w.sent) {
		t.Fatalf("%d gathers are under way, want %d", len(v.sent), len(w.sent))
	}
	for i, b := range v.sent {
		sameState(t, "a gather", b.delta, w.sent[i])
	}
}

func sameState[S crdt.Lattice[S]](t *rapid.T, what string, got, want S) {
	t.Helper()
	if got.Digest() != want.Digest() {
		t.Fatalf("%s is %v, want %v", what, got, want)
	}
}

// TestPendingEndsEmptyHoweverItIsAcknowledged acknowledges everything in parts, in any order, some of it
// twice, and among what nobody asked about.
func TestPendingEndsEmptyHoweverItIsAcknowledged(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		v := newValues(set())
		all := rapid.SliceOfNDistinct(rapid.Int64Range(0, 1000), 1, 30, rapid.ID[int64]).Draw(t, "updates")
		for i, x := range all {
			v.learn(set(x))
			if rapid.Bool().Draw(t, "is sent") {
				v.dispatch(batch[*crdt.GSet]{delta: v.fresh, at: time.Duration(i)}, set())
			}
		}
		order := rapid.Permutation(all).Draw(t, "acknowledged in order")
		for len(order) > 0 {
			n := rapid.IntRange(1, len(order)).Draw(t, "part")
			part := set(order[:n]...)
			part.Join(set(rapid.SliceOfN(rapid.Int64Range(0, 2000), 0, 5).Draw(t, "besides")...))
			v.hear(part)
			order = order[n:]
		}
		if v.pending.Len() > 0 || v.fresh.Len() > 0 || len(v.sent) > 0 || set(all...).Minus(v.stable).Len() > 0 {
			t.Fatalf("what is left: %v, %v fresh, %d sent", v.pending, v.fresh, len(v.sent))
		}
	})
}

// TestACounterIsReadFromBothValues has an origin's count acknowledged in part: the smaller count is
// stable and the greater one is pending, and the state has the greater one once.
func TestACounterIsReadFromBothValues(t *testing.T) {
	origin := crdt.Origin{Node: "n", Incarnation: 1}
	count := func(n uint64) *crdt.GCounter {
		c := crdt.NewGCounter(key)
		if _, err := c.Increment(origin, n); err != nil {
			t.Fatal(err)
		}
		return c
	}
	cfg := Config{Self: "n1", Members: listOf(t, names(4)...)}
	r := start(t, cfg, crdt.NewGCounter(key))
	update(t, r, 0, count(7))
	m := fromCluster(r, Message[*crdt.GCounter]{Kind: Scatter, Delta: count(3)})
	out, err := r.Receive(1, r.hub, m)
	if err != nil {
		t.Fatal(err)
	}
	if !isNil(out.Durable) {
		t.Errorf("Durable is %v, and a count of 3 is not new beside one of 7", out.Durable)
	}
	for name, is := range map[string]struct{ got, want *crdt.GCounter }{
		"Stable": {r.Stable(), count(3)}, "Pending": {r.Pending(), count(7)}, "State": {r.State(), count(7)},
	} {
		if !is.got.Equal(is.want) {
			t.Errorf("%s is %v, want %v", name, is.got, is.want)
		}
	}
}

// TestACountersGatherIsAcknowledgedThoughALaterCountIsPending has an origin count on while its gather
// is under way. The acknowledgement of the smaller count ends that gather.
func TestACountersGatherIsAcknowledgedThoughALaterCountIsPending(t *testing.T) {
	origin := crdt.Origin{Node: "a"}
	counter := crdt.NewGCounter(crdt.Key{1, 2})
	v := newValues(counter.New())
	count := func() *crdt.GCounter {
		delta, err := counter.Increment(origin, 1)
		if err != nil {
			t.Fatal(err)
		}
		counter.Join(delta)
		v.learn(delta)
		return delta
	}
	first := count()
	v.dispatch(batch[*crdt.GCounter]{delta: v.fresh}, v.none)
	count()
	if v.hear(first); len(v.sent) > 0 || v.pending.Len() != 1 {
		t.Errorf("%d gathers are under way; %v is pending", len(v.sent), v.pending)
	}
}
