package squall

import (
	"fmt"
	"math/rand/v2"
	"sync"
	"time"
)

// LatencyDist is the shape of the latencies between nodes.
type LatencyDist string

// The distributions, all with the mean that [Options] gives.
const (
	Constant    LatencyDist = "constant"    // always the mean
	Uniform     LatencyDist = "uniform"     // whole milliseconds from 0 to just below twice the mean
	Exponential LatencyDist = "exponential" // cut down to whole milliseconds
)

var latencyDists = []LatencyDist{Constant, Uniform, Exponential}

// latencySource draws latencies. It is safe for concurrent use.
type latencySource struct {
	dist LatencyDist
	mean int // milliseconds

	mu  sync.Mutex
	rng *rand.Rand
}

func newLatencySource(dist LatencyDist, meanMS int, rng *rand.Rand) *latencySource {
	return &latencySource{dist: dist, mean: meanMS, rng: rng}
}

// draw returns the latency of one message between two nodes, in whole
// milliseconds as Maelstrom's are.
func (l *latencySource) draw() time.Duration {
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

// lossSource decides which messages are lost on the way. It is safe for
// concurrent use.
type lossSource struct {
	p   float64
	mu  sync.Mutex
	rng *rand.Rand
}

func (l *lossSource) lose() bool {
	if l.p <= 0 {
		return false
	}
	l.mu.Lock()
	defer l.mu.Unlock()
	return l.rng.Float64() < l.p
}
