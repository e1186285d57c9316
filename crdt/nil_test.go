package crdt

import "testing"

// nilStandsForEmpty checks what a nil state does as an argument, and as the receiver of the
// methods that can return an error.
func nilStandsForEmpty[S interface {
	Lattice[S]
	Equal(S) bool
}](t *testing.T, s S) {
	var none S // nil
	before := s.Clone()
	if novel := s.Join(none); novel.Len() != 0 || !s.Equal(before) || s.Digest() != before.Digest() {
		t.Errorf("%T: joining nil adds %v", s, novel)
	}
	if rest := s.Minus(none); !rest.Equal(s) || rest.Digest() != s.Digest() {
		t.Errorf("%T: %v without nil is %v", s, s, rest)
	}
	if rest := s.Minus(none); rest.Join(s).Len() != 0 || s.Len() != before.Len() {
		t.Errorf("%T: %v without nil is %v", s, s, rest)
	}
	if s.Equal(none) || !s.New().Equal(none) {
		t.Errorf("%T: nil is not equal to the empty state, or is to another", s)
	}
	if b, err := none.AppendBinary([]byte("x")); err == nil || string(b) != "x" {
		t.Errorf("%T: nil is encoded as %x, %v", s, b, err)
	}
	if got, err := none.Decode(nil); err == nil || any(got) != any(none) {
		t.Errorf("%T: a nil receiver decodes %v, %v", s, got, err)
	}
	form, err := s.AppendBinary(nil)
	if err != nil {
		t.Fatal(err)
	}
	if got, err := none.Decode(form); err == nil || any(got) != any(none) {
		t.Errorf("%T: a nil receiver decodes %v, %v", s, got, err)
	}
	if part := s.Extract(nil); part.Len() != 0 {
		t.Errorf("%T: Extract(nil) is %v", s, part)
	}
}

func TestNilStandsForTheEmptyState(t *testing.T) {
	nilStandsForEmpty(t, NewGSet(GenKey, 1, 2, 1000))
	nilStandsForEmpty(t, gcounterOf(map[Origin]uint64{{"a", 1}: 1, {"b", 1}: 2}))
	nilStandsForEmpty(t, pncounterOf(Origin{"a", 1}, 1, -2))
	nilStandsForEmpty(t, KeySetOf(0, "a", "b", ""))
	collections := NewCollections(GenKey)
	collections.insertMember("a", []byte("b"))
	collections.insertMember("c", nil)
	collections.raise(collections.obtain("c"), Origin{"n1", 7}, [2]uint64{1, 2})
	nilStandsForEmpty(t, collections)
	var set *GSet
	if b, err := set.MarshalJSON(); string(b) != "null" || err != nil {
		t.Errorf("nil is written as %s, %v", b, err)
	}
	if err := set.UnmarshalJSON([]byte("[1]")); err == nil {
		t.Error("nil is read into")
	}
	var keys *KeySet
	if b, err := keys.MarshalJSON(); string(b) != "null" || err != nil {
		t.Errorf("nil is written as %s, %v", b, err)
	}
	if err := keys.UnmarshalJSON([]byte("[]")); err == nil {
		t.Error("nil is read into")
	}
}
