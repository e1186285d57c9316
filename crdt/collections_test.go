package crdt_test

import (
	"bytes"
	"encoding/binary"
	"errors"
	"fmt"
	"math/big"
	"slices"
	"strings"
	"testing"

	"gset/crdt"
	"gset/crdt/crdttest"
)

// weakHashes are the widths of hashes that the laws are tried on: as they are, and so short that names,
// or what is in a collection, or both collide now and then or all the time.
var weakHashes = map[string]crdt.Weak{
	"all bits":        {},
	"2 bits of names": {Names: 62},
	"few bits":        {Names: 63, Low: 29},
	"no bits":         {Names: 64, Low: 32},
}

func TestCollectionsKeepTheLaws(t *testing.T) {
	for name, weak := range weakHashes {
		t.Run(name, func(t *testing.T) {
			crdttest.Run(t, crdttest.Spec[*crdt.Collections]{
				Gen:   crdt.GenCollections(weak),
				Equal: (*crdt.Collections).Equal,
				Large: oneMember,
				Model: modelOfCollections,
			})
		})
	}
}

func modelOfCollections(c *crdt.Collections) crdttest.Model {
	m := crdttest.Model{}
	for name, e := range c.All() {
		m[fmt.Sprintf("%q has %q", name, e)] = 1
	}
	for e := range c.Entries() {
		if e.Balance.Up > 0 {
			m[fmt.Sprintf("%q +%v", e.Name, e.Origin)] = e.Balance.Up
		}
		if e.Balance.Down > 0 {
			m[fmt.Sprintf("%q -%v", e.Name, e.Origin)] = e.Balance.Down
		}
	}
	return m
}

// oneMember returns the binary form of a state of one element, of size bytes, or as near as can be.
func oneMember(size int) []byte {
	const tag, nameBytes = 0x51, 200
	b := binary.AppendUvarint([]byte{tag, 0}, nameBytes)
	b = append(append(b, make([]byte, nameBytes)...), 1)
	for width := 1; ; width++ {
		n := size - len(b) - width - 1
		if c := binary.AppendUvarint(b, uint64(n)); len(c) == len(b)+width {
			return append(c, make([]byte, n+1)...) // and the number of entries
		}
	}
}

func insert(t *testing.T, c *crdt.Collections, name string, elements ...string) *crdt.Collections {
	t.Helper()
	for _, e := range elements {
		if _, err := c.Insert(name, []byte(e)); err != nil {
			t.Fatal(err)
		}
	}
	return c
}

func raise(t *testing.T, c *crdt.Collections, name string, origin crdt.Origin, b crdt.Balance) *crdt.Collections {
	t.Helper()
	if err := c.Raise(name, origin, b); err != nil {
		t.Fatal(err)
	}
	return c
}

func TestZeroCollectionsAreReady(t *testing.T) {
	var c crdt.Collections
	if c.Contains("a", nil) || c.Len() != 0 || c.Names() != 0 || c.Digest() != (crdt.Digest{}) || c.Value("a").Sign() != 0 {
		t.Errorf("zero value is %v", &c)
	}
	if some, next := c.ScanNames(0, 10); len(some) != 0 || next != 0 {
		t.Errorf("zero value has the names %v", some)
	}
	insert(t, &c, "a", "b")
	if !c.Contains("a", []byte("b")) || c.Len() != 1 {
		t.Errorf("after Insert: %v", &c)
	}
}

func TestNamesAndElementsHaveBounds(t *testing.T) {
	c := insert(t, crdt.NewCollections(crdt.GenKey), "a", "b")
	before := c.Clone()
	name := strings.Repeat("n", crdt.MaxName)
	longest := bytes.Repeat([]byte{0xff}, crdt.MaxMember-len(name))
	origin := crdt.Origin{Node: "n1", Incarnation: 7}
	for what, err := range map[string]error{
		"a long element":          second(c.Insert(name, append(longest, 'x'))),
		"a long name":             second(c.Insert(name+"n", nil)),
		"a counter's long name":   c.Raise(name+"n", origin, crdt.Balance{Up: 1}),
		"an origin without name":  c.Raise(name, crdt.Origin{}, crdt.Balance{Up: 1}),
		"an increment of no one":  second(c.Increment(name, crdt.Origin{}, 1)),
		"an increment of no name": second(c.Increment(name+"n", origin, 0)),
	} {
		if err == nil || len(err.Error()) > 300 {
			t.Errorf("%s: %v", what, err)
		}
	}
	if c.Contains(name, append(longest, 'x')) || c.Contains(name+"n", nil) || !c.Equal(before) || c.Digest() != before.Digest() {
		t.Errorf("what was refused changed the state to %v", c)
	}
	one := insert(t, c.New(), name, string(longest))
	raise(t, c, name, crdt.Origin{Node: strings.Repeat("o", crdt.MaxNode), Incarnation: 1<<64 - 1}, crdt.Balance{Up: 1<<64 - 1, Down: 1<<64 - 1})
	b, err := one.AppendBinary(nil)
	if err != nil || len(b) != crdt.MaxCell {
		t.Errorf("the longest element takes %d bytes, want %d: %v", len(b), crdt.MaxCell, err)
	}
	if read, err := c.Decode(b); err != nil || !read.Equal(one) {
		t.Errorf("the longest element is not read: %v", err)
	}
}

