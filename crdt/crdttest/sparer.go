package crdttest

import (
	"pgregory.net/rapid"

	"gset/crdt"
)

// sparerLaws make the methods of a crdt.Sparer do what those do that they stand in for.
func sparerLaws[S crdt.Lattice[S]]() []law[S] {
	spares := func(Spec[S]) bool {
		var none S
		_, ok := any(none).(crdt.Sparer[S])
		return ok
	}
	return []law[S]{
		{name: "merge", promise: "Merge changes the receiver as Join does, and nothing else", check: merging[S], applies: spares},
		{name: "excess", promise: "a.Excess(b) = a.Minus(b).Len(), and nothing changes", check: excess[S], applies: spares},
		{name: "skip", promise: "Skip(first, n) is the id of the n-th of Cells(first)", check: skipping[S], applies: spares},
	}
}

func merging[S crdt.Lattice[S]](t *trial[S]) {
	old, delta := t.draw("old"), t.draw("delta")
	deltaBefore := delta.Clone()
	joined, merged := old.Clone(), old.Clone()
	if rapid.Bool().Draw(t.T, "with a sketch to be kept up") {
		crdt.SketchOf(merged, 1)
	}
	if rapid.Bool().Draw(t.T, "with a digest that was read") {
		merged.Digest()
	}
	joined.Join(delta)
	crdt.Merge(merged, delta)
	t.equal(merged, joined, "old after Merge of delta, against Join")
	t.equalDigest(merged.Digest(), joined.Digest(), "digest after Merge")
	t.sketches(merged.Clone(), "a copy of old after Merge of delta")
	t.sketches(merged, "old after Merge of delta")
	crdt.Merge(merged, merged)
	t.equal(merged, joined, "a state after Merge of itself")
	merged.Join(t.draw("a change"))
	t.equal(delta, deltaBefore, "delta after Merge, and a change of the state that it was merged into")
}

func excess[S crdt.Lattice[S]](t *trial[S]) {
	a, b := t.draw("a"), t.draw("b")
	aBefore, bBefore := a.Clone(), b.Clone()
	for _, other := range []struct {
		name  string
		state S
	}{{"b", b}, {"a", a}, {"⊥", a.New()}, {"a ⊔ b", join(a, b)}} {
		got, want := crdt.Excess(a, other.state), a.Minus(other.state).Len()
		if got != want {
			t.failf("a.Excess(%s) is %d, want %d", other.name, got, want)
		}
	}
	t.equal(a, aBefore, "a after Excess")
	t.equal(b, bBefore, "b after Excess")
}

func skipping[S crdt.Lattice[S]](t *trial[S]) {
	a := t.draw("a")
	first := crdt.CellID(0)
	if some := t.someCells(a); len(some) > 0 {
		first = some[0] + crdt.CellID(rapid.IntRange(-1, 1).Draw(t.T, "off"))
	}
	n := 0
	for c := range a.Cells(first) {
		if id, ok := crdt.Skip(a, first, n); !ok || id != c.ID {
			t.failf("a.Skip(%#x, %d) is %#x, %v, want %#x", first, n, id, ok, c.ID)
		}
		n++
	}
	for _, n := range []int{n, n + 1, -1} {
		if id, ok := crdt.Skip(a, first, n); ok {
			t.failf("a.Skip(%#x, %d) is %#x, and a has no such cell", first, n, id)
		}
	}
}
