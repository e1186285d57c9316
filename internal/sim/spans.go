package sim

import (
	"cmp"
	"math"
	"slices"
	"time"
)

// never is the time of what is not going to happen.
const never = time.Duration(math.MaxInt64)

// span is a stretch of time. Neither end is in it: what happens at the very moment in which
// something breaks or mends may come before the one and after the other.
type span struct{ from, until time.Duration }

// spans are stretches of time in which something is out. Once they are merged they are in
// order and do not touch.
type spans []span

// add adds a stretch, unless it is empty.
func (s *spans) add(from, until time.Duration) {
	if from < until {
		*s = append(*s, span{from, until})
	}
}

// clip ends whatever goes on at a time.
func (s *spans) clip(at time.Duration) {
	kept := (*s)[:0]
	for _, x := range *s {
		if x.until = min(x.until, at); x.from < x.until {
			kept = append(kept, x)
		}
	}
	*s = kept
}

// merge puts stretches in order, and makes one of those that overlap or touch.
func (s *spans) merge() {
	slices.SortFunc(*s, func(a, b span) int { return cmp.Compare(a.from, b.from) })
	merged := (*s)[:0]
	for _, x := range *s {
		if last := len(merged) - 1; last >= 0 && x.from <= merged[last].until {
			merged[last].until = max(merged[last].until, x.until)
		} else {
			merged = append(merged, x)
		}
	}
	*s = merged
}

// after returns the first moment from a time on that is in no stretch. They are merged.
func (s spans) after(at time.Duration) time.Duration {
	if len(s) == 0 {
		return at
	}
	i, _ := slices.BinarySearchFunc(s, at, func(x span, at time.Duration) int {
		if x.until <= at {
			return -1
		}
		return 1
	})
	if i < len(s) && s[i].from < at {
		return s[i].until
	}
	return at
}
