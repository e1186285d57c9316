package sim

import (
	"fmt"
	"slices"
	"time"
)

// convergence is how long after the last fault all members that are up hold the same, at
// the latest. It is asked for at the end of faults. Settling says how long it takes most.
//
// A member whose state is not that of another finds out by a probe. It sends one a probe
// interval to one and a half after it last had proof, to a random peer; that may be gone, or
// hold the same, so no bound holds for certain. What it finds out takes three
// hops to be exchanged, and a timeout until the hub is asked for the rest; then it is
// gathered and scattered, which takes two hops and an interval, and may have to be
// tried again. Before a round trip was measured it is taken for a second.
//
// Who takes the network for reliable waits a probe interval for what was gathered, and half of one for what a
// suspicion is about.
func (r *run[S, K]) convergence() time.Duration {
	slowest := r.s.slowest()
	patience := time.Duration(0)
	if r.Reliable {
		patience = slowest.probe + slowest.probe/2
	}
	return 5*slowest.probe + 3*slowest.interval + 10*r.s.Hop + 1500*time.Millisecond + patience + r.hindrance()
}

// usual is how long most runs take: to find out, to tell all, and for two messages of a repair before
// that.
func (r *run[S, K]) usual() time.Duration {
	slowest := r.s.slowest()
	return slowest.probe + slowest.interval + 4*r.s.Hop + r.hindrance()
}

// hindrance is what waits for a slow network to carry it, and the time that a clock stands still
// that was set back: its node sends no probes.
func (r *run[S, K]) hindrance() time.Duration {
	var standstill time.Duration
	for _, node := range r.live() {
		standstill = max(standstill, r.net.Standstill(node))
	}
	return r.net.Backlog() + standstill
}

// settling is for how long after that there may still be acknowledgements to wait for.
func (r *run[S, K]) settling() time.Duration { return r.convergence() }

// Settling is how soon clusters become equal after the last fault, in many runs. No single run
// is held to it: what a member has to find out by probes is a matter of luck.
type Settling struct{ shares []float64 }

// quantiles are promises: by when so many of all runs are equal, in times of Result.Usual.
var quantiles = []struct{ of, within float64 }{{0.5, 0.4}, {0.9, 1.25}, {0.99, 3}}

// enough is how many runs it takes for their quantiles to mean anything.
const enough = 100

// Add takes a run in in which all became equal.
func (s *Settling) Add(r Result) {
	if r.Violation == nil && r.Usual > 0 {
		s.shares = append(s.shares, float64(r.Converged)/float64(r.Usual))
	}
}

// Quantile returns within what part of Result.Usual, or how many times that, a share of the runs became
// equal.
func (s *Settling) Quantile(share float64) float64 {
	if len(s.shares) == 0 {
		return 0
	}
	slices.Sort(s.shares)
	return s.shares[min(int(share*float64(len(s.shares))), len(s.shares)-1)]
}

// Check returns an error if so many of many runs took too long that it is not a matter of luck.
func (s *Settling) Check() error {
	if len(s.shares) < enough {
		return nil
	}
	for _, q := range quantiles {
		if got := s.Quantile(q.of); got > q.within {
			return fmt.Errorf("sim: %.0f%% of %d runs became equal within %.2f times R + T + 4 hops after the last fault, where %.2f are allowed",
				100*q.of, len(s.shares), got, q.within)
		}
	}
	return nil
}

// String lists the quantiles.
func (s *Settling) String() string {
	text := ""
	for i, q := range quantiles {
		if i > 0 {
			text += ", "
		}
		text += fmt.Sprintf("%.0f%% within %.2f (%.2f allowed)", 100*q.of, s.Quantile(q.of), q.within)
	}
	return text
}
