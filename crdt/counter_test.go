package crdt_test

import (
	"errors"
	"math"
	"math/big"
	"slices"
	"strings"
	"testing"

	"gset/crdt"
	"gset/crdt/crdttest"
)

func TestGCounterKeepsTheLaws(t *testing.T) {
	crdttest.Run(t, crdttest.Spec[*crdt.GCounter]{
		Gen:   crdt.GenGCounter,
		Equal: (*crdt.GCounter).Equal,
		Model: func(c *crdt.GCounter) crdttest.Model {
			m := crdttest.Model{}
			for origin, n := range c.All() {
				m[origin.String()] = n
			}
			return m
		},
	})
}

func TestPNCounterKeepsTheLaws(t *testing.T) {
	crdttest.Run(t, crdttest.Spec[*crdt.PNCounter]{
		Gen:   crdt.GenPNCounter,
		Equal: (*crdt.PNCounter).Equal,
		Model: func(c *crdt.PNCounter) crdttest.Model {
			m := crdttest.Model{}
			for origin, b := range c.All() {
				if b.Up > 0 {
					m["+"+origin.String()] = b.Up
				}
				if b.Down > 0 {
					m["-"+origin.String()] = b.Down
				}
			}
			return m
		},
	})
}

var n1 = crdt.Origin{Node: "n1", Incarnation: 7}

// plus joins an increment into a counter and returns it.
func plus(t *testing.T, c *crdt.GCounter, origin crdt.Origin, n uint64) *crdt.GCounter {
	t.Helper()
	delta, err := c.Increment(origin, n)
	if err != nil {
		t.Fatal(err)
	}
	c.Join(delta)
	return c
}

// plusMinus joins an add into a counter and returns it.
func plusMinus(t *testing.T, c *crdt.PNCounter, origin crdt.Origin, d int64) *crdt.PNCounter {
	t.Helper()
	delta, err := c.Add(origin, d)
	if err != nil {
		t.Fatal(err)
	}
	c.Join(delta)
	return c
}

func TestZeroCountersAreReady(t *testing.T) {
	var g crdt.GCounter
	if g.Value().Sign() != 0 || g.Len() != 0 || g.Digest() != (crdt.Digest{}) {
		t.Errorf("zero value is %v", &g)
	}
	if plus(t, &g, n1, 5); !g.Equal(plus(t, crdt.NewGCounter(crdt.Key{}), n1, 5)) || g.Value().Uint64() != 5 {
		t.Errorf("after an increment by 5: %v", &g)
	}
	var pn crdt.PNCounter
	if pn.Value().Sign() != 0 || pn.Len() != 0 || pn.Digest() != (crdt.Digest{}) {
		t.Errorf("zero value is %v", &pn)
	}
	if plusMinus(t, &pn, n1, -5); !pn.Equal(plusMinus(t, crdt.NewPNCounter(crdt.Key{}), n1, -5)) || pn.Value().Int64() != -5 {
		t.Errorf("after adding -5: %v", &pn)
	}
}

func TestCounterStrings(t *testing.T) {
	g := crdt.NewGCounter(crdt.Key{})
	if got := g.String(); got != "{}" {
		t.Errorf("got %s", got)
	}
	plus(t, plus(t, g, crdt.Origin{Node: "n2", Incarnation: 1}, 3), n1, 12)
	if got, want := g.String(), "{n1/7: 12, n2/1: 3}"; got != want {
		t.Errorf("got %s, want %s", got, want)
	}
	pn := plusMinus(t, plusMinus(t, crdt.NewPNCounter(crdt.Key{}), n1, 3), n1, -5)
	if got, want := pn.String(), "{n1/7: +3 -5}"; got != want {
		t.Errorf("got %s, want %s", got, want)
	}
	for node, want := range map[string]string{
		"n1": "n1/7", "a/b": `"a/b"/7`, "a b": `"a b"/7`, "\n": `"\n"/7`, `"n1"`: `"\"n1\""/7`, "ö": "ö/7", "\xff": `"\xff"/7`, "a:": `"a:"/7`,
	} {
		if got := (crdt.Origin{Node: node, Incarnation: 7}).String(); got != want {
			t.Errorf("got %s, want %s", got, want)
		}
	}
}

