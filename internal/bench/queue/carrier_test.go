package queue

import (
	"fmt"
	"slices"
	"testing"
	"time"

	"pgregory.net/rapid"
)

// Whatever is put in and whenever messages are snubbed: each message is carried or dropped,
// once; those that wait at the same time leave in the order they are due, and in the order
// they were put in if that is the same.
func TestEveryMessageIsCarriedOrDroppedInOrder(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		var c Carrier[int]
		due := map[int]time.Duration{}
		var waiting []int
		leave := func(m int) {
			for _, other := range waiting {
				if due[other] < due[m] || due[other] == due[m] && other < m {
					t.Fatalf("%d leaves before %d", m, other)
				}
			}
			waiting = slices.DeleteFunc(waiting, func(x int) bool { return x == m })
		}
		snubbed := func(m int) bool {
			leave(m)
			return rapid.Bool().Draw(t, "snubbed")
		}
		for n := range rapid.IntRange(0, 50).Draw(t, "messages") {
			due[n] = time.Duration(rapid.IntRange(0, 5).Draw(t, "due")) * 500 * time.Microsecond
			waiting = append(waiting, n)
			c.Put(n, due[n])
			for rapid.IntRange(0, 2).Draw(t, "take") > 0 {
				if m, at, ok := c.Take(0, snubbed, func(int) {}); ok && at != max(0, due[m]-1).Truncate(time.Millisecond) || ok == c.Idle() {
					t.Fatalf("%d at %v, ok: %v, idle: %v", m, at, ok, c.Idle())
				}
			}
		}
		for ok := true; ok; {
			_, _, ok = c.Take(0, snubbed, func(int) {})
		}
		if len(waiting) > 0 || !c.Idle() {
			t.Fatalf("%v are left", waiting)
		}
	})
}

func TestDroppedMessagesCostNoTime(t *testing.T) {
	var c Carrier[string]
	for i, m := range []string{"cut 1", "cut 2", "heard", "cut 3"} {
		c.Put(m, time.Duration(i))
	}
	var dropped []string
	cut := func(m string) bool { return m != "heard" }
	drop := func(m string) { dropped = append(dropped, m) }
	m, due, ok := c.Take(0, cut, drop)
	if m != "heard" || due != 0 || !ok || fmt.Sprint(dropped) != "[cut 1 cut 2]" {
		t.Errorf("took %q, due %v, and dropped %q", m, due, dropped)
	}
	if _, _, ok := c.Take(0, cut, drop); ok || len(dropped) != 3 {
		t.Errorf("took more: %v, dropped %q", ok, dropped)
	}
}

func TestCarryingTakesWholeMilliseconds(t *testing.T) {
	for _, test := range []struct{ due, now, at time.Duration }{
		{100 * time.Millisecond, 0, 99 * time.Millisecond}, // a moment has passed
		{100 * time.Millisecond, 300 * time.Microsecond, 99*time.Millisecond + 300*time.Microsecond},
		{100 * time.Millisecond, -time.Nanosecond, 100*time.Millisecond - time.Nanosecond},
		{time.Millisecond, 0, 0}, {0, 0, 0}, {0, time.Second, time.Second},
		{2 * time.Millisecond, time.Millisecond - 1, 2*time.Millisecond - 1},
	} {
		var c Carrier[int]
		c.Put(0, test.due)
		if _, at, ok := c.Take(test.now, func(int) bool { return false }, nil); at != test.at || !ok {
			t.Errorf("due at %v and taken at %v: delivered at %v, want %v", test.due, test.now, at, test.at)
		}
	}
}
