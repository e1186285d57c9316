package inspect_test

import (
	"testing"

	"pgregory.net/rapid"

	"gset/crdt"
	"gset/internal/inspect"
	"gset/replica/cluster"
)

// states draws a state under a key.
func state(t *rapid.T, label string) *crdt.Collections {
	s := crdt.NewCollections(crdt.Key{1, rapid.Uint64().Draw(t, label+" key")})
	for range rapid.IntRange(0, 20).Draw(t, label+" size") {
		name := rapid.SampledFrom([]string{"a", "b", "c", cluster.BeaconName}).Draw(t, label+" name")
		if rapid.Bool().Draw(t, label+" kind") && name != cluster.BeaconName {
			_, _ = s.Insert(name, []byte{byte(rapid.IntRange(0, 9).Draw(t, label+" element"))})
			continue
		}
		_ = s.Raise(name, crdt.Origin{Node: "n", Incarnation: 1}, crdt.Balance{Up: rapid.Uint64Range(1, 3).Draw(t, label+" up")})
	}
	return s
}

func TestADifferenceIsWhatTheOtherHasMore(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		a, b := state(t, "a"), state(t, "b")
		lacksA, lacksB := inspect.Diff(a, b, 3)
		missing := func(from, of *crdt.Collections) (n int) {
			for name, e := range of.All() {
				if !from.Contains(name, e) {
					n++
				}
			}
			return n
		}
		if lacksA.Elements != missing(a, b) || lacksB.Elements != missing(b, a) || len(lacksA.First) > 3 {
			t.Fatalf("%+v and %+v", lacksA, lacksB)
		}
		for _, name := range []string{"a", "b", "c"} {
			if a.Value(name).Cmp(b.Value(name)) != 0 && lacksA.Counters+lacksB.Counters == 0 {
				t.Fatalf("%q differs", name)
			}
		}
		if same, _ := inspect.Diff(a, a, 3); !same.Empty() {
			t.Fatalf("a state lacks of itself: %+v", same)
		}
	})
}