// An entry that wrapped would be the smaller one, and every replica would go on
// with what it had: the adds would be lost, not just miscounted.
func TestOverflowIsAnErrorAndNeverAWrap(t *testing.T) {
	g := plus(t, crdt.NewGCounter(crdt.Key{}), n1, math.MaxUint64-1)
	for _, n := range []uint64{2, 3, math.MaxUint64} {
		if delta, err := g.Increment(n1, n); !errors.Is(err, crdt.ErrOverflow) || delta != nil {
			t.Errorf("adding %d to %v: %v, %v", n, g, delta, err)
		}
	}
	plus(t, g, n1, 1)
	plus(t, g, n1, 0)
	if _, err := g.Increment(n1, 1); err == nil || !strings.Contains(err.Error(), "adding 1 to the 18446744073709551615 of n1/7") {
		t.Errorf("adding 1 to %v: %v", g, err)
	}
	// Another origin has room, and the sum has no limit.
	plus(t, plus(t, g, crdt.Origin{Node: "n2"}, math.MaxUint64), crdt.Origin{Node: "n3"}, math.MaxUint64)
	want := new(big.Int).Mul(big.NewInt(3), new(big.Int).SetUint64(math.MaxUint64))
	if g.Value().Cmp(want) != 0 {
		t.Errorf("value is %v, want %v", g.Value(), want)
	}
	if got, want := g.Digest().Count, uint64(math.MaxUint64-2); got != want {
		t.Errorf("the digest counts %d, want %d", got, want)
	}
}

func TestPNCounterTakesAnyInt64(t *testing.T) {
	c := crdt.NewPNCounter(crdt.Key{})
	want := new(big.Int)
	for _, d := range []int64{math.MinInt64, math.MaxInt64, -1, 1, 0, math.MaxInt64} {
		plusMinus(t, c, n1, d)
		if want.Add(want, big.NewInt(d)); c.Value().Cmp(want) != 0 {
			t.Errorf("after %d: %v, want %v", d, c.Value(), want)
		}
	}
	if delta, err := c.Add(n1, math.MinInt64); !errors.Is(err, crdt.ErrOverflow) || delta != nil {
		t.Errorf("2^63 taken away once more from %v: %v, %v", c, delta, err)
	}
	plusMinus(t, c, n1, math.MinInt64+2) // 2^64-1 in all
	if _, err := c.Add(n1, -1); !errors.Is(err, crdt.ErrOverflow) {
		t.Errorf("1 taken away once more from %v: %v", c, err)
	}
	if _, err := c.Add(n1, 1); !errors.Is(err, crdt.ErrOverflow) {
		t.Errorf("1 added once more to %v: %v", c, err)
	}
	plusMinus(t, c, crdt.Origin{Node: "n2"}, math.MinInt64)
}

func TestAnOriginOutOfBoundsIsRefused(t *testing.T) {
	longest := crdt.Origin{Node: strings.Repeat("x", crdt.MaxNode)}
	for _, o := range []crdt.Origin{{}, {Incarnation: 7}, {Node: longest.Node + "x"}} {
		if delta, err := crdt.NewGCounter(crdt.Key{}).Increment(o, 1); err == nil || delta != nil {
			t.Errorf("incremented %v", delta)
		}
		if delta, err := crdt.NewPNCounter(crdt.Key{}).Add(o, 0); err == nil || delta != nil {
			t.Errorf("added %v", delta)
		}
	}
	if err := longest.Check(); err != nil {
		t.Error(err)
	}
}

// A node that comes back without its state counts on beside its earlier life. Under
// the old incarnation its adds would hide behind the entry the others still have.
func TestARestartedNodeLosesNoAdds(t *testing.T) {
	peer := plus(t, crdt.NewGCounter(crdt.Key{}), n1, 5)
	for incarnation, want := range map[uint64]uint64{8: 5 + 3, 7: 5} {
		reborn := plus(t, crdt.NewGCounter(crdt.Key{}), crdt.Origin{Node: "n1", Incarnation: incarnation}, 3)
		reborn.Join(peer)
		if got := reborn.Value().Uint64(); got != want {
			t.Errorf("3 in incarnation %d after 5 in 7: value is %d, want %d", incarnation, got, want)
		}
	}
}