func second[T any](_ T, err error) error { return err }

func TestASumThatOverflowsIsRefused(t *testing.T) {
	origin := crdt.Origin{Node: "n1", Incarnation: 7}
	c := raise(t, crdt.NewCollections(crdt.GenKey), "a", origin, crdt.Balance{Up: 1<<64 - 2, Down: 3})
	if _, err := c.Increment("a", origin, 2); !errors.Is(err, crdt.ErrOverflow) {
		t.Errorf("the error is %v", err)
	}
	delta, err := c.Increment("a", origin, 1)
	if err != nil {
		t.Fatal(err)
	}
	c.Join(delta)
	if got, want := c.Value("a").String(), "18446744073709551612"; got != want {
		t.Errorf("the value is %s, want %s", got, want)
	}
	if delta, err = c.Decrement("a", origin, 0); err != nil || delta.Len() != 0 {
		t.Errorf("to take away nothing is %v, %v", delta, err)
	}
}

// A replica has an origin's entry in its stable value and in its pending one, with other sums.
func TestTheValueOfACounterInSeveralStatesIsThatOfTheirJoin(t *testing.T) {
	a, b := crdt.Origin{Node: "a"}, crdt.Origin{Node: "b"}
	first := raise(t, crdt.NewCollections(crdt.GenKey), "n", a, crdt.Balance{Up: 5, Down: 2})
	second := raise(t, raise(t, first.New(), "n", a, crdt.Balance{Up: 7}), "n", b, crdt.Balance{Up: 10})
	third := raise(t, first.New(), "n", b, crdt.Balance{Up: 3, Down: 30})
	joined := first.Clone()
	joined.Join(second)
	joined.Join(third)
	for _, got := range []*big.Int{first.Value("n", second, nil, third), third.Value("n", first, second), joined.Value("n")} {
		if got.Int64() != 7-2+10-30 {
			t.Errorf("the value is %v, want -15", got)
		}
	}
}

// Two members that make a set and a counter of one name at the same time come to have both.
func TestASetAndACounterOfOneNameBothExist(t *testing.T) {
	origin := crdt.Origin{Node: "n1", Incarnation: 7}
	set := insert(t, crdt.NewCollections(crdt.GenKey), "a", "b")
	counter := raise(t, set.New(), "a", origin, crdt.Balance{Up: 5, Down: 1})
	if kind := counter.Lookup("a").Kind(); kind != crdt.CounterKind {
		t.Errorf("the counter's kind is %d", kind)
	}
	set.Join(counter)
	counter.Join(set)
	for _, c := range []*crdt.Collections{set, counter} {
		want := crdt.Collection{Name: "a", Elements: 1, Entries: 1}
		if got := c.Lookup("a"); got != want || got.Kind() != crdt.SetKind || c.Names() != 1 {
			t.Errorf("they are %v of kind %d, want %v", got, got.Kind(), want)
		}
		if !c.Contains("a", []byte("b")) || c.Value("a").Int64() != 4 {
			t.Errorf("they are %v", c)
		}
	}
}

// An element may have the bytes that stand for an origin in hashes. If the two had one hash, an
// element here and an entry there would pass for each other.
func TestAnElementIsNoEntryOfACounter(t *testing.T) {
	origin := crdt.Origin{Node: "n1", Incarnation: 7}
	element := string(binary.LittleEndian.AppendUint64(nil, origin.Incarnation)) + origin.Node
	set := insert(t, crdt.NewCollections(crdt.GenKey), "a", element)
	counter := raise(t, set.New(), "a", origin, crdt.Balance{Up: 1})
	if set.Digest() == counter.Digest() || set.Equal(counter) {
		t.Errorf("%v and %v have the digest %v", set, counter, set.Digest())
	}
}

func TestEqualElementsOfTwoSetsHaveUnrelatedHashes(t *testing.T) {
	a := insert(t, crdt.NewCollections(crdt.GenKey), "a", "x")
	b := insert(t, a.New(), "b", "x")
	for c := range a.Cells(0) {
		for d := range b.Cells(0) {
			if c.Hash == d.Hash || c.ID<<32 == d.ID<<32 || c.ID>>32 == d.ID>>32 {
				t.Errorf("the cells are %v and %v", c, d)
			}
		}
	}
}

