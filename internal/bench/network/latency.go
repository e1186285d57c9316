package network

import (
	"fmt"
	"math/rand/v2"
	"sync"
	"time"
)

// Dist is the shape of the latencies between nodes.
type Dist string

// The distributions, all with the mean that [Options] gives.
const (
	Constant    Dist = "constant"    // always the mean
	Uniform     Dist = "uniform"     // whole milliseconds from 0 to just below twice the mean
	Exponential Dist = "exponential" // cut down to whole milliseconds
)

var Dists = []Dist{Constant, Uniform, Exponential}

// Latency draws latencies. It is safe for concurrent use.
type Latency struct {
	dist Dist
	mean int // milliseconds

	mu  sync.Mutex
	rng *rand.Rand
}

// NewLatency makes a source of latencies with a distribution and its mean in milliseconds.
// rng may be nil if the distribution is constant or the mean is 0.
func NewLatency(dist Dist, meanMS int, rng *rand.Rand) *Latency {
	return &Latency{dist: dist, mean: meanMS, rng: rng}
}

// draw returns the latency of one message between two nodes, in whole
// milliseconds as Maelstrom's are.
func (l *Latency) draw() time.Duration {
	if l.mean == 0 {
		return 0
	}
	ms := 0
	switch l.dist {
	case Constant:
		ms = l.mean
	case Uniform:
		l.mu.Lock()
		ms = l.rng.IntN(2 * l.mean)
		l.mu.Unlock()
	case Exponential:
		l.mu.Lock()
		ms = int(l.rng.ExpFloat64() * float64(l.mean))
		l.mu.Unlock()
	default:
		panic(fmt.Sprintf("squall: latency distribution %q passed validation", l.dist))
	}
	return time.Duration(ms) * time.Millisecond
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