// A novel part has full values, so that it can be passed on to anyone.
func TestNovelPartsHaveFullValues(t *testing.T) {
	c := plusMinus(t, plusMinus(t, crdt.NewPNCounter(crdt.Key{}), n1, 3), n1, -5)
	later := plusMinus(t, c.Clone(), n1, 4)
	if got, want := later.Minus(c).String(), "{n1/7: +7 -0}"; got != want {
		t.Errorf("Minus returns %s, want %s", got, want)
	}
	if got, want := c.Join(later).String(), "{n1/7: +7 -0}"; got != want {
		t.Errorf("Join returns %s, want %s", got, want)
	}
	if !c.Equal(later) {
		t.Errorf("joined to %v, want %v", c, later)
	}
}

// What a replica subtracts for news that is still pending is the digest's growth,
// which must not depend on where the entry stood: the digest is linear in the count.
func TestDigestsAreLinearInTheCount(t *testing.T) {
	key := crdt.Key{1, 2}
	at := func(n uint64) crdt.Digest { return plus(t, crdt.NewGCounter(key), n1, n).Digest() }
	if got, want := at(1000).Sub(at(993)), at(7); got != want {
		t.Errorf("7 at 993 weigh %v, want %v", got, want)
	}
	if got, want := at(math.MaxUint64), at(math.MaxUint64-9).Add(at(9)); got != want {
		t.Errorf("at the limit: %v, want %v", got, want)
	}
	up := plusMinus(t, crdt.NewPNCounter(key), n1, 7).Digest()
	down := plusMinus(t, crdt.NewPNCounter(key), n1, -7).Digest()
	both := plusMinus(t, plusMinus(t, crdt.NewPNCounter(key), n1, -7), n1, 7).Digest()
	if up == down || both != up.Add(down) || both.Count != 14 {
		t.Errorf("7 up weighs %v, 7 down %v, both %v", up, down, both)
	}
}

// The two origins were searched for: their cells have the same id under this
// key. They are one cell with two entries, which costs some bytes and nothing else.
func TestEntriesWhoseCellIDsCollideAreOneCell(t *testing.T) {
	a := crdt.Origin{Node: "n", Incarnation: 0x172c0177500a2e05}
	b := crdt.Origin{Node: "n", Incarnation: 0xdd4bae2b1a56726e}
	x, y := plus(t, crdt.NewGCounter(crdt.GenKey), a, 5), plus(t, crdt.NewGCounter(crdt.GenKey), b, 5)
	both := plus(t, x.Clone(), b, 5)
	ids := func(c *crdt.GCounter) (ids []crdt.CellID) {
		for c := range c.Cells(0) {
			ids = append(ids, c.ID)
		}
		return ids
	}
	if !slices.Equal(ids(x), ids(y)) {
		t.Fatalf("no collision: the cells are %x and %x", ids(x), ids(y))
	}
	if x.Digest() == y.Digest() {
		t.Errorf("the digests collide with the ids: %v", x.Digest())
	}
	plus(t, both, n1, 1)
	var sum crdt.Hash
	for c := range both.Cells(0) {
		sum = sum.Add(c.Hash)
	}
	if got := ids(both); len(got) != 2 || sum != both.Digest().Hash || !slices.IsSorted(got) {
		t.Errorf("%v has the cells %x", both, got)
	}
	for _, first := range []*crdt.GCounter{x, y, crdt.NewGCounter(crdt.GenKey)} {
		c := first.Clone()
		c.Sketch(4) // from here on it is kept up, by the origin
		plus(t, c, n1, 1)
		c.Join(both)
		crdt.RequireSketch(t, c, 4)
		crdt.RequireSketch(t, plus(t, plus(t, c, b, 1), a, 1), 4)
	}
	if part := both.Extract(ids(x)); part.Len() != 2 || !both.Extract(ids(both)).Equal(both) {
		t.Errorf("the cell in which %v and %v collide is %v", a, b, part)
	}
	if x.Join(y.Extract(ids(y))); !x.Equal(both.Extract(ids(x))) {
		t.Errorf("mending gives %v", x)
	}
	// One of the entries is in no part with the other if there is room for one only.
	whole, parts := both.New(), 0
	for part, err := range crdt.Split(both, 0, 16) {
		if err != nil {
			t.Fatal(err)
		}
		whole.Join(part)
		parts++
	}
	if parts != 3 || !whole.Equal(both) {
		t.Errorf("%d parts join to %v, want 3 parts of %v", parts, whole, both)
	}
}

