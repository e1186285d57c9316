package simnet

import (
	"cmp"
	"slices"
	"testing"
	"time"

	"pgregory.net/rapid"
)

// TestEventsComeByTimeAndThenByOrder holds the queue against a sorted list.
func TestEventsComeByTimeAndThenByOrder(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		var q eventQueue
		var twin []event
		var now time.Duration
		var pushed int32
		t.Repeat(map[string]func(*rapid.T){
			"push": func(t *rapid.T) {
				wait := rapid.Int64Range(0, 1<<rapid.IntRange(0, 50).Draw(t, "bits")).Draw(t, "wait")
				e := event{at: now + time.Duration(wait), kind: tick, subject: pushed}
				pushed++
				q.push(e.at, e.kind, e.subject)
				twin = append(twin, e)
				slices.SortStableFunc(twin, func(a, b event) int { return cmp.Compare(a.at, b.at) })
			},
			"pop": func(t *rapid.T) {
				if len(twin) == 0 {
					return
				}
				if next, got := q.next(), q.pop(); got != twin[0] || next != got.at {
					t.Fatalf("%+v comes at %v, want %+v", got, next, twin[0])
				}
				now, twin = twin[0].at, twin[1:]
			},
			"wait": func(t *rapid.T) { // until before the next event
				if len(twin) > 0 {
					now = time.Duration(rapid.Int64Range(int64(now), int64(twin[0].at)).Draw(t, "now"))
				}
			},
			"": func(t *rapid.T) {
				if q.empty() != (len(twin) == 0) {
					t.Fatalf("it is empty: %v, with %d events in it", q.empty(), len(twin))
				}
			},
		})
	})
}

func TestPlacesAreUsedAgain(t *testing.T) {
	var p pool[string]
	a, b := p.put("a"), p.put("b")
	if p.take(a) != "a" || p.put("c") != a || p.take(b) != "b" || p.take(a) != "c" || len(p.all) != 2 {
		t.Errorf("%d places for two values at a time", len(p.all))
	}
}
