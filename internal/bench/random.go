package bench

import (
	"math/rand/v2"

	"gset/internal/bench/nemesis"
)

// A stream is one independent source of randomness of a test. Kinds of choice
// do not share streams, so that how many messages were sent, which nobody can
// repeat, has no influence on which operations and faults follow.
type stream uint64

const (
	streamSchedule stream = iota + 1 // gaps between operations
	streamOps                        // kinds and values of operations
	streamWorkers                    // which free worker takes an operation
	streamNemesis                    // gaps between partitions, and the partitions
	streamLatency
	streamLoss // and messages that arrive twice
	streamServices
	streamProcesses // as streamNemesis: kills and pauses,
	streamLossy     // and spells of losses,
	streamDuplicate // of messages that arrive twice,
	streamSlow      // and of slowness
)

// newRand returns the given stream of a seed.
func newRand(seed int64, s stream) *rand.Rand {
	return rand.New(rand.NewPCG(uint64(seed), uint64(s)))
}

// faultStreams are the streams of the nemesis's faults.
var faultStreams = map[nemesis.Fault]stream{
	nemesis.Partition: streamNemesis,
	nemesis.Kill:      streamProcesses,
	nemesis.Loss:      streamLossy,
	nemesis.Duplicate: streamDuplicate,
	nemesis.Slow:      streamSlow,
}
