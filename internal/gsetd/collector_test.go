package gsetd

import (
	"testing"

	"pgregory.net/rapid"
)

// Garbage is a small part of a large state, and never more than what is alive.
func TestGarbageIsASmallPartOfALargeState(t *testing.T) {
	for _, c := range []struct {
		live uint64
		more float64
		want int
	}{
		{0, 1, 100}, {1 << 20, 1, 100}, {6 << 20, 1, 50}, {30 << 20, 1, 10}, {300 << 20, 1, 8}, {300 << 20, 2, 16}, {1 << 20, 9, 100}, {300 << 20, 12.5, 100},
	} {
		if got := garbagePercent(c.live, c.more); got != c.want {
			t.Errorf("beside %d bytes, times %v: %d percent, want %d", c.live, c.more, got, c.want)
		}
	}
}

// While collections are dear there is more and more garbage, up to Go's default; when they are cheap
// again, less and less.
func TestDearCollectionsLeaveMoreGarbage(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		g := collector{more: 1}
		now := spent{}
		run := func(share float64) {
			for range 20 {
				now.all += 0.1
				now.collecting += 0.1 * share
				g.weigh(now)
				g.weigh(now) // no collection has ended since
			}
		}
		run(rapid.Float64Range(dearShare+0.01, 0.9).Draw(t, "dear"))
		if got := garbagePercent(1<<30, g.more); got != mostGarbage {
			t.Fatalf("%d percent of garbage while collections are dear", got)
		}
		run(rapid.Float64Range(0, cheapShare-0.01).Draw(t, "cheap"))
		if got := garbagePercent(1<<30, g.more); got != leastGarbage {
			t.Fatalf("%d percent of garbage while collections are cheap", got)
		}
	})
}
