// Package generator says when operations are due: at gaps uniform from 0 to twice their mean,
// as Jepsen's stagger makes them.
package generator

import (
	"math/rand/v2"
	"time"
)

// maxCatchUp bounds how far behind its time an operation may start without
// delaying those after it. Timers are late by less; a machine that stalls for
// longer should not be followed by a burst.
const maxCatchUp = 10 * time.Millisecond

// Schedule says when operations are due: the first at once, each other a
// uniformly drawn time after the one before it. If one had to wait for a
// worker, those after it are delayed too.
type Schedule struct {
	rng   *rand.Rand
	gap   float64       // the mean gap, in nanoseconds
	Next  time.Duration // when the next operation is due
	end   time.Duration // when the schedule ends: operations due then, or later, do not start
	Waits bool          // the next operation is due and waits for a worker
}

// New makes a schedule with the given mean gap. An end before the
// start makes it empty.
func New(rng *rand.Rand, start, end time.Duration, meanGap float64) *Schedule {
	return &Schedule{rng: rng, gap: meanGap, Next: start, end: end}
}

// Due tells whether an operation should start now.
func (s *Schedule) Due(now time.Duration) bool { return !s.Over() && s.Next <= now }

// Over tells whether no operation is left.
func (s *Schedule) Over() bool { return s.Next >= s.end }

// Wait notes that the operation that is due has to wait for a worker.
func (s *Schedule) Wait() { s.Waits = true }

// Ready settles when the operation that is due starts, now that a worker is
// free. It may turn out to have waited beyond the end.
func (s *Schedule) Ready(now time.Duration) bool {
	if s.Waits || now-s.Next > maxCatchUp {
		s.Next = now
	}
	s.Waits = false
	return !s.Over()
}

// Advance moves on to the next operation.
func (s *Schedule) Advance() {
	s.Next += Gap(s.rng, s.gap)
}

// Gap draws the time between two operations: anything from 0 to twice the mean, which is in
// nanoseconds.
func Gap(rng *rand.Rand, mean float64) time.Duration {
	return time.Duration(rng.Float64() * (2 * mean))
}
