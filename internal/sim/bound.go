package sim

import "time"

// convergence is how long after the last fault all live members hold the same, at the
// latest. It is asked for at the end of faults.
func (r *run[S, K]) convergence() time.Duration {
	bound := 5*r.s.Probe + 3*r.s.Interval + 10*r.s.Hop + 1500*time.Millisecond + r.net.Backlog()
	var standstill time.Duration
	for _, node := range r.live() {
		standstill = max(standstill, r.net.Standstill(node))
	}
	return bound + standstill
}

// settling is how long after that the last acknowledgement has come.
func (r *run[S, K]) settling() time.Duration { return r.convergence() }
