package crdt

import (
	"encoding/json"
	"maps"
	"slices"
	"testing"

	"pgregory.net/rapid"

	"gset/crdt/internal/pages"
)

// twin is the set as anyone would write it first. Whatever is done to a GSet is
// done to its twin, and they must never be seen to differ.
type twin map[int64]struct{}

func twinOf(elements []int64) twin {
	m := twin{}
	for _, x := range elements {
		m[x] = struct{}{}
	}
	return m
}

func (m twin) sorted() []int64 {
	return slices.Sorted(maps.Keys(m))
}

func (m twin) join(other twin) (novel twin) {
	novel = other.minus(m)
	maps.Copy(m, other)
	return novel
}

func (m twin) minus(other twin) twin {
	rest := twin{}
	for x := range m {
		if _, found := other[x]; !found {
			rest[x] = struct{}{}
		}
	}
	return rest
}

func (m twin) extract(ids []CellID) twin {
	part := twin{}
	for x := range m {
		if id, _ := pages.Locate(x); slices.Contains(ids, CellID(id)) {
			part[x] = struct{}{}
		}
	}
	return part
}

// requireSound fails the test unless a set's index is in order, and its count that of its
// elements.
func requireSound(t failer, s *GSet) {
	if err := s.pages.Check(); err != nil {
		t.Fatalf("%v", err)
	}
	var count uint64
	for p := range s.pages.All() {
		count += p.Count()
	}
	if s.count != count {
		t.Fatalf("the count is %d, want %d", s.count, count)
	}
	if got := s.hash.get(s.hashAll); got != s.hashAll() {
		t.Fatalf("the hash is %v, want %v", got, s.hashAll())
	}
}

// requireTwins compares everything a set shows of itself with its twin, and
// its digest with that of a set made from the twin's elements in order.
func requireTwins(t *rapid.T, s *GSet, m twin) {
	requireSound(t, s)
	want := m.sorted()
	if got := s.Elements(); !slices.Equal(got, want) {
		t.Fatalf("elements are %v, want %v", s, NewGSet(GenKey, want...))
	}
	if s.Len() != len(m) {
		t.Fatalf("length is %d, want %d", s.Len(), len(m))
	}
	if fresh := NewGSet(GenKey, want...); s.Digest() != fresh.Digest() || !s.Equal(fresh) {
		t.Fatalf("digest is %v, want %v, of %v", s.Digest(), fresh.Digest(), fresh)
	}
}

func TestGSetBehavesLikeAMap(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		s, m := NewGSet(GenKey), twin{}
		var seen []int64 // elements to look up again: in the set, or near
		drawOne := func(t *rapid.T) int64 {
			if len(seen) > 0 && rapid.Bool().Draw(t, "near one seen") {
				return rapid.SampledFrom(seen).Draw(t, "seen") + rapid.Int64Range(-2, 2).Draw(t, "off by")
			}
			return rapid.Int64().Draw(t, "x")
		}
		drawSet := func(t *rapid.T) (*GSet, twin) {
			elements := GenElements(t)
			if len(elements) > 0 {
				seen = append(seen, elements[0], elements[len(elements)/2], elements[len(elements)-1])
			}
			return NewGSet(GenKey, elements...), twinOf(elements)
		}
		t.Repeat(map[string]func(*rapid.T){
			"": func(t *rapid.T) { requireTwins(t, s, m) },
			"insert": func(t *rapid.T) {
				x := drawOne(t)
				_, known := m[x]
				m[x] = struct{}{}
				seen = append(seen, x)
				if isNew := s.Insert(x); isNew == known {
					t.Fatalf("Insert(%d) says %v", x, isNew)
				}
			},
			"contains": func(t *rapid.T) {
				x := drawOne(t)
				if _, want := m[x]; s.Contains(x) != want {
					t.Fatalf("Contains(%d) says %v", x, !want)
				}
			},
			"join": func(t *rapid.T) {
				delta, n := drawSet(t)
				requireTwins(t, s.Join(delta), m.join(n))
				requireTwins(t, delta, n)
			},
			"join into another": func(t *rapid.T) {
				other, n := drawSet(t)
				requireTwins(t, other.Join(s), n.join(m))
				s, m = other, n
			},
			"join itself": func(t *rapid.T) {
				requireTwins(t, s.Join(s), twin{})
			},
			"minus": func(t *rapid.T) {
				other, n := drawSet(t)
				requireTwins(t, s.Minus(other), m.minus(n))
				requireTwins(t, other.Minus(s), n.minus(m))
				requireTwins(t, s.Minus(s), twin{})
			},
			"extract": func(t *rapid.T) {
				var ids []CellID
				for c := range s.Cells(0) {
					ids = append(ids, c.ID)
				}
				if len(ids) == 0 {
					return
				}
				ids = ids[rapid.IntRange(0, len(ids)-1).Draw(t, "from cell"):]
				s, m = s.Extract(ids), m.extract(ids)
			},
			"clone": func(t *rapid.T) {
				old := s
				s = s.Clone()
				old.Join(NewGSet(GenKey, GenElements(t)...))
			},
			"binary": func(t *rapid.T) {
				b, err := s.AppendBinary(nil)
				if err != nil {
					t.Fatal(err)
				}
				if s, err = s.Decode(b); err != nil {
					t.Fatalf("decoding %x: %v", b, err)
				}
			},
			"json": func(t *rapid.T) {
				b, err := json.Marshal(s)
				if err != nil {
					t.Fatal(err)
				}
				var plain []int64
				if err := json.Unmarshal(b, &plain); err != nil || !slices.Equal(plain, m.sorted()) {
					t.Fatalf("JSON is %s, %v", b, err)
				}
				if err := json.Unmarshal(b, s); err != nil {
					t.Fatalf("reading %s: %v", b, err)
				}
			},
		})
	})
}
