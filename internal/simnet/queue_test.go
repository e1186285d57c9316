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
		var q queue
		var twin []event
		t.Repeat(map[string]func(*rapid.T){
			"push": func(t *rapid.T) {
				e := event{at: time.Duration(rapid.IntRange(0, 9).Draw(t, "at")), kind: tick, subject: int32(len(twin))}
				q.push(e.at, e.kind, e.subject)
				e.serial = q.serial
				twin = append(twin, e)
			},
			"pop": func(t *rapid.T) {
				if len(twin) == 0 {
					t.Skip("empty")
				}
				slices.SortStableFunc(twin, func(a, b event) int { return cmp.Compare(a.at, b.at) })
				if got := q.pop(); got != twin[0] {
					t.Fatalf("%+v comes, want %+v", got, twin[0])
				}
				twin = twin[1:]
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
