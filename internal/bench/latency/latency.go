// Package latency has the distributions of the time that messages between nodes take.
package latency

import (
	"fmt"
	"math/rand/v2"
	"time"
)

// Dist is the shape of the latencies between nodes.
type Dist string

// The distributions, all with a mean that is given apart from them.
const (
	Constant    Dist = "constant"    // always the mean
	Uniform     Dist = "uniform"     // whole milliseconds from 0 to just below twice the mean
	Exponential Dist = "exponential" // cut down to whole milliseconds
)

// Dists are all distributions.
var Dists = []Dist{Constant, Uniform, Exponential}

// Draw returns the latency of one message, in whole milliseconds as Maelstrom's are. The mean
// is in milliseconds too. rng may be nil if d is [Constant] or the mean is 0.
func (d Dist) Draw(meanMS int, rng *rand.Rand) time.Duration {
	if meanMS == 0 {
		return 0
	}
	ms := 0
	switch d {
	case Constant:
		ms = meanMS
	case Uniform:
		ms = rng.IntN(2 * meanMS)
	case Exponential:
		ms = int(rng.ExpFloat64() * float64(meanMS))
	default:
		panic(fmt.Sprintf("latency: there is no distribution %q", d))
	}
	return time.Duration(ms) * time.Millisecond
}
