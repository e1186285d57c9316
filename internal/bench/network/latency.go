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

// draw returns the latency of one message between two nodes, under conditions.
func (l *Latency) draw(c Conditions) time.Duration {
	mean := max(l.mean, l.mean*c.Slowdown, c.MinLatency)
	l.mu.Lock()
	defer l.mu.Unlock()
	return l.dist.Draw(mean, l.rng)
}

// Loss decides which messages are lost on the way, or doubled. It is safe for
// concurrent use.
type Loss struct {
	P    float64
	mu   sync.Mutex
	Rand *rand.Rand
}

// lose decides whether a message is lost, with chance P or, if that is greater, p.
func (l *Loss) lose(p float64) bool { return l.happens(max(p, l.P)) }

// happens draws what happens with chance p.
func (l *Loss) happens(p float64) bool {
	if p <= 0 {
		return false
	}
	l.mu.Lock()
	defer l.mu.Unlock()
	return l.Rand.Float64() < p
}
