package cluster

import (
	"fmt"
	"maps"
	"math/big"
	"slices"
	"testing"

	"pgregory.net/rapid"

	"gset/crdt"
)

// drawView draws a view of up to three parts, as a node has them, and the state that they are together.
func drawView(t *rapid.T) (View, *crdt.Collections) {
	key := crdt.Key{1, 2}
	whole := crdt.NewCollections(key)
	v := View{n: rapid.IntRange(1, 3).Draw(t, "parts")}
	name := rapid.SampledFrom([]string{"a", "b", "c", ""})
	for i := range v.n {
		part := crdt.NewCollections(key)
		for range rapid.IntRange(0, 20).Draw(t, "updates") {
			if rapid.Bool().Draw(t, "counts") {
				origin := crdt.Origin{Node: name.Draw(t, "node") + "n", Incarnation: 1}
				b := crdt.Balance{Up: rapid.Uint64Range(0, 5).Draw(t, "up"), Down: rapid.Uint64Range(0, 5).Draw(t, "down")}
				if err := part.Raise(name.Draw(t, "counter"), origin, b); err != nil {
					t.Fatal(err)
				}
				continue
			}
			set, element := name.Draw(t, "set"), fmt.Append(nil, rapid.IntRange(0, 50).Draw(t, "element"))
			if whole.Contains(set, element) {
				continue // no element is in two parts
			}
			if _, err := part.Insert(set, element); err != nil {
				t.Fatal(err)
			}
		}
		v.parts[i] = part
		whole.Merge(part)
	}
	return v, whole
}

func TestAViewIsTheStateThatItsPartsAreTogether(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		v, whole := drawView(t)
		if v.Elements() != whole.Elements() || v.Names() != whole.Names() {
			t.Fatalf("%d elements and %d names, and not %d and %d", v.Elements(), v.Names(), whole.Elements(), whole.Names())
		}
		if exact, bound := v.atMost(100), v.atMost(-1); exact != whole.Names() || bound < exact || v.n == 1 && bound != exact {
			t.Fatalf("%d names, counted as %d, or at most %d", whole.Names(), exact, bound)
		}
		found := map[string]int{}
		for of := range v.Collections() {
			found[of.Name]++
		}
		for _, name := range []string{"a", "b", "c", ""} {
			of, got := whole.Lookup(name), v.Lookup(name)
			if got.Elements != of.Elements || got.Kind() != of.Kind() {
				t.Fatalf("%q: %+v, and not %+v", name, got, of)
			}
			if want := min(1, of.Elements+of.Entries); found[name] != want {
				t.Fatalf("%q comes %d times", name, found[name])
			}
			if v.Value(name).Cmp(whole.Value(name)) != 0 {
				t.Fatalf("%q has the value %v, and not %v", name, v.Value(name), whole.Value(name))
			}
			var all []string
			for e := range v.Members(name) {
				all = append(all, string(e))
			}
			for e := range whole.Members(name) {
				if !v.Contains(name, e) || !slices.Contains(all, string(e)) {
					t.Fatalf("%q lacks %q", name, e)
				}
			}
			if len(all) != of.Elements || v.Contains(name, []byte("none")) {
				t.Fatalf("%q has %d elements, and not %d", name, len(all), of.Elements)
			}
		}
	})
}

func TestAWalkInStepsFindsAll(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		v, whole := drawView(t)
		count := rapid.IntRange(1, 10).Draw(t, "count")
		names := map[string]bool{}
		for cursor, more := uint64(0), true; more; more = cursor != 0 {
			var some []crdt.Collection
			some, cursor = v.ScanNames(cursor, count)
			for _, of := range some {
				names[of.Name] = true
			}
		}
		if len(names) != whole.Names() {
			t.Fatalf("%d names of %d", len(names), whole.Names())
		}
		for name := range maps.Keys(names) {
			found := map[string]bool{}
			for cursor, more := uint64(0), true; more; more = cursor != 0 {
				var some [][]byte
				some, cursor = v.ScanElements(name, cursor, count)
				for _, e := range some {
					found[string(e)] = true
				}
			}
			if len(found) != whole.Lookup(name).Elements {
				t.Fatalf("%q: %d elements of %d", name, len(found), whole.Lookup(name).Elements)
			}
		}
	})
}

func TestACursorThatHasEndedIsNotTheEarlier(t *testing.T) {
	for _, x := range [][3]uint64{{0, 0, 0}, {0, 5, 5}, {5, 0, 5}, {5, 7, 5}, {7, 5, 5}} {
		if got := earlier(x[0], x[1]); got != x[2] {
			t.Errorf("earlier(%d, %d) = %d", x[0], x[1], got)
		}
	}
	var none View
	none.parts[0], none.n = crdt.NewCollections(crdt.Key{1}), 1
	if none.Value("x").Cmp(new(big.Int)) != 0 {
		t.Error("a counter that is not there")
	}
}
