package simnet

import (
	"math"
	"time"
)

// never is the time of what is not going to happen.
const never = time.Duration(math.MaxInt64)

// million is what a clock's gain is counted in: parts in a million.
const million = 1_000_000

// clock is what a node takes for the time. It may run fast or slow, and be set; what it
// shows never runs backwards.
type clock struct {
	since time.Duration // when it was last set, in virtual time
	then  time.Duration // what it was set to
	floor time.Duration // what it had shown by then
	gain  int64         // microseconds it gains a second; above -1,000,000
}

// at is what the clock shows at a virtual time no earlier than it was last set.
func (c *clock) at(now time.Duration) time.Duration {
	passed := now - c.since
	return max(c.floor, c.then+passed+share(passed, c.gain, million))
}

// when is the virtual time, now or later, at which the clock shows at least a given time.
func (c *clock) when(shown, now time.Duration) time.Duration {
	if shown <= c.at(now) {
		return now
	}
	if shown == never {
		return never
	}
	wait := shown - c.then
	due := c.since + wait - share(wait, c.gain, million+c.gain)
	for c.at(due) < shown { // it was rounded down
		due++
	}
	return due
}

// set makes the clock show a given time from now on, or stand still until that is later
// than what it has shown, and gain so many microseconds a second.
func (c *clock) set(now, shown time.Duration, gain int64) {
	*c = clock{since: now, then: shown, floor: c.at(now), gain: gain}
}

// share returns d times part in whole, cut down to a nanosecond, for products of d and
// part that are too large to be multiplied.
func share(d time.Duration, part, whole int64) time.Duration {
	if part == 0 {
		return 0
	}
	return d/time.Duration(whole)*time.Duration(part) + d%time.Duration(whole)*time.Duration(part)/time.Duration(whole)
}
