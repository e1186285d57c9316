package crdt

import (
	"maps"
	"math/big"
	"slices"
	"testing"

	"pgregory.net/rapid"
)

// collectionTwin is a set and a counter of one name as anyone would write them first.
type collectionTwin struct {
	elements keyTwin
	sums     counterTwin
}

// collectionTwins is a state and its twin. Its methods are what is done to both.
type collectionTwins struct {
	c *Collections
	m map[string]*collectionTwin
}

func (k *collectionTwins) of(name string) *collectionTwin {
	if k.m[name] == nil {
		k.m[name] = &collectionTwin{keyTwin{}, counterTwin{}}
	}
	return k.m[name]
}

// origins returns the origins of a counter.
func (m counterTwin) origins() map[Origin]Balance {
	all := map[Origin]Balance{}
	for s, n := range m {
		b := all[s.origin]
		if s.down {
			b.Down = n
		} else {
			b.Up = n
		}
		all[s.origin] = b
	}
	return all
}

func TestCollectionsBehaveLikeMaps(t *testing.T) {
	for name, weak := range map[string]Weak{"all bits": {}, "few bits": {Names: 62, Low: 30}, "no bits": {Names: 64, Low: 32}} {
		t.Run(name, func(t *testing.T) {
			rapid.Check(t, func(t *rapid.T) {
				t.Repeat(rapid.StateMachineActions(&collectionTwins{NewWeakCollections(weak), map[string]*collectionTwin{}}))
			})
		})
	}
}

// Check compares what a state says of itself in numbers with its twin.
func (k *collectionTwins) Check(t *rapid.T) {
	elements, parts := 0, 0
	for name, m := range k.m {
		origins := m.sums.origins()
		got, want := k.c.Lookup(name), Collection{name, len(m.elements), len(origins)}
		kind := CounterKind
		if want.Elements > 0 {
			kind = SetKind
		}
		if got != want || got.Kind() != kind {
			t.Fatalf("%q is %v of kind %d, want %v of kind %d", name, got, got.Kind(), want, kind)
		}
		elements += len(m.elements)
		parts += len(m.elements) + len(m.sums)
	}
	if k.c.Names() != len(k.m) || k.c.Elements() != elements || k.c.Len() != parts {
		t.Fatalf("%d names, %d elements and length %d, want %d, %d and %d",
			k.c.Names(), k.c.Elements(), k.c.Len(), len(k.m), elements, parts)
	}
	if got := k.c.Lookup("not there"); got != (Collection{Name: "not there"}) || got.Kind() != NoKind {
		t.Fatalf("what is not there is %v", got)
	}
}

// LookAtAll compares all that a state shows of itself with its twin.
func (k *collectionTwins) LookAtAll(t *rapid.T) {
	for _, name := range slices.Sorted(maps.Keys(k.m)) {
		k.checkCollection(t, name, k.m[name])
	}
	k.checkWhole(t)
	k.checkNames(t)
	if k.c.sketch != nil {
		RequireSketch(t, k.c, k.c.sketch.Len())
	}
}

func (k *collectionTwins) checkCollection(t *rapid.T, name string, m *collectionTwin) {
	origins := m.sums.origins()
	members := slices.Collect(k.c.Members(name))
	if got, want := sortedStrings(members), slices.Sorted(maps.Keys(m.elements)); !slices.Equal(got, want) {
		t.Fatalf("elements of %q are %q, want %q", name, got, want)
	}
	if got := maps.Collect(k.c.Balances(name)); !maps.Equal(got, origins) {
		t.Fatalf("entries of %q are %v, want %v", name, got, origins)
	}
	for o, want := range origins {
		if got := k.c.Balance(name, o); got != want {
			t.Fatalf("entry of %v in %q is %v, want %v", o, name, got, want)
		}
	}
	if got, want := k.c.Value(name), m.sums.value(); got.Cmp(want) != 0 {
		t.Fatalf("value of %q is %v, want %v", name, got, want)
	}
	for e := range m.elements {
		if !k.c.Contains(name, []byte(e)) || k.c.Contains(name, []byte(e+"x")) != has(m.elements, e+"x") {
			t.Fatalf("%q contains not %q, or more", name, e)
		}
	}
	k.scanElements(t, name, members)
}

// scanElements compares a walk over the elements in steps.
func (k *collectionTwins) scanElements(t *rapid.T, name string, members [][]byte) {
	count, scanned := rapid.IntRange(-1, 50).Draw(t, "count"), [][]byte(nil)
	for cursor := uint64(0); ; {
		step, next := k.c.ScanElements(name, cursor, count)
		scanned = append(scanned, step...)
		if next == 0 {
			break
		}
		if next <= cursor {
			t.Fatalf("a step from %d goes on at %d", cursor, next)
		}
		cursor = next
	}
	if !slices.EqualFunc(scanned, members, slices.Equal[[]byte]) {
		t.Fatalf("steps over %q of %d elements return %q, want %q", name, count, scanned, members)
	}
}

func has(m keyTwin, e string) bool {
	_, found := m[e]
	return found
}

func sortedStrings(elements [][]byte) (all []string) {
	for _, e := range elements {
		all = append(all, string(e))
	}
	slices.Sort(all)
	return all
}

