package crdttest

import (
	"bytes"
	"slices"

	"pgregory.net/rapid"

	"gset/crdt"
)

// codecLaws make the binary form lossless, canonical and safe to read.
func codecLaws[S crdt.Lattice[S]]() []law[S] {
	return []law[S]{
		{name: "codec round trip", promise: "Decode(AppendBinary(s)) = s", check: codecRoundTrip[S]},
		{name: "codec is canonical", promise: "equal states have equal encodings, unequal ones unequal", check: codecIsCanonical[S]},
		{name: "codec refuses the rest", promise: "what Decode accepts is what AppendBinary writes", check: codecRefusesTheRest[S]},
		{name: "codec bounds a cell", promise: "a state of one cell, or none, takes at most MaxCell bytes, or can be divided until it does", check: codecBoundsACell[S]},
		{name: "codec refuses a large part", promise: "Decode takes an irreducible part of MaxCell bytes, and refuses a larger one", check: codecRefusesALargePart[S],
			applies: func(s Spec[S]) bool { return s.Large != nil }},
	}
}

func codecRoundTrip[S crdt.Lattice[S]](t *trial[S]) {
	s, factory := t.draw("s"), t.draw("factory")
	factoryBefore := factory.Clone()
	prefix := rapid.SliceOfN(rapid.Byte(), 0, 8).Draw(t.T, "prefix")
	b, err := s.AppendBinary(slices.Clip(slices.Clone(prefix)))
	if err != nil {
		t.failf("encoding s: %v", err)
	}
	if !bytes.HasPrefix(b, prefix) {
		t.failf("AppendBinary to %x gives %x", prefix, b)
	}
	got, err := factory.Decode(b[len(prefix):])
	if err != nil {
		t.failf("decoding %x: %v", b[len(prefix):], err)
	}
	t.equal(got, s, "decoded state")
	t.equalDigest(got.Digest(), s.Digest(), "digest of the decoded state")
	if got.Len() != s.Len() {
		t.failf("length of the decoded state is %d, want %d", got.Len(), s.Len())
	}
	t.equal(factory, factoryBefore, "receiver of Decode")
}

func codecIsCanonical[S crdt.Lattice[S]](t *trial[S]) {
	a, b := t.draw("a"), t.draw("b")
	x, y := t.encode(a), t.encode(b)
	if equal := t.spec.Equal(a, b); equal != bytes.Equal(x, y) {
		t.failf("that a = b is %v, but their encodings are %x and %x", equal, x, y)
	}
	x, y = t.encode(join(a, b)), t.encode(join(b, a))
	if !bytes.Equal(x, y) {
		t.failf("a ⊔ b is encoded as %x, b ⊔ a as %x", x, y)
	}
}

func codecRefusesTheRest[S crdt.Lattice[S]](t *trial[S]) {
	s := t.draw("s")
	valid := t.encode(s)
	check := func(data []byte, what string) {
		given := slices.Clone(data)
		got, err := s.Decode(data)
		if !bytes.Equal(data, given) {
			t.failf("Decode changed its argument from %x to %x", given, data)
		}
		if err != nil {
			return
		}
		if again := t.encode(got); !bytes.Equal(again, data) {
			t.failf("%s: Decode accepts %x, which is encoded as %x", what, data, again)
		}
		t.boundedCells(got)
	}
	at := func(what string, n int) int { return rapid.IntRange(0, n).Draw(t.T, what) }

	check(valid[:at("cut off after", len(valid))], "cut off")
	check(append(slices.Clone(valid), rapid.SliceOfN(rapid.Byte(), 1, 4).Draw(t.T, "appended")...), "appended to")
	check(rapid.SliceOfN(rapid.Byte(), 0, 64).Draw(t.T, "noise"), "noise")
	if len(valid) == 0 {
		return
	}
	flipped := slices.Clone(valid)
	flipped[at("byte flipped", len(valid)-1)] ^= 1 << at("bit flipped", 7)
	check(flipped, "one bit flipped")
	noise := rapid.SliceOfN(rapid.Byte(), 0, 32).Draw(t.T, "noise after the tag")
	check(append(valid[:1:1], noise...), "noise after the tag")
	i := at("inserted at", len(valid))
	inserted := slices.Insert(slices.Clone(valid), i, rapid.Byte().Draw(t.T, "inserted byte"))
	check(inserted, "one byte inserted")
	i = at("removed at", len(valid)-1)
	check(slices.Delete(slices.Clone(valid), i, i+1), "one byte removed")
}

func codecBoundsACell[S crdt.Lattice[S]](t *trial[S]) {
	s := t.draw("s")
	if size := len(t.encode(s.New())); size > crdt.MaxCell {
		t.failf("the empty state takes %d bytes, over the limit of %d", size, crdt.MaxCell)
	}
	t.boundedCells(s)
}

// boundedCells ends the trial unless all cells of a state keep within crdt.MaxCell.
func (t *trial[S]) boundedCells(s S) {
	t.Helper()
	for c := range s.Cells(0) {
		cell := s.Extract([]crdt.CellID{c.ID})
		if _, all := t.fitting(cell, crdt.MaxCell); !all {
			t.failf("cell %d takes %d bytes, over the limit of %d", c.ID, len(t.encode(cell)), crdt.MaxCell)
		}
	}
}

func codecRefusesALargePart[S crdt.Lattice[S]](t *trial[S]) {
	s := t.draw("s")
	largest := t.spec.Large(crdt.MaxCell)
	if len(largest) != crdt.MaxCell {
		t.failf("Spec.Large returns %d bytes, want %d", len(largest), crdt.MaxCell)
	}
	got, err := s.Decode(largest)
	if err != nil {
		t.failf("decoding a part of %d bytes: %v", len(largest), err)
	}
	if again := t.encode(got); !bytes.Equal(again, largest) {
		t.failf("a part of %d bytes decodes to one of %d", len(largest), len(again))
	}
	above := rapid.OneOf(rapid.IntRange(1, 9), rapid.IntRange(1, 1<<20)).Draw(t.T, "bytes above MaxCell")
	if _, err := s.Decode(t.spec.Large(crdt.MaxCell + above)); err == nil {
		t.failf("Decode accepts a part of %d bytes, over the limit of %d", crdt.MaxCell+above, crdt.MaxCell)
	}
}