// Elements of one set are neighbours, so that a walk over a set is a walk over its cells alone.
func TestTheCellsOfASetAreNeighbours(t *testing.T) {
	c := crdt.NewCollections(crdt.GenKey)
	for i := range 3000 {
		insert(t, c, fmt.Sprint("set ", i%3), fmt.Sprint(i))
	}
	last, changes := crdt.CellID(0), 0
	for cell := range c.Cells(0) {
		if cell.ID>>32 != last>>32 {
			changes++
		}
		last = cell.ID
	}
	if changes != 3 {
		t.Errorf("the cells of 3 sets are in %d places", changes)
	}
}

func TestCollectionsUnderDifferentKeysJoinByWhatTheyHave(t *testing.T) {
	key, other := crdt.Key{1, 2}, crdt.Key{3, 4}
	origin := crdt.Origin{Node: "n1", Incarnation: 7}
	of := func(key crdt.Key, elements ...string) *crdt.Collections {
		return insert(t, crdt.NewCollections(key), "set", elements...)
	}
	c, delta := of(key, "a", "b"), raise(t, of(other, "b", "c"), "counter", origin, crdt.Balance{Up: 2})
	want := raise(t, of(key, "a", "b", "c"), "counter", origin, crdt.Balance{Up: 2})
	novel := c.Join(delta)
	if !c.Equal(want) || c.Digest() != want.Digest() {
		t.Errorf("joined to %v, want %v", c, want)
	}
	if want := raise(t, of(key, "c"), "counter", origin, crdt.Balance{Up: 2}); !novel.Equal(want) || novel.Digest() != want.Digest() {
		t.Errorf("the novel part is %v, want %v", novel, want)
	}
	if of(key, "a").Digest() == of(other, "a").Digest() {
		t.Errorf("two keys give the same digest")
	}
}

// What Join returns is what subscribers are told: each new element once, each sum that is greater.
func TestJoinTellsWhatIsNew(t *testing.T) {
	origin := crdt.Origin{Node: "n1", Incarnation: 7}
	c := insert(t, crdt.NewCollections(crdt.GenKey), "a", "1", "2")
	raise(t, c, "n", origin, crdt.Balance{Up: 5, Down: 5})
	delta := insert(t, insert(t, c.New(), "a", "2", "3"), "b", "1")
	raise(t, delta, "n", origin, crdt.Balance{Up: 7, Down: 4})
	for _, want := range []string{"[a 3] [b 1] [n 7 0]", ""} {
		var told []string
		novel := c.Join(delta)
		for name, e := range novel.All() {
			told = append(told, fmt.Sprintf("[%s %s]", name, e))
		}
		slices.Sort(told)
		for e := range novel.Entries() {
			told = append(told, fmt.Sprintf("[%s %d %d]", e.Name, e.Balance.Up, e.Balance.Down))
		}
		if got := strings.Join(told, " "); got != want {
			t.Errorf("new is %s, want %s", got, want)
		}
	}
}

// A walk in steps returns what was there from the beginning once, whatever comes meanwhile.
func TestAWalkInStepsGoesOnWhereItEnded(t *testing.T) {
	c := crdt.NewCollections(crdt.GenKey)
	for i := range 1000 {
		insert(t, c, "a", fmt.Sprint("old", i))
		insert(t, c, fmt.Sprint("name", i), "x")
	}
	seen := map[string]int{}
	steps := 0
	for cursor, more := uint64(0), true; more; steps++ {
		elements, next := c.ScanElements("a", cursor, 10)
		if len(elements) > 10 {
			t.Errorf("a step of 10 returns %d", len(elements))
		}
		for _, e := range elements {
			seen[string(e)]++
		}
		insert(t, c, "a", fmt.Sprint("new", cursor))
		cursor, more = next, next > 0
	}
	names := map[string]int{}
	for cursor, more := uint64(0), true; more; {
		some, next := c.ScanNames(cursor, 10)
		for _, of := range some {
			names[of.Name]++
		}
		insert(t, c, fmt.Sprint("new", cursor), "x")
		cursor, more = next, next > 0
	}
	for i := range 1000 {
		if seen[fmt.Sprint("old", i)] != 1 || names[fmt.Sprint("name", i)] != 1 {
			t.Fatalf("number %d was returned %d and %d times", i, seen[fmt.Sprint("old", i)], names[fmt.Sprint("name", i)])
		}
	}
	if steps < 100 || steps > 210 {
		t.Errorf("the walk took %d steps", steps)
	}
	if _, next := c.ScanElements("a", 1<<40, 10); next != 0 {
		t.Errorf("a cursor that no step returned goes on at %d", next)
	}
	if some, next := c.ScanNames(1<<63, 10); len(some) != 0 || next != 0 {
		t.Errorf("a cursor that no step returned goes on at %d", next)
	}
}

