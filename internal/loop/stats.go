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
	BadTLS   uint64 // connections whose TLS handshake failed

	// Busy is how long turns have taken in all: of each second, the part in which the loop is away
	// from its connections. Longest is the longest turn of the last minute or two.
	Busy, Longest time.Duration
}

// recent is how long the longest turn is remembered at least.
const recent = time.Minute

// turns measures turns.
type turns struct {
	began                time.Time // of the turn, if its timer was looked at
	busy                 time.Duration
	since                time.Time     // when longest began to be measured
	longest, longestOnce time.Duration // since then, and in the minute before
}

// end notes the end of a turn.
func (t *turns) end() {
	if t.began.IsZero() {
		return
	}
	now := time.Now()
	took := now.Sub(t.began)
	t.busy += took
	if t.began.Sub(t.since) >= recent {
		t.since, t.longestOnce, t.longest = t.began, t.longest, 0
	}
	t.longest = max(t.longest, took)
	t.began = time.Time{}
}

// Stats returns the counts. To be called in the loop's goroutine.
func (l *Loop) Stats() Stats {
	s := l.stats
	s.Open, s.Held, s.Rejected, s.Turns = int(l.open.Load()), l.held, l.rejected.Load(), l.turns
	s.BadTLS, s.Busy, s.Longest = l.badTLS.Load(), l.measured.busy, max(l.measured.longest, l.measured.longestOnce)
	return s
}
