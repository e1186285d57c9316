// Package histogram counts durations in buckets of powers of two, at the cost of an addition.
package histogram

import (
	"math/bits"
	"time"
)

// Buckets is the number of buckets. The last one takes all from 2^30 µs, some 18 minutes.
const Buckets = 32

// Histogram counts durations. The zero value is empty. It is not safe for concurrent use; a copy
// shares nothing with it.
type Histogram struct {
	Count uint64
	Sum   time.Duration

	// Bucket i counts the durations whose microseconds, rounded up, are above Bound(i-1) and not
	// above Bound(i).
	Bucket [Buckets]uint64
}

// Add counts a duration; one below zero is counted as zero.
func (h *Histogram) Add(d time.Duration) {
	d = max(d, 0)
	h.Count++
	h.Sum += d
	micros := uint64((d + time.Microsecond - 1) / time.Microsecond)
	i := 0
	if micros > 0 {
		i = min(bits.Len64(micros-1), Buckets-1)
	}
	h.Bucket[i]++
}

// Bound returns the longest duration of a bucket: 1 µs, 2 µs, 4 µs and so on. The last bucket has no
// bound; for it Bound returns -1.
func Bound(i int) time.Duration {
	if i >= Buckets-1 {
		return -1
	}
	return time.Microsecond << i
}
