package crdt

import (
	"encoding/json"
	"maps"
	"slices"
	"testing"

	"pgregory.net/rapid"
)

// keyTwin is the set as anyone would write it first. Whatever is done to a KeySet is
// done to its twin, and they must never be seen to differ.
type keyTwin map[string]struct{}

func keyTwinOf(elements []string) keyTwin {
	m := keyTwin{}
	for _, e := range elements {
		m[e] = struct{}{}
	}
	return m
}

func (m keyTwin) minus(other keyTwin) keyTwin {
	rest := maps.Clone(m)
	maps.DeleteFunc(rest, func(e string, _ struct{}) bool { _, found := other[e]; return found })
	return rest
}

// requireKeyTwins compares everything a set shows of itself with its twin, and its digest and
// sketch with those of a set made from the twin's elements in another order.
func requireKeyTwins(t *rapid.T, s *KeySet, m keyTwin) {
	want := slices.Sorted(maps.Keys(m))
	if got := stringsOf(s); !slices.Equal(got, want) || s.Len() != len(m) {
		t.Fatalf("%d elements are %q, want %q", s.Len(), got, want)
	}
	fresh := KeySetOf(s.narrow, want...)
	if s.Digest() != fresh.Digest() || !s.Equal(fresh) {
		t.Fatalf("digest is %v, want %v, of %v", s.Digest(), fresh.Digest(), fresh)
	}
	if got, want := slices.Collect(s.Cells(0)), slices.Collect(fresh.Cells(0)); !slices.Equal(got, want) {
		t.Fatalf("cells are %v, want %v", got, want)
	}
	if s.sketch != nil {
		RequireSketch(t, s, s.sketch.Len())
	}
}

// keyTwins is a set and its twin. Its methods are what is done to both, or seen of them.
type keyTwins struct {
	narrow uint8
	s      *KeySet
	m      keyTwin
}

func TestKeySetBehavesLikeAMap(t *testing.T) {
	for name, narrow := range map[string]uint8{"64 bits": 0, "no bits": 64} {
		t.Run("ids of "+name, func(t *testing.T) {
			rapid.Check(t, func(t *rapid.T) {
				t.Repeat(rapid.StateMachineActions(&keyTwins{narrow, KeySetOf(narrow), keyTwin{}}))
			})
		})
	}
}

func (k *keyTwins) Check(t *rapid.T) { requireKeyTwins(t, k.s, k.m) }

func (k *keyTwins) Insert(t *rapid.T) {
	for _, e := range GenStrings(t) {
		_, known := k.m[e]
		if k.s.Contains([]byte(e)) != known {
			t.Fatalf("that %q is in the set is %v", e, !known)
		}
		if added, err := k.s.Insert([]byte(e)); added == known || err != nil {
			t.Fatalf("inserting %q, of which it is %v that it is new: %v, %v", e, !known, added, err)
		}
		k.m[e] = struct{}{}
	}
}

func (k *keyTwins) Join(t *rapid.T) {
	elements := GenStrings(t)
	delta := keyTwinOf(elements)
	novel := k.s.Join(KeySetOf(k.narrow, elements...))
	requireKeyTwins(t, novel, delta.minus(k.m))
	maps.Copy(k.m, delta)
}

func (k *keyTwins) Minus(t *rapid.T) {
	elements := GenStrings(t)
	requireKeyTwins(t, k.s.Minus(KeySetOf(k.narrow, elements...)), k.m.minus(keyTwinOf(elements)))
}

func (k *keyTwins) Extract(t *rapid.T) {
	asked, part := map[CellID]bool{1 << 60: true}, keyTwin{}
	for e := range k.m {
		id, _ := k.s.locate([]byte(e))
		asked[CellID(id)] = asked[CellID(id)] || e == "" || e[0]%2 == 0
	}
	maps.DeleteFunc(asked, func(_ CellID, is bool) bool { return !is })
	for e := range k.m {
		if id, _ := k.s.locate([]byte(e)); asked[CellID(id)] {
			part[e] = struct{}{}
		}
	}
	requireKeyTwins(t, k.s.Extract(slices.Collect(maps.Keys(asked))), part)
}

// Cut goes on with a part, which is all of the set, and whose digest nobody has asked for yet.
func (k *keyTwins) Cut(t *rapid.T) {
	whole := k.s
	part, _, err := whole.Cut(0, 1<<20)
	if err != nil {
		t.Fatal(err)
	}
	if k.s = part; rapid.Bool().Draw(t, "of a copy") {
		k.s = part.Clone()
	}
	k.Insert(t)
	k.Join(t)
	if whole.Join(k.s); whole.Digest() != k.s.Digest() {
		t.Fatalf("the digest of a part that grew is %v, want %v", k.s.Digest(), whole.Digest())
	}
}

func (k *keyTwins) Divide(t *rapid.T) {
	first, rest := k.s.Divide()
	if n := first.Len() - rest.Len(); n != k.s.Len()%2 || first.Minus(rest).Len() != first.Len() {
		t.Fatalf("%v is divided into %v and %v", k.s, first, rest)
	}
	first.Join(rest)
	requireKeyTwins(t, first, k.m)
}

func (k *keyTwins) JSON(t *rapid.T) {
	elements := GenStrings(t)
	b, err := json.Marshal(KeySetOf(k.narrow, elements...))
	if err != nil {
		t.Fatal(err)
	}
	if err := json.Unmarshal(b, k.s); err != nil {
		t.Fatal(err)
	}
	k.m = keyTwinOf(elements) // instead of all that was there
}

func (k *keyTwins) Codec(t *rapid.T) {
	b, err := k.s.AppendBinary(nil)
	if err != nil {
		t.Fatal(err)
	}
	if k.s, err = k.s.Decode(b); err != nil {
		t.Fatal(err)
	}
}

func (k *keyTwins) Clone(t *rapid.T) {
	old := k.s
	k.s = k.s.Clone()
	old.insert([]byte("left behind"))
}

func (k *keyTwins) Sketch(t *rapid.T) { k.s.Sketch(rapid.IntRange(0, 70).Draw(t, "n")) }

// The second element of a cell replaces the cell's item in a sketch; a second item would
// not cancel out against a peer that has both, and would leave the cell out of sight of one
// that has none.
func TestTwoElementsOfOneCellAreOneItemOfTheSketch(t *testing.T) {
	const noBits = 64
	inserted, joined := KeySetOf(noBits, "a"), KeySetOf(noBits, "a")
	inserted.Sketch(8)
	joined.Sketch(8)
	inserted.insert([]byte("b"))
	joined.Join(KeySetOf(noBits, "a", "b", "c"))
	for want, s := range map[string]*KeySet{"a b": inserted, "a b c": joined} {
		if n := s.Sketch(8).Items(); n != 1 {
			t.Errorf("the sketch of {%s}, which is one cell, has %d items", want, n)
		}
		RequireSketch(t, s, 8)
	}
	if cells := slices.Collect(joined.Cells(0)); len(cells) != 1 || cells[0].Hash != joined.Digest().Hash {
		t.Errorf("the cells are %v, and the digest is %v", cells, joined.Digest())
	}
}
