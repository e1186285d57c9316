package journal

import (
	"math"
	"sync/atomic"
	"time"
)

// Lag counts how late the bench itself was with what it had to do at a time, in whole
// milliseconds. It is safe for concurrent use. The zero Lag is empty.
type Lag struct {
	count   atomic.Int64
	buckets [maxLag + 1]atomic.Int64
}

// maxLag is the greatest lag that is told apart, in milliseconds.
const maxLag = 1000

// Add counts something that was done that much too late.
func (l *Lag) Add(late time.Duration) {
	l.count.Add(1)
	l.buckets[min(max(0, late.Milliseconds()), maxLag)].Add(1)
}

// Quantile is a lag that the given fraction of all do not exceed, rounded down to a
// millisecond and at most a second; 0 if nothing was counted.
func (l *Lag) Quantile(q float64) time.Duration {
	left := int64(math.Ceil(q * float64(l.count.Load())))
	for ms := range l.buckets {
		if left -= l.buckets[ms].Load(); left <= 0 {
			return time.Duration(ms) * time.Millisecond
		}
	}
	return maxLag * time.Millisecond
}
