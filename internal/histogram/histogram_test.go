package histogram_test

import (
	"testing"
	"time"

	"pgregory.net/rapid"

	"gset/internal/histogram"
)

func TestEachDurationIsInTheBucketOfItsBound(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		d := time.Duration(rapid.Int64().Draw(t, "d"))
		var h histogram.Histogram
		h.Add(d)
		if h.Count != 1 || h.Sum != max(d, 0) {
			t.Fatalf("%+v", h)
		}
		for i, n := range h.Bucket {
			above := i == 0 || d > histogram.Bound(i-1)
			below := histogram.Bound(i) < 0 || d <= histogram.Bound(i)
			if (n == 1) != (above && below) {
				t.Fatalf("%v is counted %d times up to %v", d, n, histogram.Bound(i))
			}
		}
	})
}
