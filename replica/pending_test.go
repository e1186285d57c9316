package replica

import (
	"slices"
	"testing"

	"gset/crdt"

	"pgregory.net/rapid"
)

// TestWhatIsNotPendingIsSettled holds pending against a twin with a set of elements for
// each place that news may be in.
func TestWhatIsNotPendingIsSettled(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		state := set()
		p := newPending(state)
		fresh, sent := set(), []*crdt.GSet{}
		// Neighbours share a page, others do not.
		elements := rapid.SliceOfN(rapid.OneOf(rapid.Int64Range(0, 20), rapid.Int64Range(500, 520)), 0, 6)
		learn := func(t *rapid.T) *crdt.GSet {
			delta := set(elements.Draw(t, "learn")...)
			return p.learn(state, delta)
		}
		t.Repeat(map[string]func(*rapid.T){
			"news": func(t *rapid.T) {
				news := learn(t)
				p.add(news)
				fresh.Join(news)
			},
			"gather": func(t *rapid.T) {
				if p.fresh.Len() > 0 {
					p.sent = append(p.sent, batch[*crdt.GSet]{delta: p.fresh})
					sent = append(sent, fresh)
					p.fresh, fresh = set(), set()
				}
			},
			"recall": func(t *rapid.T) {
				p.recall()
				for _, b := range sent {
					fresh.Join(b)
				}
				sent = nil
			},
			"hear": func(t *rapid.T) {
				delta := set(elements.Draw(t, "hear")...)
				state.Join(delta)
				completed := p.heard(delta)
				hadFresh, before := fresh.Len() > 0, len(sent)
				fresh = fresh.Minus(delta)
				for i := range sent {
					sent[i] = sent[i].Minus(delta)
				}
				sent = slices.DeleteFunc(sent, func(b *crdt.GSet) bool { return b.Len() == 0 })
				if want := len(sent) < before || hadFresh && fresh.Len() == 0; completed != want {
					t.Fatalf("hearing %v completed something: %v, want %v", delta, completed, want)
				}
			},
			"": func(t *rapid.T) {
				settled := state.Minus(fresh)
				for _, b := range sent {
					settled = settled.Minus(b)
				}
				if len(p.sent) != len(sent) || !p.fresh.Equal(fresh) {
					t.Fatalf("%d are sent, %v fresh, want %d, %v", len(p.sent), p.fresh, len(sent), fresh)
				}
				if got := p.settled(state); !got.Equal(settled) {
					t.Fatalf("settled is %v, want %v", got, settled)
				}
				if got := p.digest(state); got != settled.Digest() {
					t.Fatalf("the digest of what is settled is %v, want %v, of %v", got, settled.Digest(), settled)
				}
			},
		})
	})
}

// TestCounterIsSettledInPart has one entry grow by news and by what is heard: what is
// settled of it is the greatest value heard, whatever is pending above that.
func TestCounterIsSettledInPart(t *testing.T) {
	origin := crdt.Origin{Node: "n", Incarnation: 1}
	rapid.Check(t, func(t *rapid.T) {
		state := crdt.NewGCounter(crdt.Key{1, 2})
		p := newPending(state)
		mine, settled := uint64(0), uint64(0)
		value := func(n uint64) *crdt.GCounter {
			c, err := state.New().Increment(origin, n)
			if err != nil {
				t.Fatal(err)
			}
			return c
		}
		t.Repeat(map[string]func(*rapid.T){
			"add": func(t *rapid.T) {
				mine += rapid.Uint64Range(1, 9).Draw(t, "add")
				p.add(p.learn(state, value(mine)))
			},
			"gather": func(t *rapid.T) {
				if p.fresh.Len() > 0 {
					p.sent = append(p.sent, batch[*crdt.GCounter]{delta: p.fresh})
					p.fresh = state.New()
				}
			},
			"recall": func(t *rapid.T) { p.recall() },
			"hear": func(t *rapid.T) {
				if mine > 0 { // nobody can say more than was told
					said := rapid.Uint64Range(1, mine).Draw(t, "said")
					settled = max(settled, said)
					state.Join(value(said))
					p.heard(value(said))
				}
			},
			"": func(t *rapid.T) {
				want := state.New()
				if settled > 0 {
					want = value(settled)
				}
				if got := p.settled(state); !got.Equal(want) {
					t.Fatalf("settled is %v, want %v of %v", got, want, state)
				}
				if got := p.digest(state); got != want.Digest() {
					t.Fatalf("the digest of what is settled is %v, want %v", got, want.Digest())
				}
			},
		})
	})
}

// TestPendingEndsEmptyHoweverItIsHeard says everything back in parts, in any order,
// some of it twice, and among what nobody asked about.
func TestPendingEndsEmptyHoweverItIsHeard(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		state := set()
		p := newPending(state)
		all := rapid.SliceOfNDistinct(rapid.Int64Range(0, 1000), 1, 30, rapid.ID[int64]).Draw(t, "news")
		for _, x := range all {
			p.add(p.learn(state, set(x)))
			if rapid.Bool().Draw(t, "is sent") {
				p.sent = append(p.sent, batch[*crdt.GSet]{delta: p.fresh})
				p.fresh = set()
			}
		}
		order := rapid.Permutation(all).Draw(t, "heard in order")
		for len(order) > 0 {
			n := rapid.IntRange(1, len(order)).Draw(t, "part")
			part := set(order[:n]...)
			part.Join(set(rapid.SliceOfN(rapid.Int64Range(0, 2000), 0, 5).Draw(t, "besides")...))
			state.Join(part)
			p.heard(part)
			order = order[n:]
		}
		if p.fresh.Len() > 0 || len(p.sent) > 0 || p.digest(state) != state.Digest() || p.base.Len() > 0 {
			t.Fatalf("what is left: %v, %d sent, base %v", p.fresh, len(p.sent), p.base)
		}
	})
}
