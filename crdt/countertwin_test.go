package crdt

import (
	"maps"
	"math/big"
	"slices"
	"testing"

	"pgregory.net/rapid"
)

// sum names one sum of a counter: what an origin added, or took away.
type sum struct {
	origin Origin
	down   bool
}

// counterTwin is a counter as anyone would write it first: a map, and math/big.
type counterTwin map[sum]uint64

func (m counterTwin) minus(other counterTwin) counterTwin {
	rest := counterTwin{}
	for name, n := range m {
		if n > other[name] {
			rest[name] = n
		}
	}
	return rest
}

func (m counterTwin) join(delta counterTwin) (novel counterTwin) {
	novel = delta.minus(m)
	maps.Copy(m, novel)
	return novel
}

func (m counterTwin) extract(key Key, ids []CellID) counterTwin {
	part := maps.Clone(m)
	maps.DeleteFunc(part, func(name sum, _ uint64) bool {
		return !slices.Contains(ids, name.origin.cell(key))
	})
	return part
}

func (m counterTwin) value() *big.Int {
	value := new(big.Int)
	for name, n := range m {
		if term := new(big.Int).SetUint64(n); name.down {
			value.Sub(value, term)
		} else {
			value.Add(value, term)
		}
	}
	return value
}

// digest follows the definition in hash.go, with numbers of any size.
func (m counterTwin) digest(key Key) Digest {
	var count uint64
	hash := new(big.Int)
	for name, n := range m {
		count += n
		term := new(big.Int).SetUint64(n)
		point := name.origin.point(key).big()
		if term.Mul(term, point); name.down {
			term.Mul(term, point)
		}
		hash.Add(hash, term)
	}
	return Digest{count, hashOf(hash)}
}

// twinCounter is what the two counters are tested through.
type twinCounter[S any] interface {
	Lattice[S]
	Value() *big.Int
	Equal(S) bool
	String() string
}

// kind is a type of counter: how to make it, change it and look into it.
type kind[S twinCounter[S]] struct {
	bottom  func() S
	update  func(s S, name sum, n uint64) (S, error)
	entries func(S) []sumOf // in order
	check   func(failer, S)
}

type sumOf struct {
	sum
	n uint64
}

var gcounters = kind[*GCounter]{
	bottom: func() *GCounter { return NewGCounter(GenKey) },
	update: func(c *GCounter, name sum, n uint64) (*GCounter, error) { return c.Increment(name.origin, n) },
	entries: func(c *GCounter) (all []sumOf) {
		for origin, n := range c.All() {
			all = append(all, sumOf{sum{origin, false}, n})
		}
		return all
	},
	check: func(t failer, c *GCounter) { c.tally.check(t) },
}

var pncounters = kind[*PNCounter]{
	bottom: func() *PNCounter { return NewPNCounter(GenKey) },
	update: func(c *PNCounter, name sum, n uint64) (*PNCounter, error) {
		d := int64(n)
		if name.down {
			d = -d
		}
		return c.Add(name.origin, d)
	},
	entries: func(c *PNCounter) (all []sumOf) {
		for origin, b := range c.All() {
			if b.Up > 0 {
				all = append(all, sumOf{sum{origin, false}, b.Up})
			}
			if b.Down > 0 {
				all = append(all, sumOf{sum{origin, true}, b.Down})
			}
		}
		return all
	},
	check: func(t failer, c *PNCounter) { c.tally.check(t) },
}

// failer is a test, be it a *testing.T or a *rapid.T.
type failer interface{ Fatalf(string, ...any) }

// check fails the test unless the entries are in order and none is zero.
func (t *tally[C]) check(tb failer) {
	var none C
	for i, e := range t.entries {
		if e.counts == none || e.origin.Check() != nil {
			tb.Fatalf("entry %d of %v is %v", i, e.origin, e.counts)
		}
		if i > 0 && t.entries[i-1].origin.Compare(e.origin) >= 0 {
			tb.Fatalf("entry %d of %v comes after %v", i, e.origin, t.entries[i-1].origin)
		}
	}
}

func TestGCounterBehavesLikeAMap(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		t.Repeat(rapid.StateMachineActions(&counterTwins[*GCounter]{gcounters, NewGCounter(GenKey), counterTwin{}, false}))
	})
}

func TestPNCounterBehavesLikeAMap(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		t.Repeat(rapid.StateMachineActions(&counterTwins[*PNCounter]{pncounters, NewPNCounter(GenKey), counterTwin{}, true}))
	})
}

