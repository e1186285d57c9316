package riblt

import (
	"math"
	"math/rand/v2"
	"slices"
	"testing"
)

// TestTheMappingHasItsDensity counts the items in each coded symbol. The paper's formula for
// the next symbol is an approximation, so it need only come near.
func TestTheMappingHasItsDensity(t *testing.T) {
	const n, items = 1000, 50_000
	r := rand.New(rand.NewPCG(1, 2))
	var count [n]float64
	for range items {
		for i := range mapping(r.Uint64(), n) {
			count[i]++
		}
	}
	for i, got := range count {
		density := 1 / (1 + float64(i)/2)
		want := items * density
		// Five standard deviations, and 5% less for the approximation where it is worst: in
		// symbol 1 are 0.64 of the items, not 0.67.
		most := 5*math.Sqrt(want*(1-density)) + 0.05*want*2/float64(i+1)
		if math.Abs(got-want) > most {
			t.Errorf("coded symbol %d has %.0f of %d items, want %.0f, give or take %.0f", i, got, items, want, most)
		}
	}
}

func TestTheMappingAscendsFromZero(t *testing.T) {
	r := rand.New(rand.NewPCG(1, 3))
	for range 10_000 {
		seed := r.Uint64()
		all := slices.Collect(mapping(seed, MaxSketch))
		if all[0] != 0 || all[len(all)-1] >= MaxSketch || len(slices.Compact(slices.Sorted(slices.Values(all)))) != len(all) || !slices.IsSorted(all) {
			t.Fatalf("seed %#x is mapped to %v", seed, all)
		}
		n := int(r.Uint64N(MaxSketch))
		end, _ := slices.BinarySearch(all, n)
		if some := slices.Collect(mapping(seed, n)); !slices.Equal(some, all[:end]) {
			t.Fatalf("seed %#x is mapped to %v below %d, want %v", seed, some, n, all[:end])
		}
	}
}

// The next symbol is another one, and an int, whatever is drawn.
func TestStridesAreInBounds(t *testing.T) {
	for _, r := range []uint64{0, 1, 1 << 32, 1<<32 - 1, 1<<32 + 1, 1 << 63, 1<<64 - 1} {
		if s := stride(r); s <= 0x1p-34 || s >= 0x1p33 {
			t.Errorf("stride(%#x) = %g", r, s)
		}
	}
	if math.Ceil(1.5*stride(1<<64-1)) != 1 {
		t.Errorf("the shortest stride goes from 0 to %g", math.Ceil(1.5*stride(1<<64-1)))
	}
}
