package simnet

import (
	"math/rand/v2"
	"time"

	"gset/internal/bench/latency"
)

// Latency draws how long one message is under way.
type Latency func(*rand.Rand) time.Duration

// Constant is the same latency for every message, so that none is reordered.
func Constant(d time.Duration) Latency {
	return func(*rand.Rand) time.Duration { return d }
}

// Jittered is at least d, and exponential above it: what a timer and a
// scheduler add to a constant latency.
func Jittered(d, mean time.Duration) Latency {
	return func(r *rand.Rand) time.Duration { return d + time.Duration(r.ExpFloat64()*float64(mean)) }
}

// Uniform is anything from low to high.
func Uniform(low, high time.Duration) Latency {
	return func(r *rand.Rand) time.Duration { return low + time.Duration(r.Int64N(int64(high-low)+1)) }
}

// Exponential is Maelstrom's, with a mean of whole milliseconds.
func Exponential(mean time.Duration) Latency {
	return func(r *rand.Rand) time.Duration {
		return latency.Exponential.Draw(int(mean/time.Millisecond), r)
	}
}