// A step looks at so many elements, even if none of them is of the set.
func TestAStepIsBoundedWhereNamesShareTheirBits(t *testing.T) {
	c := insert(t, crdt.NewWeakCollections(crdt.Weak{Names: 64}), "small", "x")
	for i := range 1000 {
		insert(t, c, "large", fmt.Sprint(i))
	}
	var found [][]byte
	steps, cursor := 0, uint64(0)
	for {
		elements, next := c.ScanElements("small", cursor, 10)
		found = append(found, elements...)
		if steps++; next == 0 {
			break
		}
		cursor = next
	}
	if len(found) != 1 || steps < 95 {
		t.Errorf("found %q in %d steps", found, steps)
	}
}

// Cells of any size are sent in parts, as those of a KeySet.
func TestALongCellOfCollectionsIsSentInParts(t *testing.T) {
	c := crdt.NewWeakCollections(crdt.Weak{Names: 64, Low: 32})
	for i := range 4 {
		insert(t, c, fmt.Sprint("set ", i%2), strings.Repeat(fmt.Sprint(i), 60_000+i))
	}
	received := c.New()
	for part, err := range crdt.Split(c, 0, crdt.MaxCell) {
		if err != nil {
			t.Fatal(err)
		}
		if b, err := part.AppendBinary(nil); err != nil || len(b) > crdt.MaxCell {
			t.Errorf("a part takes %d bytes, %v", len(b), err)
		}
		received.Join(part)
	}
	if !received.Equal(c) || received.Digest() != c.Digest() {
		t.Errorf("what was sent of %v in parts is %v", c, received)
	}
}

func TestSplitFillsThePartsOfCollections(t *testing.T) {
	c := crdt.NewCollections(crdt.GenKey)
	for i := range 3000 {
		insert(t, c, fmt.Sprint("set ", i%20), strings.Repeat("x", i%100)+fmt.Sprint(i))
		raise(t, c, fmt.Sprint("counter ", i%20), crdt.Origin{Node: fmt.Sprint("n", i%300)}, crdt.Balance{Up: uint64(i)})
	}
	const limit = 3000
	whole, err := c.AppendBinary(nil)
	if err != nil {
		t.Fatal(err)
	}
	parts, last := 0, 0
	for part, err := range crdt.Split(c, 0, limit) {
		if err != nil {
			t.Fatal(err)
		}
		b, err := part.AppendBinary(nil)
		if err != nil || len(b) > limit {
			t.Errorf("a part takes %d bytes, %v", len(b), err)
		}
		if parts++; parts > 1 && last < limit-200 {
			t.Errorf("a part takes %d bytes of %d", last, limit)
		}
		last = len(b)
	}
	t.Logf("%d bytes in %d parts", len(whole), parts)
}

func TestCollectionsString(t *testing.T) {
	c := insert(t, crdt.NewCollections(crdt.GenKey), "revoked", "a", "b\x00")
	raise(t, c, "visits", crdt.Origin{Node: "n1"}, crdt.Balance{Up: 12, Down: 3})
	if got, want := c.String(), `{"revoked": {"b\x00" "a"}, "visits": 9}`; got != want {
		t.Errorf("printed as %s, want %s", got, want)
	}
	for i := range 100 {
		name := strings.Repeat("\xff", 100) + fmt.Sprint(i)
		insert(t, c, name, strings.Repeat("\xff", 100), "a", "b", "c", strings.Repeat("\xff", 101), "d", "e")
		raise(t, c, name, crdt.Origin{Node: "n1"}, crdt.Balance{Up: 1<<64 - 1})
	}
	if got := c.String(); len(got) > 4500 || !strings.HasSuffix(got, " and 94 more}") {
		t.Errorf("a hundred sets are printed in %d bytes as %s", len(got), got)
	}
}

// All and ScanElements lend the state's memory: what is kept of it does not change as the state
// grows, and cannot be appended to.
func TestElementsOfCollectionsThatAreKeptNeverChange(t *testing.T) {
	c := insert(t, crdt.NewCollections(crdt.GenKey), "a", "1", "2", "3")
	lent, _ := c.ScanElements("a", 0, 10)
	want := fmt.Sprintf("%q", lent)
	for i := range 1000 {
		insert(t, c, "a", fmt.Sprint("more", i))
	}
	for _, e := range lent {
		_ = append(e, 'x')
	}
	if got := fmt.Sprintf("%q", lent); got != want || !c.Contains("a", []byte("more999")) {
		t.Errorf("the elements are now %s, and were %s", got, want)
	}
}
