package sim

import "time"

// convergence is how long after the last fault all live members hold the same, at the
// latest. It is asked for at the end of faults.
func (r *run[S, K]) convergence() time.Duration {
	return 5*r.s.Probe + 3*r.s.Interval + 10*r.s.Hop + 1500*time.Millisecond + r.net.Backlog()
}

// settling is how long after that the last acknowledgement has come.
func (r *run[S, K]) settling() time.Duration { return r.convergence() }
