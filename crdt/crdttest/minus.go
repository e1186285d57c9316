package crdttest

import "gset/crdt"

// minusLaws make Minus the optimal delta of Enes et al. 2019: enough, and no
// more than enough. They hold in every distributive lattice with unique
// decompositions into irreducible parts.
func minusLaws[S crdt.Lattice[S]]() []law[S] {
	return []law[S]{
		{name: "minus is enough", promise: "b ⊔ a.Minus(b) = b ⊔ a", check: minusIsEnough[S]},
		{name: "minus is minimal", promise: "b ⊔ d = b ⊔ a implies a.Minus(b) ≤ d", check: minusIsMinimal[S]},
		{name: "minus at the ends", promise: "a.Minus(a) = ⊥, a.Minus(⊥) = a, ⊥.Minus(a) = ⊥", check: minusAtTheEnds[S]},
	}
}

func minusIsEnough[S crdt.Lattice[S]](t *trial[S]) {
	a, b := t.draw("a"), t.draw("b")
	aBefore, bBefore := a.Clone(), b.Clone()
	m := a.Minus(b)
	t.equal(join(b, m), join(b, a), "b ⊔ a.Minus(b)")
	t.atMost(m, a, "a.Minus(b) ≤ a")
	t.equal(m.Minus(b), m, "a.Minus(b).Minus(b)")
	t.equal(a, aBefore, "a after Minus")
	t.equal(b, bBefore, "b after Minus")
}

func minusIsMinimal[S crdt.Lattice[S]](t *trial[S]) {
	b, d := t.draw("b"), t.draw("d")
	// Every a between d and b ⊔ d has b ⊔ d = b ⊔ a.
	a := join(d, b.Extract(t.someCells(b)))
	m := a.Minus(b)
	t.atMost(m, d, "a.Minus(b) ≤ d for a between d and b ⊔ d")
	if m.Len() > d.Len() {
		t.failf("a.Minus(b) has length %d for a between d and b ⊔ d, but d has only %d", m.Len(), d.Len())
	}
}

func minusAtTheEnds[S crdt.Lattice[S]](t *trial[S]) {
	a := t.draw("a")
	t.empty(a.Minus(a), "a.Minus(a)")
	t.empty(a.Minus(a.Clone()), "a.Minus(copy of a)")
	t.empty(a.New().Minus(a), "⊥.Minus(a)")
	t.equal(a.Minus(a.New()), a, "a.Minus(⊥)")
}
