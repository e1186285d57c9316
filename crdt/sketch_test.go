package crdt

import (
	"bytes"
	"maps"
	"math"
	"math/rand/v2"
	"slices"
	"testing"

	"pgregory.net/rapid"
)

// none are the cells of an empty state.
func none(func(Cell) bool) {}

// randomCell is one as states of random content have it.
func randomCell(r *rand.Rand) Cell {
	return Cell{CellID(r.Uint64()), Hash{r.Uint64() >> 1, r.Uint64()}}
}

func randomCells(n int, seed uint64) []Cell {
	r := rand.New(rand.NewPCG(seed, 1))
	cells := make([]Cell, n)
	for i := range cells {
		cells[i] = randomCell(r)
	}
	return cells
}

// genCells draws the cells of a state: few ids and hashes, so that two states have some
// in common, and some of them with other content.
var genCells = rapid.Custom(func(t *rapid.T) map[CellID]Hash {
	return rapid.MapOfN(
		rapid.Map(rapid.Uint64Range(0, 40), func(n uint64) CellID { return CellID(n * n * n << 20) }),
		rapid.Map(rapid.Uint64Range(0, 2), func(n uint64) Hash { return Hash{n, 7} }), 0, 20,
	).Draw(t, "cells")
})

func listOf(cells map[CellID]Hash) (list []Cell) {
	for _, id := range slices.Sorted(maps.Keys(cells)) {
		list = append(list, Cell{id, cells[id]})
	}
	return list
}

func sketchOfMap(cells map[CellID]Hash, n int) *Sketch {
	return SketchOf(slices.Values(listOf(cells)), n)
}

// symmetricDifference is what sketches are for, as anyone would write it first.
func symmetricDifference(a, b map[CellID]Hash) map[Item]bool {
	items := map[Item]bool{}
	for _, cells := range []map[CellID]Hash{a, b} {
		for id, hash := range cells {
			it := Cell{id, hash}.Item()
			if items[it] = !items[it]; !items[it] {
				delete(items, it)
			}
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
		a, b := genCells.Draw(t, "a"), genCells.Draw(t, "b")
		want := symmetricDifference(a, b)
		for _, n := range []int{1000, rapid.IntRange(0, 60).Draw(t, "coded cells")} {
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
				t.Fatalf("from %d coded cells %v came up, complete is %v; want %v", n, items, complete, want)
			}
		}
	})
}

func TestAPrefixIsASketchAndHasTheItemsOfTheDifference(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		cells := genCells.Draw(t, "cells")
		n, m := rapid.IntRange(0, 50).Draw(t, "n"), rapid.IntRange(50, 100).Draw(t, "m")
		requireSameSketch(t, sketchOfMap(cells, m).prefix(n), sketchOfMap(cells, n), "prefix")
	})
}

func TestASketchHasNoHistory(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		n := rapid.IntRange(0, 50).Draw(t, "n")
		a, b := genCells.Draw(t, "before"), genCells.Draw(t, "after")
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
		if got := SketchOf(none, n).Len(); got != want {
			t.Errorf("SketchOf(_, %d) has length %d, want %d", n, got, want)
		}
		if got := NewGSet(GenKey, 1).Sketch(n).Len(); got != want {
			t.Errorf("Sketch(%d) has length %d, want %d", n, got, want)
		}
	}
}

func TestTheZeroSketchIsOneOfNothing(t *testing.T) {
	var zero Sketch
	requireSameSketch(t, &zero, SketchOf(none, 0), "zero value")
	if items, complete, err := zero.Peel(); len(items) > 0 || complete || err != nil {
		t.Errorf("no coded cells peel to %v, complete is %v, %v", items, complete, err)
	}
}

// All of a hash goes into the tag, and all of an item into what is drawn for it.
func TestItemsDependOnAllOfACell(t *testing.T) {
	r := rand.New(rand.NewPCG(1, 1))
	const trials = 100
	for bit := range 127 {
		same := 0
		for range trials {
			c := randomCell(r)
			d := c
			if bit < 64 {
				d.Hash.Lo ^= 1 << bit
			} else {
				d.Hash.Hi ^= 1 << (bit - 64)
			}
			if c.Item() == d.Item() {
				same++
			}
		}
		if same > 1 {
			t.Errorf("bit %d of the hash leaves %d of %d items as they were", bit, same, trials)
		}
	}
	for bit := range 64 + tagBits {
		// Every bit of the seed should change half of the time.
		var changed [64]int
		for range trials {
			it := randomCell(r).Item()
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
	if (Item{}).alone(Item{}.seed()) == (codedCell{}) {
		t.Error("the item of zeros leaves no trace in a coded cell")
	}
}