// checkWhole compares the walks over all collections, and the digest with that of a state made
// in another order.
func (k *collectionTwins) checkWhole(t *rapid.T) {
	fresh := k.c.New()
	for _, name := range slices.Sorted(maps.Keys(k.m)) {
		for _, e := range slices.Sorted(maps.Keys(k.m[name].elements)) {
			fresh.insertMember(name, []byte(e))
		}
		for o, b := range k.m[name].sums.origins() {
			if err := fresh.Raise(name, o, b); err != nil {
				t.Fatal(err)
			}
		}
	}
	if k.c.Digest() != fresh.Digest() || !k.c.Equal(fresh) {
		t.Fatalf("digest is %v, want %v, of %v", k.c.Digest(), fresh.Digest(), fresh)
	}
	elements, entries := 0, 0
	for name, e := range k.c.All() {
		if !has(k.of(name).elements, string(e)) {
			t.Fatalf("All yields %q of %q", e, name)
		}
		elements++
	}
	for e := range k.c.Entries() {
		if k.c.Balance(e.Name, e.Origin) != e.Balance {
			t.Fatalf("Entries yields %v", e)
		}
		entries++
	}
	if elements+entries != k.c.index.Len() || elements != k.c.Elements() {
		t.Fatalf("All and Entries yield %d elements and %d entries", elements, entries)
	}
}

// checkNames compares a walk over the names in steps.
func (k *collectionTwins) checkNames(t *rapid.T) {
	count, names := rapid.IntRange(-1, 50).Draw(t, "count"), []string(nil)
	for cursor := uint64(0); ; {
		step, next := k.c.ScanNames(cursor, count)
		for _, of := range step {
			if of != k.c.Lookup(of.Name) {
				t.Fatalf("a step over names returns %v, want %v", of, k.c.Lookup(of.Name))
			}
			names = append(names, of.Name)
		}
		if next == 0 {
			break
		}
		if next <= cursor || next >= 1<<nameBits {
			t.Fatalf("a step from %d goes on at %d", cursor, next)
		}
		cursor = next
	}
	slices.Sort(names)
	if want := slices.Sorted(maps.Keys(k.m)); !slices.Equal(names, want) {
		t.Fatalf("steps over names return %q, want %q", names, want)
	}
}

func (k *collectionTwins) Insert(t *rapid.T) {
	name := genName.Draw(t, "name")
	for _, e := range GenStrings(t) {
		known := has(k.of(name).elements, e)
		if added, err := k.c.Insert(name, []byte(e)); added == known || err != nil {
			t.Fatalf("inserting %q into %q, of which it is %v that it is new: %v, %v", e, name, !known, added, err)
		}
		k.m[name].elements[e] = struct{}{}
	}
	k.forget(name)
}

// forget drops a name that has nothing.
func (k *collectionTwins) forget(name string) {
	if m := k.m[name]; m != nil && len(m.elements)+len(m.sums) == 0 {
		delete(k.m, name)
	}
}

// Cut goes on with a part, which is all of the state, and whose digest nobody has asked for yet.
func (k *collectionTwins) Cut(t *rapid.T) {
	whole := k.c
	part, _, err := whole.Cut(0, 1<<20)
	if err != nil {
		t.Fatal(err)
	}
	if k.c = part; rapid.Bool().Draw(t, "of a copy") {
		k.c = part.Clone()
	}
	k.Insert(t)
	k.Join(t)
	if whole.Merge(k.c); whole.Digest() != k.c.Digest() {
		t.Fatalf("the digest of a part that grew is %v, want %v", k.c.Digest(), whole.Digest())
	}
}

func (k *collectionTwins) Count(t *rapid.T) {
	name := genName.Draw(t, "name")
	genUpdates(t, func(origin Origin, n uint64, down bool) {
		add := k.c.Increment
		if down {
			add = k.c.Decrement
		}
		sums, which := k.of(name).sums, sum{origin, down}
		want := new(big.Int).Add(new(big.Int).SetUint64(sums[which]), new(big.Int).SetUint64(n))
		before := k.c.Digest()
		delta, err := add(name, origin, n)
		if fits := want.IsUint64(); fits != (err == nil) || k.c.Digest() != before {
			t.Fatalf("adding %d to %d: %v", n, sums[which], err)
		}
		if err == nil {
			if n > 0 {
				sums[which] = want.Uint64()
			}
			k.c.Merge(delta)
		}
	})
	k.forget(name)
}

func (k *collectionTwins) Join(t *rapid.T) {
	weak := Weak{k.c.narrowNames, k.c.narrow}
	if rapid.IntRange(0, 9).Draw(t, "another order of cells") == 0 {
		weak = Weak{Names: 63, Low: 31}
	}
	delta := GenCollections(weak)(t)
	k.c.Join(delta)
	for name, e := range delta.All() {
		k.of(name).elements[string(e)] = struct{}{}
	}
	for e := range delta.Entries() {
		sums := k.of(e.Name).sums
		if n := e.Balance.Up; n > 0 {
			sums[sum{e.Origin, false}] = max(n, sums[sum{e.Origin, false}])
		}
		if n := e.Balance.Down; n > 0 {
			sums[sum{e.Origin, true}] = max(n, sums[sum{e.Origin, true}])
		}
	}
}

func (k *collectionTwins) Codec(t *rapid.T) {
	b, err := k.c.AppendBinary(nil)
	if err != nil {
		t.Fatal(err)
	}
	form, size := formSize{of: k.c}, 2 // of an empty state
	for _, record := range k.c.index.All() {
		size = form.add(record)
	}
	if size != len(b) {
		t.Fatalf("the form of %v takes %d bytes, but is measured as %d", k.c, len(b), size)
	}
	if k.c, err = k.c.Decode(b); err != nil {
		t.Fatal(err)
	}
}

func (k *collectionTwins) Clone(t *rapid.T) {
	old := k.c
	k.c = k.c.Clone()
	old.insertMember("left", []byte("behind"))
	old.raise(old.obtain("a"), Origin{"left behind", 1}, [2]uint64{1, 1})
}

func (k *collectionTwins) Sketch(t *rapid.T) { k.c.Sketch(rapid.IntRange(0, 70).Draw(t, "n")) }
