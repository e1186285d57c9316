package crdt

import (
	"testing"

	"pgregory.net/rapid"
)

// copyInto inserts and raises what a state has into another one.
func copyInto(to, c *Collections) {
	for name, element := range c.All() {
		to.insertMember(name, element)
	}
	for e := range c.Entries() {
		to.raise(to.obtain(e.Name), e.Origin, e.Balance.counts())
	}
}

// Whatever the state that it was made for holds, then and when they are joined, and whatever it is joined into.
func TestAnUpdateMadeForAStateIsLikeAnyOther(t *testing.T) {
	for name, weak := range map[string]Weak{"all bits": {}, "no bits": {Names: 64, Low: 32}} {
		t.Run(name, func(t *testing.T) {
			gen := rapid.Custom(GenCollections(weak))
			rapid.Check(t, func(t *rapid.T) {
				state, content, other := gen.Draw(t, "state"), gen.Draw(t, "content"), gen.Draw(t, "other")
				update := state.NewUpdate()
				copyInto(update, content)
				state.Merge(gen.Draw(t, "joined meanwhile"))
				copyInto(update, gen.Draw(t, "more"))
				plain := NewWeakCollections(weak)
				copyInto(plain, update)
				if !update.Equal(plain) || update.Digest() != plain.Digest() {
					t.Fatal("the update lacks something, or has too much")
				}
				for _, into := range []*Collections{state, other} {
					if update.Excess(into) != plain.Excess(into) || !update.Minus(into).Equal(plain.Minus(into)) {
						t.Fatal("the update compares with a state otherwise than its copy")
					}
					want := into.Clone()
					want.Merge(plain)
					if into.Merge(update); !into.Equal(want) || into.Digest() != want.Digest() {
						t.Fatal("the update joins otherwise than its copy")
					}
				}
			})
		})
	}
}
