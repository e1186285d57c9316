package network

import (
	"math/rand/v2"
	"sync"
	"time"

	"gset/internal/bench/latency"
)

// Latency draws latencies. It is safe for concurrent use.
type Latency struct {
	dist latency.Dist
	mean int // milliseconds

	mu  sync.Mutex
	rng *rand.Rand
}

// NewLatency makes a source of latencies with a distribution and its mean in milliseconds.
// rng may be nil if the distribution is constant or the mean is 0.
func NewLatency(dist latency.Dist, meanMS int, rng *rand.Rand) *Latency {
	return &Latency{dist: dist, mean: meanMS, rng: rng}
}

// draw returns the latency of one message between two nodes.
func (l *Latency) draw() time.Duration {
	l.mu.Lock()
	defer l.mu.Unlock()
	return l.dist.Draw(l.mean, l.rng)
}

// Loss decides which messages are lost on the way. It is safe for
// concurrent use.
type Loss struct {
	P    float64
	mu   sync.Mutex
	Rand *rand.Rand
}

func (l *Loss) lose() bool {
	if l.P <= 0 {
		return false
	}
	l.mu.Lock()
	defer l.mu.Unlock()
	return l.Rand.Float64() < l.P
}
