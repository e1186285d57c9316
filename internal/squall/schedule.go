package squall

import (
	"math/rand/v2"
	"time"
)

// maxCatchUp bounds how far behind its time an operation may start without
// delaying those after it. Timers are late by less; a machine that stalls for
// longer should not be followed by a burst.
const maxCatchUp = 10 * time.Millisecond

// schedule says when operations are due: the first at once, each other a
// uniformly drawn time after the one before it. If one had to wait for a
// worker, those after it are delayed too.
type schedule struct {
	rng    *rand.Rand
	spread float64       // gaps are drawn from 0 up to this many nanoseconds
	next   time.Duration // when the next operation is due
	end    time.Duration // when the schedule ends: operations due then, or later, do not start
	waits  bool          // the next operation is due and waits for a worker
}

// newSchedule makes a schedule with the given mean gap. An end before the
// start makes it empty.
func newSchedule(rng *rand.Rand, start, end time.Duration, meanGap float64) *schedule {
	return &schedule{rng: rng, spread: 2 * meanGap, next: start, end: end}
}

// due tells whether an operation should start now.
func (s *schedule) due(now time.Duration) bool { return !s.over() && s.next <= now }

// over tells whether no operation is left.
func (s *schedule) over() bool { return s.next >= s.end }

// wait notes that the operation that is due has to wait for a worker.
func (s *schedule) wait() { s.waits = true }

// ready settles when the operation that is due starts, now that a worker is
// free. It may turn out to have waited beyond the end.
func (s *schedule) ready(now time.Duration) bool {
	if s.waits || now-s.next > maxCatchUp {
		s.next = now
	}
	s.waits = false
	return !s.over()
}

// advance moves on to the next operation.
func (s *schedule) advance() {
	s.next += time.Duration(s.rng.Float64() * s.spread)
}
