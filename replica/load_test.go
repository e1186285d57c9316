package replica

import (
	"testing"
	"time"

	"pgregory.net/rapid"
)

// updates is load without the ring: it remembers everything.
type updates []time.Duration

func (n updates) after(since time.Duration) (count int) {
	for _, at := range n {
		if at > since {
			count++
		}
	}
	return count
}

func (n updates) little(interval, now time.Duration) bool {
	for i := range eagerMemory {
		if n.after(now-time.Duration(i+1)*interval) >= (i+1)*eagerUpdates {
			return false
		}
	}
	return true
}

func TestLoadAgreesWithRememberingEverything(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		var l load
		var all updates
		// Times are small, so that many fall on the ends of intervals.
		now := time.Duration(rapid.IntRange(0, 3).Draw(t, "start"))
		for range rapid.IntRange(1, 60).Draw(t, "steps") {
			now += time.Duration(rapid.IntRange(0, 3).Draw(t, "pass"))
			pieces := rapid.IntRange(0, len(l.times)+5).Draw(t, "pieces")
			if rapid.Bool().Draw(t, "few") {
				pieces %= 2
			}
			l.add(pieces, now)
			for range pieces {
				all = append(all, now)
			}
			interval := time.Duration(rapid.IntRange(1, 10).Draw(t, "interval"))
			if got, want := l.little(interval, now), all.little(interval, now); got != want {
				t.Fatalf("that it is little is %v, want %v: interval %d, at %d, updates %d", got, want, interval, now, all)
			}
			count := rapid.IntRange(1, len(l.times)).Draw(t, "count")
			since := time.Duration(rapid.IntRange(0, 60).Draw(t, "since"))
			if got, want := l.fewerThan(count, since), all.after(since) < count; got != want {
				t.Fatalf("fewer than %d after %d is %v, want %v: updates %d", count, since, got, want, all)
			}
		}
	})
}
