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
	if s.hash.known() && s.hash.value != s.hashAll() {
		t.Fatalf("the hash is %v, want %v", s.hash.value, s.hashAll())
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
	if rapid.Bool().Draw(t, "not digested") {
		return // a hash that was never asked for takes other ways
	}
	if fresh := NewGSet(GenKey, want...); s.Digest() != fresh.Digest() || !s.Equal(fresh) {
		t.Fatalf("digest is %v, want %v, of %v", s.Digest(), fresh.Digest(), fresh)
	}
}

func TestGSetBehavesLikeAMap(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		t.Repeat(rapid.StateMachineActions(&gsetTwins{s: NewGSet(GenKey), m: twin{}}))
	})
}

// gsetTwins is a set and its twin. Every method but Check does something to both.
type gsetTwins struct {
	s    *GSet
	m    twin
	seen []int64 // elements to look up again: in the set, or near
}

func (g *gsetTwins) Check(t *rapid.T) { requireTwins(t, g.s, g.m) }

func (g *gsetTwins) drawOne(t *rapid.T) int64 {
	if len(g.seen) > 0 && rapid.Bool().Draw(t, "near one seen") {
		return rapid.SampledFrom(g.seen).Draw(t, "seen") + rapid.Int64Range(-2, 2).Draw(t, "off by")
	}
	return rapid.Int64().Draw(t, "x")
}

func (g *gsetTwins) drawSet(t *rapid.T) (*GSet, twin) {
	elements := GenElements(t)
	if len(elements) > 0 {
		g.seen = append(g.seen, elements[0], elements[len(elements)/2], elements[len(elements)-1])
	}
	return NewGSet(GenKey, elements...), twinOf(elements)
}

func (g *gsetTwins) Insert(t *rapid.T) {
	x := g.drawOne(t)
	_, known := g.m[x]
	g.m[x] = struct{}{}
	g.seen = append(g.seen, x)
	if isNew := g.s.Insert(x); isNew == known {
		t.Fatalf("Insert(%d) says %v", x, isNew)
	}
}

func (g *gsetTwins) Contains(t *rapid.T) {
	x := g.drawOne(t)
	if _, want := g.m[x]; g.s.Contains(x) != want {
		t.Fatalf("Contains(%d) says %v", x, !want)
	}
}

func (g *gsetTwins) Join(t *rapid.T) {
	delta, n := g.drawSet(t)
	requireTwins(t, g.s.Join(delta), g.m.join(n))
	requireTwins(t, delta, n)
}

func (g *gsetTwins) JoinIntoAnother(t *rapid.T) {
	other, n := g.drawSet(t)
	requireTwins(t, other.Join(g.s), n.join(g.m))
	g.s, g.m = other, n
}

func (g *gsetTwins) JoinItself(t *rapid.T) { requireTwins(t, g.s.Join(g.s), twin{}) }

func (g *gsetTwins) Minus(t *rapid.T) {
	other, n := g.drawSet(t)
	requireTwins(t, g.s.Minus(other), g.m.minus(n))
	requireTwins(t, other.Minus(g.s), n.minus(g.m))
	requireTwins(t, g.s.Minus(g.s), twin{})
}

func (g *gsetTwins) Extract(t *rapid.T) {
	var ids []CellID
	for c := range g.s.Cells(0) {
		ids = append(ids, c.ID)
	}
	if len(ids) > 0 {
		ids = ids[rapid.IntRange(0, len(ids)-1).Draw(t, "from cell"):]
		g.s, g.m = g.s.Extract(ids), g.m.extract(ids)
	}
}

func (g *gsetTwins) Cut(t *rapid.T) {
	first, _ := pages.Locate(g.drawOne(t))
	part, last, err := g.s.Cut(CellID(first), rapid.IntRange(300, 2000).Draw(t, "limit in bytes"))
	if err != nil {
		t.Fatalf("a page takes more than 300 bytes: %v", err)
	}
	want := twin{}
	for x := range g.m {
		if id, _ := pages.Locate(x); first <= id && id <= uint64(last) {
			want[x] = struct{}{}
		}
	}
	requireTwins(t, part, want)
}

func (g *gsetTwins) Sketch(t *rapid.T) { RequireSketch(t, g.s, rapid.IntRange(0, 20).Draw(t, "n")) }

func (g *gsetTwins) Clone(t *rapid.T) {
	old := g.s
	g.s = g.s.Clone()
	old.Join(NewGSet(GenKey, GenElements(t)...))
}

func (g *gsetTwins) Binary(t *rapid.T) {
	b, err := g.s.AppendBinary(nil)
	if err != nil {
		t.Fatal(err)
	}
	if g.s, err = g.s.Decode(b); err != nil {
		t.Fatalf("decoding %x: %v", b, err)
	}
}

func (g *gsetTwins) JSON(t *rapid.T) {
	b, err := json.Marshal(g.s)
	if err != nil {
		t.Fatal(err)
	}
	var plain []int64
	if err := json.Unmarshal(b, &plain); err != nil || !slices.Equal(plain, g.m.sorted()) {
		t.Fatalf("JSON is %s, %v", b, err)
	}
	if err := json.Unmarshal(b, g.s); err != nil {
		t.Fatalf("reading %s: %v", b, err)
	}
}
