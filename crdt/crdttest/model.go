package crdttest

import (
	"maps"

	"gset/crdt"
)

// modelLaws compare every operation with the same one on maps.
func modelLaws[S crdt.Lattice[S]]() []law[S] {
	applies := func(s Spec[S]) bool { return s.Model != nil }
	return []law[S]{
		{name: "model of a state", promise: "a = b if and only if their models are equal, and Len is the model's", check: modelOfAState[S], applies: applies},
		{name: "model of join", promise: "model(a ⊔ b) has the greater rank of each part", check: modelOfJoin[S], applies: applies},
		{name: "model of minus", promise: "model(a.Minus(b)) and of what a adds to b has the parts in which a is greater", check: modelOfMinus[S], applies: applies},
	}
}

func modelOfAState[S crdt.Lattice[S]](t *trial[S]) {
	a, b := t.draw("a"), t.draw("b")
	x, y := t.spec.Model(a), t.spec.Model(b)
	if equal := t.spec.Equal(a, b); equal != maps.Equal(x, y) {
		t.failf("that a = b is %v, but the models are %v and %v", equal, x, y)
	}
	if a.Len() != len(x) {
		t.failf("length of a is %d, but its model is %v", a.Len(), x)
	}
}

func modelOfJoin[S crdt.Lattice[S]](t *trial[S]) {
	a, b := t.draw("a"), t.draw("b")
	want := maps.Clone(t.spec.Model(a))
	if want == nil {
		want = Model{}
	}
	for part, rank := range t.spec.Model(b) {
		want[part] = max(want[part], rank)
	}
	if got := t.spec.Model(join(a, b)); !maps.Equal(got, want) {
		t.failf("model of a ⊔ b is %v, want %v", got, want)
	}
}

func modelOfMinus[S crdt.Lattice[S]](t *trial[S]) {
	a, b := t.draw("a"), t.draw("b")
	want := maps.Clone(t.spec.Model(a))
	for part, rank := range t.spec.Model(b) {
		if want[part] <= rank {
			delete(want, part)
		}
	}
	if got := t.spec.Model(a.Minus(b)); !maps.Equal(got, want) {
		t.failf("model of a.Minus(b) is %v, want %v", got, want)
	}
	if got := t.spec.Model(b.Clone().Join(a)); !maps.Equal(got, want) {
		t.failf("model of what a adds to b is %v, want %v", got, want)
	}
}
