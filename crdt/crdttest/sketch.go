package crdttest

import (
	"bytes"

	"pgregory.net/rapid"

	"gset/crdt"
	"gset/crdt/riblt"
)

// sketchLaws make the sketch that a crdt.Sketcher keeps that of its cells.
func sketchLaws[S crdt.Lattice[S]]() []law[S] {
	keepsOne := func(Spec[S]) bool {
		var none S
		_, ok := any(none).(crdt.Sketcher)
		return ok
	}
	return []law[S]{
		{name: "sketch", promise: "Sketch(n) is SketchOfCells(Cells(0), n), at first and after every change, and changes nothing", check: sketching[S], applies: keepsOne},
		{name: "sketches own their memory", promise: "a sketch and the state it was taken of change independently", check: sketchesOwnTheirMemory[S], applies: keepsOne},
	}
}

func sketching[S crdt.Lattice[S]](t *trial[S]) {
	s := t.draw("s")
	t.sketches(s, "s")
	for _, name := range []string{"a change", "another change"} {
		s.Join(t.draw(name))
		t.sketches(s, "s after "+name)
	}
	c := s.Clone()
	c.Join(t.draw("a change of a copy"))
	t.sketches(c, "the copy")
	t.sketches(s, "s after a copy was changed")
}

func sketchesOwnTheirMemory[S crdt.Lattice[S]](t *trial[S]) {
	s := t.draw("s")
	kept := crdt.SketchOf(s, 1)
	before := t.formOf(kept)
	s.Join(t.draw("a change"))
	if after := t.formOf(kept); !bytes.Equal(after, before) {
		t.failf("with a change of s a sketch of it changed from %x to %x", before, after)
	}
	crdt.SketchOf(s, 1).Add(riblt.Item{ID: 1, Tag: 1})
	t.sketches(s, "s, after an item was added to another sketch of it")
}

// sketches ends the trial unless a sketch of some length is that of the cells, and the
// state is as before.
func (t *trial[S]) sketches(s S, what string) {
	t.Helper()
	before := s.Clone()
	n := rapid.IntRange(0, 40).Draw(t.T, "coded symbols")
	got, want := crdt.SketchOf(s, n), crdt.SketchOfCells(s.Cells(0), n)
	if x, y := t.formOf(got), t.formOf(want); !bytes.Equal(x, y) {
		t.failf("Sketch(%d) of %s, which is %s:\n got %x\nwant %x", n, what, t.spec.Format(s), x, y)
	}
	t.equal(s, before, "state after Sketch")
	t.equalDigest(s.Digest(), before.Digest(), "digest after Sketch")
}

// formOf returns a sketch's binary form.
func (t *trial[S]) formOf(s *riblt.Sketch) []byte {
	t.Helper()
	b, err := s.AppendBinary(nil)
	if err != nil {
		t.failf("cannot encode a sketch: %v", err)
	}
	return b
}
