package loop

import "time"

// Stats counts what a loop has done since it was made.
type Stats struct {
	Open     int    // connections now, with TLS handshakes under way
	Held     int    // bytes in the buffers of all connections now
	Accepted uint64 // connections
	Rejected uint64 // connections above MaxConns
	Evicted  uint64 // connections closed for their output or for what they held
	Received uint64 // bytes of commands
	Sent     uint64 // bytes of replies
	Turns    uint64

	// Longest is what the longest turn took, from what the loop had waited for to the last reply: while it
	// lasts no other client is answered. ResetLongest begins anew.
	Longest time.Duration
}

// ResetLongest forgets the longest turn. To be called in the loop's goroutine.
func (l *Loop) ResetLongest() { l.stats.Longest = 0 }

// Stats returns the counts. To be called in the loop's goroutine.
func (l *Loop) Stats() Stats {
	s := l.stats
	s.Open, s.Held, s.Rejected, s.Turns = int(l.open.Load()), l.held, l.rejected.Load(), l.turns
	return s
}
