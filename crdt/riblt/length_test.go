package riblt

import (
	"flag"
	"math"
	"math/rand/v2"
	"slices"
	"sort"
	"testing"
)

var (
	trialsFlag = flag.Float64("trials", 1, "how many times as many trials the measurements of sketches take")
	seedFlag   = flag.Uint64("seed", 1, "seed of the measurements of sketches")
)

// trialsOf returns how many trials to take if each costs so many items, and random
// numbers for them.
func trialsOf(t *testing.T, items int) (int, *rand.Rand) {
	n := *trialsFlag * float64(min(1000, 60_000/items))
	if testing.Short() {
		n /= 10
	}
	return max(int(n), 4), rand.New(rand.NewPCG(*seedFlag, uint64(items)))
}

// TestSketchOverhead measures how many coded symbols it takes to decode d differences, in
// multiples of d: the figures of the paper, but for the checks. More of them with
//
//	go test ./crdt/riblt -run TestSketchOverhead -v -trials 20
func TestSketchOverhead(t *testing.T) {
	t.Logf("seed %d", *seedFlag)
	for _, d := range []int{1, 2, 5, 10, 20, 50, 100, 200, 500, 1000, 2000, 5000, 10_000} {
		trials, r := trialsOf(t, d)
		var needed []int
		for range trials {
			s := &Sketch{symbols: make([]symbol, 2*d+1000)} // longer than others may be
			for range d {
				s.Add(randomItem(r))
			}
			needed = append(needed, d+sort.Search(len(s.symbols)-d, func(more int) bool {
				half := &Sketch{symbols: slices.Clone(s.symbols[:d+more])}
				_, complete, err := half.Peel()
				return complete && err == nil
			}))
		}
		slices.Sort(needed)
		sum := 0
		for _, n := range needed {
			sum += n
		}
		each := func(n int) float64 { return float64(n) / float64(d) }
		mean := each(sum) / float64(trials)
		t.Logf("%5d differences, %5d trials: %.2f coded symbols each, 90%% with %.2f, 99%% with %.2f",
			d, trials, mean, each(needed[trials*9/10]), each(needed[trials*99/100]))
		if d >= 1000 && (mean < 1.32 || mean > 1.42) || d >= 100 && mean > 1.6 || mean > 2.2 {
			t.Errorf("%d differences take %.2f coded symbols each", d, mean)
		}
	}
}

// TestSketchLen measures how often a sketch decodes whose length was chosen by an
// estimate, and how many coded symbols that takes. More of it with
//
//	go test ./crdt/riblt -run TestSketchLen -v -trials 20
func TestSketchLen(t *testing.T) {
	t.Logf("seed %d", *seedFlag)
	for _, d := range []int{1, 2, 3, 5, 7, 10, 15, 20, 30, 50, 70, 100, 200, 500, 1000, 2000, 3000} {
		trials, r := trialsOf(t, d)
		decoded, sum := 0, 0
		for range trials {
			s := New(MaxSketch)
			for range d {
				s.Add(randomItem(r))
			}
			s = s.Prefix(SketchLen(s.Difference(&Sketch{})))
			sum += s.Len()
			if _, complete, err := s.Peel(); complete && err == nil {
				decoded++
			}
		}
		rate := float64(decoded) / float64(trials)
		t.Logf("%4d differences, %5d trials: %.3f decode, with %.2f coded symbols each",
			d, trials, rate, float64(sum)/float64(trials*d))
		// Nine of ten, and five standard deviations of this test.
		if least := 0.9 - 5*0.3/math.Sqrt(float64(trials)); rate < least {
			t.Errorf("of %d differences %.3f decode", d, rate)
		}
	}
}

func TestSketchLenGrowsWithTheDifference(t *testing.T) {
	last := 0
	for d := -1; d < 100_000; d++ {
		n := SketchLen(d)
		if n < last || n < d {
			t.Fatalf("SketchLen(%d) = %d, after %d", d, n, last)
		}
		last = n
	}
}
