package quantile

import (
	"slices"
	"testing"
	"time"
)

// TestQuantilesAreMaelstroms: element floor(n*q) of the sorted list, or the last.
func TestQuantilesAreMaelstroms(t *testing.T) {
	sorted := []time.Duration{1, 2, 3, 4}
	for q, want := range map[float64]time.Duration{0: 1, 0.24: 1, 0.25: 2, 0.5: 3, 0.99: 4, 1: 4} {
		if got := At(sorted, q); got != want {
			t.Errorf("quantile %v of %v is %v, want %v", q, sorted, got, want)
		}
	}
	if At[int64](nil, 0.5) != 0 || !slices.IsSorted(sorted) {
		t.Error("no latencies have a quantile")
	}
}