// A digest must be of the counter's own key, even if what was joined came with
// another.
func TestCountersHashUnderTheReceiversKey(t *testing.T) {
	key, other := crdt.Key{1, 2}, crdt.Key{3, 4}
	want := plus(t, crdt.NewGCounter(key), n1, 5)
	s := plus(t, crdt.NewGCounter(key), n1, 2)
	novel := s.Join(plus(t, crdt.NewGCounter(other), n1, 5))
	if s.Digest() != want.Digest() || novel.Digest() != want.Digest() {
		t.Errorf("digests after Join are %v and %v, want %v", s.Digest(), novel.Digest(), want.Digest())
	}
	if got := want.Minus(plus(t, crdt.NewGCounter(other), n1, 4)); got.Digest() != want.Digest() {
		t.Errorf("digest of Minus is %v, want %v", got.Digest(), want.Digest())
	}
	if plus(t, crdt.NewGCounter(other), n1, 5).Digest() == want.Digest() {
		t.Errorf("two keys give the same digest")
	}
}

func TestJoiningWhatIsKnownDoesNotAllocateForEachEntry(t *testing.T) {
	c := crdt.NewPNCounter(crdt.Key{1, 2})
	for i := range uint64(100) {
		plusMinus(t, c, crdt.Origin{Node: "n", Incarnation: i}, 1)
	}
	known := c.Clone()
	if got := testing.AllocsPerRun(100, func() { c.Join(known) }); got > 1 {
		t.Errorf("Join of known entries allocates %v times", got)
	}
	if got := testing.AllocsPerRun(100, func() { c.Minus(known) }); got > 1 {
		t.Errorf("Minus of equal counters allocates %v times", got)
	}
}

// An entry of a PNCounter has two irreducible parts, and can be divided between them.
func TestDivideEndsWithIrreducibleParts(t *testing.T) {
	c := crdt.NewPNCounter(crdt.Key{1, 2})
	for i := range uint64(5) {
		plusMinus(t, c, crdt.Origin{Node: "n", Incarnation: i}, 1)
		plusMinus(t, c, crdt.Origin{Node: "n", Incarnation: i}, -2)
	}
	var divide func(c *crdt.PNCounter) (parts int)
	divide = func(c *crdt.PNCounter) int {
		if c.Len() == 1 {
			return 1
		}
		first, rest := c.Divide()
		whole := first.Clone()
		whole.Join(rest)
		if first.Len() == 0 || rest.Len() == 0 || first.Len()+rest.Len() != c.Len() || !whole.Equal(c) {
			t.Fatalf("%v divides into %v and %v", c, first, rest)
		}
		return divide(first) + divide(rest)
	}
	if got := divide(c); got != 10 {
		t.Errorf("%v has %d irreducible parts, want 10", c, got)
	}
}

// A delta of one entry, as an increment makes it and a join returns it, is one allocation.
func TestADeltaOfACounterIsOneAllocation(t *testing.T) {
	c := crdt.NewGCounter(crdt.Key{1, 2})
	for i := range uint64(1000) {
		plus(t, c, crdt.Origin{Node: "n", Incarnation: i}, 1)
	}
	origin := crdt.Origin{Node: "n", Incarnation: 500}
	var delta, novel *crdt.GCounter
	if got := testing.AllocsPerRun(100, func() {
		delta, _ = c.Increment(origin, 1)
		novel = c.Join(delta)
	}); got > 2 {
		t.Errorf("Increment and Join allocate %v times", got)
	}
	if got := testing.AllocsPerRun(100, func() { novel = delta.Clone() }); got > 1 {
		t.Errorf("Clone allocates %v times", got)
	}
	if novel.Len() != 1 {
		t.Errorf("the novel part is %v", novel)
	}
}
