package simnet

import (
	"testing"
	"time"

	"pgregory.net/rapid"
)

// TestAClockNeverRunsBackwards sets a clock and has it drift in any way. Between two
// settings it gains what it shall, and when tells when it comes to show a time.
func TestAClockNeverRunsBackwards(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		var c clock
		var now, shown time.Duration
		wait := rapid.Custom(func(t *rapid.T) time.Duration {
			return time.Duration(rapid.Int64Range(0, 1<<rapid.IntRange(1, 45).Draw(t, "bits")).Draw(t, "wait"))
		})
		t.Repeat(map[string]func(*rapid.T){
			"wait": func(t *rapid.T) { now += wait.Draw(t, "for") },
			"set": func(t *rapid.T) {
				by := wait.Draw(t, "by")
				if rapid.Bool().Draw(t, "back") {
					by = -by
				}
				c.set(now, c.at(now)+by, rapid.Int64Range(-500_000, 500_000).Draw(t, "gain"))
				if by > 0 && c.at(now) != shown+by {
					t.Fatalf("set forward by %v from %v, it shows %v", by, shown, c.at(now))
				}
			},
			"ask when": func(t *rapid.T) {
				until := shown + wait.Draw(t, "until")
				due := c.when(until, now)
				if due < now || c.at(due) < until {
					t.Fatalf("at %v it shows %v, not %v", due, c.at(due), until)
				}
				if early := due - 2*time.Microsecond; early > now && c.at(early) >= until {
					t.Fatalf("already at %v it shows %v", early, c.at(early))
				}
			},
			"": func(t *rapid.T) {
				if at := c.at(now); at < shown {
					t.Fatalf("it showed %v, and then %v", shown, at)
				} else {
					shown = at
				}
			},
		})
	})
}

func TestAClockGains(t *testing.T) {
	c := clock{gain: 100_000}
	if got := c.at(10 * time.Second); got != 11*time.Second {
		t.Errorf("a clock that gains a tenth shows %v after 10s", got)
	}
	c.set(10*time.Second, 8*time.Second, -500_000)
	for now, want := range map[time.Duration]time.Duration{10: 11, 15: 11, 16: 11, 18: 12} {
		if got := c.at(now * time.Second); got != want*time.Second {
			t.Errorf("set back from 11s to 8s at 10s, and losing half, at %ds it shows %v, not %ds", now, got, want)
		}
	}
	if c.when(never, 0) != never {
		t.Error("never comes")
	}
}