// requireTwins compares everything a counter shows of itself with its twin.
func (k kind[S]) requireTwins(t failer, s S, m counterTwin) {
	k.check(t, s)
	var want []sumOf
	for name, n := range m {
		want = append(want, sumOf{name, n})
	}
	slices.SortFunc(want, func(a, b sumOf) int {
		order := a.origin.Compare(b.origin)
		if order == 0 && a.down {
			order = 1 // after what was added
		} else if order == 0 {
			order = -1
		}
		return order
	})
	if got := k.entries(s); !slices.Equal(got, want) {
		t.Fatalf("entries are %v, want %v", got, want)
	}
	if s.Len() != len(m) {
		t.Fatalf("length is %d, want %d", s.Len(), len(m))
	}
	if s.Value().Cmp(m.value()) != 0 {
		t.Fatalf("value is %v, want %v", s.Value(), m.value())
	}
	if want := m.digest(GenKey); s.Digest() != want {
		t.Fatalf("digest is %v, want %v", s.Digest(), want)
	}
}

// counterTwins is a counter and its twin. Every method but Check does something to both.
type counterTwins[S twinCounter[S]] struct {
	kind   kind[S]
	s      S
	m      counterTwin
	signed bool
}

func (c *counterTwins[S]) Check(t *rapid.T) { c.kind.requireTwins(t, c.s, c.m) }

func (c *counterTwins[S]) Update(t *rapid.T) { c.grow(t, c.s, c.m) }

// grow joins some updates into a counter and its twin.
func (c *counterTwins[S]) grow(t *rapid.T, s S, m counterTwin) {
	genUpdates(t, func(origin Origin, n uint64, down bool) {
		if c.signed {
			n &= 1<<63 - 1 // an int64; the other one is tested by itself
		}
		name := sum{origin, down && c.signed}
		before := s.String()
		delta, err := c.kind.update(s, name, n)
		if s.String() != before {
			t.Fatalf("making the delta of %d to %v changed %s to %s", n, name, before, s)
		}
		if raised := m[name] + n; raised < n {
			if err == nil {
				t.Fatalf("%d and %d make %v", m[name], n, delta)
			}
			return
		}
		if err != nil {
			t.Fatal(err)
		}
		change := counterTwin{}
		if n > 0 {
			change[name] = m[name] + n
		}
		c.kind.requireTwins(t, delta, change)
		c.kind.requireTwins(t, s.Join(delta), m.join(change))
	})
}

func (c *counterTwins[S]) another(t *rapid.T) (S, counterTwin) {
	other, n := c.kind.bottom(), counterTwin{}
	if rapid.Bool().Draw(t, "made from this one") {
		other, n = c.s.Clone(), maps.Clone(c.m)
	}
	c.grow(t, other, n)
	return other, n
}

func (c *counterTwins[S]) Join(t *rapid.T) {
	delta, n := c.another(t)
	c.kind.requireTwins(t, c.s.Join(delta), c.m.join(n))
	c.kind.requireTwins(t, delta, n)
}

func (c *counterTwins[S]) JoinIntoAnother(t *rapid.T) {
	other, n := c.another(t)
	c.kind.requireTwins(t, other.Join(c.s), n.join(c.m))
	c.s, c.m = other, n
}

func (c *counterTwins[S]) JoinItself(t *rapid.T) {
	c.kind.requireTwins(t, c.s.Join(c.s), counterTwin{})
}

func (c *counterTwins[S]) Minus(t *rapid.T) {
	other, n := c.another(t)
	c.kind.requireTwins(t, c.s.Minus(other), c.m.minus(n))
	c.kind.requireTwins(t, other.Minus(c.s), n.minus(c.m))
	if c.s.Equal(other) != maps.Equal(c.m, n) {
		t.Fatalf("that %v and %v are equal is %v", c.s, other, c.s.Equal(other))
	}
}

func (c *counterTwins[S]) Sketch(t *rapid.T) {
	RequireSketch(t, c.s, rapid.IntRange(0, 20).Draw(t, "coded symbols"))
}

func (c *counterTwins[S]) Extract(t *rapid.T) {
	ids := []CellID{7}
	for cell := range c.s.Cells(0) {
		if rapid.Bool().Draw(t, "with this cell") {
			ids = append(ids, cell.ID)
		}
	}
	c.s, c.m = c.s.Extract(ids), c.m.extract(GenKey, ids)
}

func (c *counterTwins[S]) Clone(t *rapid.T) {
	old := c.s
	c.s = c.s.Clone()
	c.grow(t, old, maps.Clone(c.m))
}

func (c *counterTwins[S]) Binary(t *rapid.T) {
	b, err := c.s.AppendBinary(nil)
	if err != nil {
		t.Fatal(err)
	}
	if c.s, err = c.s.Decode(b); err != nil {
		t.Fatalf("decoding %x: %v", b, err)
	}
}
