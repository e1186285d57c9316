package sim

import "time"

// convergence is how long after the last fault all members that are up hold the same, at
// the latest. It is asked for at the end of faults.
//
// A member whose state is not that of another finds out by a probe. It sends one a probe
// interval to one and a half after it last had proof, to a random peer; that may be gone, or
// of its own opinion, so no bound holds for certain. What it finds out takes three
// hops to be exchanged, and a timeout until the hub is asked for the rest; then it is
// gathered and scattered, which takes two hops and an interval, and may have to be
// tried again. Before a round trip was measured it is taken for a second. Of 20,000
// schedules half take less than a tenth of this, and one in a thousand takes two thirds.
//
// What waits for a slow network to carry it comes on top, and so does the time that a
// clock stands still that was set back: its node sends no probes.
func (r *run[S, K]) convergence() time.Duration {
	bound := 5*r.s.Probe + 3*r.s.Interval + 10*r.s.Hop + 1500*time.Millisecond + r.net.Backlog()
	var standstill time.Duration
	for _, node := range r.live() {
		standstill = max(standstill, r.net.Standstill(node))
	}
	return bound + standstill
}

// settling is for how long after that there may still be acknowledgements to wait for.
func (r *run[S, K]) settling() time.Duration { return r.convergence() }
