package loadgen

import (
	"math"
	"slices"
	"testing"
	"time"

	"pgregory.net/rapid"
)

func TestQuantilesAreRightToAFiftieth(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		micros := rapid.SliceOfN(rapid.Int64Range(0, 1<<40), 1, 200).Draw(t, "micros")
		share := rapid.Float64Range(0.01, 1).Draw(t, "share")
		var a, b Quantiles
		for i, m := range micros {
			q := &a
			if i%2 == 1 {
				q = &b
			}
			q.Add(time.Duration(m) * time.Microsecond)
		}
		a.Join(&b)
		slices.Sort(micros)
		want := time.Duration(micros[int(math.Ceil(share*float64(len(micros))))-1]) * time.Microsecond
		if got := a.At(share); got < want || got > want+want/50+time.Microsecond {
			t.Fatalf("%v of %v is %v, and not %v", share, micros, got, want)
		}
		if a.Max != time.Duration(micros[len(micros)-1])*time.Microsecond || a.Count != uint64(len(micros)) {
			t.Fatalf("%v", a.Max)
		}
	})
}
