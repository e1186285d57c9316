package crdttest

import "gset/crdt"

// joinLaws make the type a join-semilattice, and Join's result its novel part.
func joinLaws[S crdt.Lattice[S]]() []law[S] {
	return []law[S]{
		{name: "idempotence", promise: "a ⊔ a = a, with a copy and with itself", check: idempotence[S]},
		{name: "commutativity", promise: "a ⊔ b = b ⊔ a", check: commutativity[S]},
		{name: "associativity", promise: "(a ⊔ b) ⊔ c = a ⊔ (b ⊔ c)", check: associativity[S]},
		{name: "identity", promise: "a ⊔ ⊥ = ⊥ ⊔ a = a, and only ⊥ has length 0", check: identity[S]},
		{name: "inflation", promise: "a ≤ a ⊔ b and b ≤ a ⊔ b", check: inflation[S]},
		{name: "monotonicity", promise: "a ≤ b implies a ⊔ c ≤ b ⊔ c", check: monotonicity[S]},
		{name: "one key", promise: "states made from one another have the same Key", check: oneKey[S]},
		{name: "novel part", promise: "Join returns delta.Minus(old)", check: novelPart[S]},
	}
}

func idempotence[S crdt.Lattice[S]](t *trial[S]) {
	a := t.draw("a")
	before := a.Clone()
	t.empty(a.Join(before), "what a copy of a adds to a")
	t.equal(a, before, "a ⊔ copy of a")
	t.empty(a.Join(a), "what a adds to itself")
	t.equal(a, before, "a ⊔ a")
	t.equalDigest(a.Digest(), before.Digest(), "digest of a ⊔ a")
}

func commutativity[S crdt.Lattice[S]](t *trial[S]) {
	a, b := t.draw("a"), t.draw("b")
	t.equal(join(a, b), join(b, a), "a ⊔ b against b ⊔ a")
}

func associativity[S crdt.Lattice[S]](t *trial[S]) {
	a, b, c := t.draw("a"), t.draw("b"), t.draw("c")
	t.equal(join(join(a, b), c), join(a, join(b, c)), "(a ⊔ b) ⊔ c against a ⊔ (b ⊔ c)")
}

func identity[S crdt.Lattice[S]](t *trial[S]) {
	a := t.draw("a")
	t.empty(a.New(), "New")
	t.equal(join(a, a.New()), a, "a ⊔ ⊥")
	t.empty(a.Clone().Join(a.New()), "what ⊥ adds to a")
	bottom := a.New()
	t.equal(bottom.Join(a), a, "what a adds to ⊥")
	t.equal(bottom, a, "⊥ ⊔ a")
	t.equalDigest(bottom.Digest(), a.Digest(), "digest of ⊥ ⊔ a")
	if isBottom := t.spec.Equal(a, a.New()); isBottom != (a.Len() == 0) || a.Len() < 0 {
		t.failf("length of a is %d, and that a is ⊥ is %v", a.Len(), isBottom)
	}
}

func inflation[S crdt.Lattice[S]](t *trial[S]) {
	a, b := t.draw("a"), t.draw("b")
	ab := join(a, b)
	t.atMost(a, ab, "a ≤ a ⊔ b")
	t.atMost(b, ab, "b ≤ a ⊔ b")
}

func monotonicity[S crdt.Lattice[S]](t *trial[S]) {
	a, c := t.draw("a"), t.draw("c")
	b := join(a, t.draw("b without a"))
	t.atMost(join(a, c), join(b, c), "a ⊔ c ≤ b ⊔ c")
}

func novelPart[S crdt.Lattice[S]](t *trial[S]) {
	old, delta := t.draw("old"), t.draw("delta")
	deltaBefore := delta.Clone()
	s := old.Clone()
	novel := s.Join(delta)
	want := delta.Minus(old)
	t.equal(novel, want, "novel part")
	t.equalDigest(novel.Digest(), want.Digest(), "digest of the novel part")
	if novel.Len() != want.Len() {
		t.failf("length of the novel part is %d, want %d", novel.Len(), want.Len())
	}
	t.equal(join(old, novel), s, "old ⊔ novel against old ⊔ delta")
	t.atMost(novel, delta, "novel ≤ delta")
	t.equal(delta, deltaBefore, "delta after it was joined into another state")
	t.empty(s.Join(delta), "what delta adds the second time")
}

func oneKey[S crdt.Lattice[S]](t *trial[S]) {
	a, b := t.draw("a"), t.draw("b")
	key := a.Key()
	decoded, err := a.Decode(t.encode(b))
	if err != nil {
		t.failf("decoding b: %v", err)
	}
	for _, made := range []struct {
		by    string
		state S
	}{
		{"the generator", b}, {"New", a.New()}, {"Clone", a.Clone()}, {"Minus", a.Minus(b)},
		{"Extract", a.Extract(t.someCells(a))}, {"Decode", decoded}, {"Join", a.Join(b)},
	} {
		if got := made.state.Key(); got != key {
			t.failf("the key of a is %#x, that of a state made by %s is %#x", key, made.by, got)
		}
	}
	if a.Key() != key {
		t.failf("Join changed the key of a from %#x to %#x", key, a.Key())
	}
}
