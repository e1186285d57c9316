package crdttest

import "gset/crdt"

// digestLaws make digests a homomorphism that tells states apart.
func digestLaws[S crdt.Lattice[S]]() []law[S] {
	return []law[S]{
		{name: "digest identifies", promise: "digest(a) = digest(b) if and only if a = b", check: digestIdentifies[S]},
		{name: "digest has no history", promise: "digest(s) depends on s alone, not on how it was made", check: digestHasNoHistory[S]},
		{name: "digest adds over cells", promise: "digest(s) = digest(some cells of s) + digest(the others)", check: digestAddsOverCells[S]},
		{name: "digest adds over joins", promise: "digest(a ⊔ b) = digest(a) + digest(b.Minus(a))", check: digestAddsOverJoins[S],
			applies: func(s Spec[S]) bool { return s.Disjoint }},
	}
}

func digestIdentifies[S crdt.Lattice[S]](t *trial[S]) {
	a, b := t.draw("a"), t.draw("b")
	if equal := t.spec.Equal(a, b); equal != (a.Digest() == b.Digest()) {
		t.failf("that a = b is %v, but the digests are %v and %v", equal, a.Digest(), b.Digest())
	}
	// Cells often have the same content. Where it lies must show in the digest.
	cellOf := map[crdt.Digest]crdt.CellID{}
	for c := range a.Cells(0) {
		d := a.Extract([]crdt.CellID{c.ID}).Digest()
		if other, found := cellOf[d]; found {
			t.failf("cells %d and %d of a have the same digest %v", other, c.ID, d)
		}
		cellOf[d] = c.ID
	}
}

func digestHasNoHistory[S crdt.Lattice[S]](t *trial[S]) {
	a, b, c := t.draw("a"), t.draw("b"), t.draw("c")
	s := join(join(a, b), c)
	t.equalDigest(join(join(c, a), b).Digest(), s.Digest(), "digest of (c ⊔ a) ⊔ b against (a ⊔ b) ⊔ c")
	t.equalDigest(join(s.New(), s).Digest(), s.Digest(), "digest of ⊥ ⊔ s")
	t.equalDigest(s.Clone().Digest(), s.Digest(), "digest of a copy")
	d, err := s.Decode(t.encode(s))
	if err != nil {
		t.failf("decoding (a ⊔ b) ⊔ c: %v", err)
	}
	t.equalDigest(d.Digest(), s.Digest(), "digest of a decoded state")
	rejoined := a.Clone()
	rejoined.Join(s.Minus(a))
	t.equalDigest(rejoined.Digest(), s.Digest(), "digest of a ⊔ s.Minus(a)")
}

func digestAddsOverCells[S crdt.Lattice[S]](t *trial[S]) {
	s := t.draw("s")
	some := s.Extract(t.someCells(s))
	others := s.Extract(idsWithout(s, some))
	sum := some.Digest().Add(others.Digest())
	t.equalDigest(sum, s.Digest(), "sum of the digests of two parts")
	t.equalDigest(s.Digest().Sub(some.Digest()), others.Digest(), "digest without a part")
}

func digestAddsOverJoins[S crdt.Lattice[S]](t *trial[S]) {
	a, b := t.draw("a"), t.draw("b")
	ab := a.Clone()
	novel := ab.Join(b)
	t.equalDigest(a.Digest().Add(b.Minus(a).Digest()), ab.Digest(), "digest(a) + digest(b.Minus(a))")
	t.equalDigest(ab.Digest().Sub(novel.Digest()), a.Digest(), "digest(a ⊔ b) - digest(novel)")
	if ab.Len() != a.Len()+novel.Len() {
		t.failf("length of a ⊔ b is %d, but of a %d, and %d was new", ab.Len(), a.Len(), novel.Len())
	}
}

// idsWithout returns the ids of the cells of s that part does not have.
func idsWithout[S crdt.Lattice[S]](s, part S) []crdt.CellID {
	has := map[crdt.CellID]bool{}
	for c := range part.Cells(0) {
		has[c.ID] = true
	}
	var ids []crdt.CellID
	for c := range s.Cells(0) {
		if !has[c.ID] {
			ids = append(ids, c.ID)
		}
	}
	return ids
}
