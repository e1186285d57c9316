package network

import (
	"math"
	"math/rand/v2"
	"testing"
	"time"

	"gset/internal/bench/latency"
)

func TestLatencyDistributions(t *testing.T) {
	const mean, draws = 100, 100_000
	for _, test := range []struct {
		dist             latency.Dist
		least, most      time.Duration // that must and may occur
		meanMS, tolerant float64
	}{
		{latency.Constant, 100 * time.Millisecond, 100 * time.Millisecond, 100, 0},
		{latency.Uniform, 0, 199 * time.Millisecond, 99.5, 1},
		{latency.Exponential, 0, time.Hour, 99.5, 1.5},
	} {
		l := NewLatency(test.dist, mean, rand.New(rand.NewPCG(5, 5)))
		sum, least, most := 0.0, time.Duration(math.MaxInt64), time.Duration(0)
		for range draws {
			d := l.draw(Conditions{})
			if d%time.Millisecond != 0 {
				t.Fatalf("%s: %v is not whole milliseconds", test.dist, d)
			}
			sum += float64(d / time.Millisecond)
			least, most = min(least, d), max(most, d)
		}
		if least != test.least || most > test.most || math.Abs(sum/draws-test.meanMS) > test.tolerant {
			t.Errorf("%s: from %v to %v, mean %v ms", test.dist, least, most, sum/draws)
		}
		if none := NewLatency(test.dist, 0, nil); none.draw(Conditions{}) != 0 {
			t.Errorf("%s: a mean of 0 draws %v", test.dist, none.draw(Conditions{}))
		}
	}
}
