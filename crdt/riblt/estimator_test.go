package riblt

import (
	"math"
	"math/rand/v2"
	"slices"
	"testing"
)

// TestEstimatesAreRightOnAverage measures the mean and the spread of estimates in
// multiples of the true difference, all of it on one side or half on each.
func TestEstimatesAreRightOnAverage(t *testing.T) {
	r := rand.New(rand.NewPCG(1, 4))
	for _, d := range []int{1, 2, 3, 10, 100, 1000, 10_000} {
		trials := min(4000, 1_000_000/d)
		if testing.Short() {
			trials = max(trials/10, 50)
		}
		var sum, squares float64
		for range trials {
			var a, b Sketch
			for i := range d {
				if i%2 == 0 {
					a.Add(randomItem(r))
				} else {
					b.Add(randomItem(r))
				}
			}
			e := float64(a.Difference(&b)) / float64(d)
			if other := float64(b.Difference(&a)) / float64(d); other != e {
				t.Fatalf("%d differences are estimated as %g of it, and %g the other way round", d, e, other)
			}
			sum += e
			squares += e * e
		}
		n := float64(trials)
		mean := sum / n
		deviation := math.Sqrt(squares/n - mean*mean)
		t.Logf("difference %5d, %4d trials: mean %.3f, standard deviation %.3f", d, trials, mean, deviation)
		want := math.Sqrt(2. / counters * (1 - 1/float64(d)))
		most := 5*want/math.Sqrt(n) + 0.25/float64(d) // estimates are rounded, halves up
		if math.Abs(mean-1) > most || math.Abs(deviation-want) > most {
			t.Errorf("difference %d: want mean 1 and standard deviation %.3f", d, want)
		}
	}
}

func TestEstimatesOfTheSmallestDifferencesAreExact(t *testing.T) {
	items := randomItems(1000, 5)
	all := Of(slices.Values(items), 0)
	if d := all.Difference(all); d != 0 {
		t.Errorf("a state differs from itself by %d", d)
	}
	for i := range items {
		others := all.Prefix(0)
		others.Remove(items[i])
		if d := all.Difference(others); d != 1 {
			t.Fatalf("one item less is estimated as %d", d)
		}
	}
}

// Ten bits of a counter go around. What comes of that is said in estimator.go.
func TestEstimatesLevelOff(t *testing.T) {
	r := rand.New(rand.NewPCG(1, 6))
	for _, d := range []int{50_000, 1_000_000} {
		trials := 2_000_000 / d
		if testing.Short() {
			trials = (trials + 3) / 4
		}
		var sum float64
		for range trials {
			var a Sketch
			for range d {
				a.estimator.add(r.Uint64())
			}
			sum += float64(a.Difference(&Sketch{})) / float64(trials)
		}
		t.Logf("%d differences are estimated as %.0f", d, sum)
		if sum < 30_000 || sum > 120_000 {
			t.Errorf("%d differences are estimated as %.0f", d, sum)
		}
	}
	if mean := 1024. * 1024 / 12; math.Round(mean) != 87_381 {
		t.Errorf("the mean square of a counter that goes around is %g", mean)
	}
}

// A decoded sketch gives the same estimates as the one it was made of, whose counters
// have more bits.
func TestEstimatesSurviveTheBinaryForm(t *testing.T) {
	r := rand.New(rand.NewPCG(1, 7))
	for range 1000 {
		var a, b Sketch
		for w := range a.estimator {
			a.estimator[w], b.estimator[w] = r.Uint64(), r.Uint64()
		}
		c, err := Decode(form(&a))
		if err != nil {
			t.Fatal(err)
		}
		if got, want := c.Difference(&b), a.Difference(&b); got != want {
			t.Fatalf("estimated %d, and %d before", got, want)
		}
	}
}
