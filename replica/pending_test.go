package replica

import (
	"slices"
	"testing"

	"gset/crdt"

	"pgregory.net/rapid"
)

// batchTwin is a batch as its description has it: what it was, and what of that
// nobody said back yet.
type batchTwin struct{ all, left *crdt.GSet }

func newBatchTwin() *batchTwin { return &batchTwin{set(), set()} }

func (b *batchTwin) add(c *batchTwin) {
	b.all.Join(c.all)
	b.left.Join(c.left)
}

func (b *batchTwin) heard(delta *crdt.GSet) {
	if b.left = b.left.Minus(delta); b.left.Len() == 0 {
		b.all = set()
	}
}

func (b *batchTwin) take() *batchTwin {
	taken := *b
	*b = *newBatchTwin()
	return &taken
}

func TestPendingWeighsWhatTheStateOwesToIt(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		state := set()
		p := newPending(state)
		hearsay, fresh, sent := newBatchTwin(), newBatchTwin(), []*batchTwin{}
		elements := rapid.SliceOfN(rapid.Int64Range(0, 40), 0, 6)
		learn := func(t *rapid.T, b *batch[*crdt.GSet], twin *batchTwin) {
			delta := set(elements.Draw(t, "learn")...)
			before := state.Digest()
			novel := state.Join(delta)
			b.add(batch[*crdt.GSet]{delta: novel, weight: state.Digest().Sub(before)})
			twin.add(&batchTwin{novel.Clone(), novel.Clone()})
		}
		t.Repeat(map[string]func(*rapid.T){
			"news":    func(t *rapid.T) { learn(t, &p.fresh, fresh) },
			"hearsay": func(t *rapid.T) { learn(t, &p.hearsay, hearsay) },
			"believe": func(t *rapid.T) {
				p.fresh.add(p.hearsay.take())
				fresh.add(hearsay.take())
			},
			"gather": func(t *rapid.T) {
				if !p.fresh.empty() {
					p.sent = append(p.sent, p.fresh.take())
					sent = append(sent, fresh.take())
				}
			},
			"recall": func(t *rapid.T) {
				p.recall()
				for _, b := range sent {
					fresh.add(b)
				}
				sent = nil
			},
			"hear": func(t *rapid.T) {
				delta := set(elements.Draw(t, "hear")...)
				completed := p.heard(delta)
				hearsay.heard(delta)
				fresh.heard(delta)
				before := len(sent)
				for _, b := range sent {
					b.heard(delta)
				}
				sent = slices.DeleteFunc(sent, func(b *batchTwin) bool { return b.left.Len() == 0 })
				if completed != (len(sent) < before) {
					t.Fatalf("hearing %v completed a batch: %v; %d of %d are left", delta, completed, len(sent), before)
				}
			},
			"": func(t *rapid.T) {
				without := state.Clone()
				check := func(name string, b batch[*crdt.GSet], twin *batchTwin) {
					if !b.delta.Equal(twin.left) {
						t.Fatalf("%s is %v, want %v", name, b.delta, twin.left)
					}
					without = without.Minus(twin.all)
				}
				check("hearsay", p.hearsay, hearsay)
				check("fresh", p.fresh, fresh)
				if len(p.sent) != len(sent) {
					t.Fatalf("%d batches are sent, want %d", len(p.sent), len(sent))
				}
				for i := range sent {
					check("sent", p.sent[i], sent[i])
				}
				if got := state.Digest().Sub(p.weight()); got != without.Digest() {
					t.Fatalf("the state without what is pending has digest %v, want %v, of %v", got, without.Digest(), without)
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
			before := state.Digest()
			novel := state.Join(set(x))
			news := batch[*crdt.GSet]{delta: novel, weight: state.Digest().Sub(before)}
			switch rapid.IntRange(0, 2).Draw(t, "becomes") {
			case 0:
				p.hearsay.add(news)
			case 1:
				p.fresh.add(news)
			case 2:
				p.fresh.add(news)
				p.sent = append(p.sent, p.fresh.take())
			}
		}
		order := rapid.Permutation(all).Draw(t, "heard in order")
		for len(order) > 0 {
			n := rapid.IntRange(1, len(order)).Draw(t, "part")
			part := set(order[:n]...)
			part.Join(set(rapid.SliceOfN(rapid.Int64Range(0, 2000), 0, 5).Draw(t, "besides")...))
			p.heard(part)
			order = order[n:]
		}
		if !p.hearsay.empty() || !p.fresh.empty() || len(p.sent) > 0 || p.weight() != (crdt.Digest{}) {
			t.Fatalf("what is left: %v, %v, %d sent, weighing %v", p.hearsay.delta, p.fresh.delta, len(p.sent), p.weight())
		}
	})
}
