// Package nemesis says which faults a test has, and when: the partitions of Jepsen's nemesis.
package nemesis

import (
	"math/rand/v2"
	"sync/atomic"
	"time"

	"gset/internal/bench/edn"
	"gset/internal/bench/generator"
	"gset/internal/bench/rawjson"
)

// Nemesis partitions the network and heals it again, in turn. Its methods must not be
// called concurrently, save fault.
type Nemesis struct {
	nodes    []string
	rng      *rand.Rand
	interval time.Duration
	world    World
	log      func(format string, args ...any)
	schedule *generator.Schedule
	cut      bool
	inForce  atomic.Pointer[Kind] // nil: the network is whole
}

// World is what a nemesis acts on.
type World interface {
	// Record adds an entry of the nemesis to the history.
	Record(f string, value any)
	// Hold has every receiver drop what comes from the senders that the grudge names for
	// it; nil heals the network.
	Hold(Grudge)
}

// New makes a nemesis that acts at gaps of the given mean. It acts on no world
// before begin.
func New(nodes []string, interval time.Duration, rng *rand.Rand, log func(format string, args ...any)) *Nemesis {
	return &Nemesis{nodes: nodes, rng: rng, interval: interval, log: log}
}

// Begin makes the nemesis act on a world from start until end.
func (n *Nemesis) Begin(w World, start, end time.Duration) {
	n.world = w
	n.schedule = generator.New(n.rng, start, end, float64(n.interval))
}

// Act does what is due now, if anything is.
func (n *Nemesis) Act(now time.Duration) {
	for n.schedule.Due(now) {
		n.schedule.Ready(now)
		n.turn()
		n.schedule.Advance()
	}
}

// Over tells whether the nemesis has nothing more to do.
func (n *Nemesis) Over() bool { return n.schedule.Over() }

// Next is when the nemesis acts next, unless it is over.
func (n *Nemesis) Next() time.Duration { return n.schedule.Next }

// turn starts or stops a partition.
func (n *Nemesis) turn() {
	if n.cut {
		n.Heal()
		return
	}
	kind := Kinds[n.rng.IntN(len(Kinds))]
	n.world.Record("start-partition", edn.Keyword(kind))
	grudge := kind.grudge(n.nodes, n.rng)
	n.world.Hold(grudge)
	n.world.Record("start-partition", edn.Vector{edn.Keyword("isolated"), grudge})
	n.cut = true
	n.inForce.Store(&kind)
	n.log("nemesis: partition %s: %s", kind, rawjson.Clip(edn.Append(nil, grudge)))
}

// Heal makes the network whole, whether or not it was cut.
func (n *Nemesis) Heal() {
	n.world.Record("stop-partition", nil)
	n.world.Hold(nil)
	n.world.Record("stop-partition", edn.Keyword("network-healed"))
	n.cut = false
	n.inForce.Store(nil)
	n.log("nemesis: network healed")
}

// Fault describes the fault now in force. n may be nil.
func (n *Nemesis) Fault() string {
	if n == nil {
		return "none"
	}
	if kind := n.inForce.Load(); kind != nil {
		return "partition " + string(*kind)
	}
	return "none"
}
