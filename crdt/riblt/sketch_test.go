package riblt

import (
	"bytes"
	"maps"
	"math"
	"math/rand/v2"
	"slices"
	"testing"

	"pgregory.net/rapid"
)

// randomItem is an item of a set of random content.
func randomItem(r *rand.Rand) Item {
	return Item{r.Uint64(), uint32(r.Uint64() >> (64 - TagBits))}
}

func randomItems(n int, seed uint64) []Item {
	r := rand.New(rand.NewPCG(seed, 1))
	items := make([]Item, n)
	for i := range items {
		items[i] = randomItem(r)
	}
	return items
}

// genItems draws a set of items: few ids and tags, so that two sets have some in common,
// and some ids with another tag.
var genItems = rapid.Custom(func(t *rapid.T) map[uint64]uint32 {
	return rapid.MapOfN(
		rapid.Map(rapid.Uint64Range(0, 40), func(n uint64) uint64 { return n * n * n << 20 }),
		rapid.Map(rapid.Uint32Range(0, 2), func(n uint32) uint32 { return n * 0x345678 }), 0, 20,
	).Draw(t, "tags")
})

func listOf(tags map[uint64]uint32) (list []Item) {
	for _, id := range slices.Sorted(maps.Keys(tags)) {
		list = append(list, Item{id, tags[id]})
	}
	return list
}

func sketchOfMap(tags map[uint64]uint32, n int) *Sketch {
	return Of(slices.Values(listOf(tags)), n)
}

// symmetricDifference is what sketches are for, as anyone would write it first.
func symmetricDifference(a, b map[uint64]uint32) map[Item]bool {
	items := map[Item]bool{}
	for _, it := range append(listOf(a), listOf(b)...) {
		if items[it] = !items[it]; !items[it] {
			delete(items, it)
		}
	}
	return items
}

func form(s *Sketch) []byte {
	b, err := s.AppendBinary(nil)
	if err != nil {
		panic(err)
	}
	return b
}

func requireSameSketch(t failer, got, want *Sketch, what string) {
	if x, y := form(got), form(want); !bytes.Equal(x, y) {
		t.Fatalf("%s is\n%x, want\n%x", what, x, y)
	}
}

func TestPeelingFindsTheDifference(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		a, b := genItems.Draw(t, "a"), genItems.Draw(t, "b")
		want := symmetricDifference(a, b)
		for _, n := range []int{1000, rapid.IntRange(0, 60).Draw(t, "coded symbols")} {
			x, y := sketchOfMap(a, n), sketchOfMap(b, n+rapid.IntRange(0, 9).Draw(t, "more"))
			if rapid.Bool().Draw(t, "the other way round") {
				x, y = y, x
			}
			before, estimate := form(y), x.Difference(y)
			x.Subtract(y)
			if !bytes.Equal(form(y), before) || x.Len() != n {
				t.Fatalf("subtracted to length %d, want %d, or changed the argument", x.Len(), n)
			}
			if got := x.Difference(&Sketch{}); got != estimate {
				t.Fatalf("what is left differs from nothing by %d, want %d", got, estimate)
			}
			items, complete, err := x.Peel()
			if err != nil {
				t.Fatal(err)
			}
			found := map[Item]bool{}
			for _, it := range items {
				if found[it] || !want[it] {
					t.Fatalf("%v came up, twice or out of nothing; want %v", it, want)
				}
				found[it] = true
			}
			if n == 0 && complete || n >= 1000 && !complete || complete && len(found) < len(want) {
				t.Fatalf("from %d coded symbols %v came up, complete is %v; want %v", n, items, complete, want)
			}
		}
	})
}

func TestAPrefixIsASketchAndHasTheItemsOfTheDifference(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		items := genItems.Draw(t, "items")
		n, m := rapid.IntRange(0, 50).Draw(t, "n"), rapid.IntRange(50, 100).Draw(t, "m")
		requireSameSketch(t, sketchOfMap(items, m).Prefix(n), sketchOfMap(items, n), "prefix")
	})
}

func TestASketchHasNoHistory(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		n := rapid.IntRange(0, 50).Draw(t, "n")
		a, b := genItems.Draw(t, "before"), genItems.Draw(t, "after")
		s := sketchOfMap(a, n)
		for _, c := range rapid.Permutation(listOf(a)).Draw(t, "removed") {
			s.Remove(c)
		}
		requireSameSketch(t, s, sketchOfMap(nil, n), "sketch of which everything was removed")
		for _, c := range rapid.Permutation(listOf(b)).Draw(t, "added") {
			s.Add(c)
		}
		requireSameSketch(t, s, sketchOfMap(b, n), "sketch")
	})
}

func TestLengthsOutOfRangeStandForTheNearest(t *testing.T) {
	for n, want := range map[int]int{-1: 0, MaxSketch + 1: MaxSketch, math.MaxInt: MaxSketch, math.MinInt: 0} {
		if got := New(n).Len(); got != want {
			t.Errorf("New(%d) has length %d, want %d", n, got, want)
		}
		if got := New(MaxSketch).Prefix(n).Len(); got != want {
			t.Errorf("Prefix(%d) has length %d, want %d", n, got, want)
		}
	}
}

func TestTheZeroSketchIsOneOfNothing(t *testing.T) {
	var zero Sketch
	requireSameSketch(t, &zero, New(0), "zero value")
	if items, complete, err := zero.Peel(); len(items) > 0 || complete || err != nil {
		t.Errorf("no coded symbols peel to %v, complete is %v, %v", items, complete, err)
	}
}

// Checksum, mapping and signs follow from all of an item.
func TestTheSeedDependsOnAllOfAnItem(t *testing.T) {
	r := rand.New(rand.NewPCG(1, 1))
	const trials = 100
	for bit := range 64 + TagBits {
		// Every bit of the seed should change half of the time.
		var changed [64]int
		for range trials {
			it := randomItem(r)
			other := it
			if bit < 64 {
				other.ID ^= 1 << bit
			} else {
				other.Tag ^= 1 << (bit - 64)
			}
			for k := range changed {
				changed[k] += int((it.seed() ^ other.seed()) >> k & 1)
			}
		}
		for k, n := range changed {
			if n < trials/5 || n > trials*4/5 {
				t.Errorf("bit %d of an item changes bit %d of its seed %d times in %d", bit, k, n, trials)
			}
		}
	}
	if (Item{}).symbol(Item{}.seed()) == (symbol{}) {
		t.Error("the item of zeros leaves no trace in a coded symbol")
	}
}

// failer is a test or a trial of rapid.
type failer interface{ Fatalf(string, ...any) }
