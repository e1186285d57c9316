package squall

import (
	"math/rand/v2"
	"sync/atomic"
	"time"
)

// nemesis partitions the network and heals it again, in turn. Its methods must not be
// called concurrently, save fault.
type nemesis struct {
	nodes    []string
	rng      *rand.Rand
	interval time.Duration
	world    nemesisWorld
	log      func(format string, args ...any)
	schedule *schedule
	cut      bool
	inForce  atomic.Pointer[PartitionKind] // nil: the network is whole
}

// nemesisWorld is what a nemesis acts on.
type nemesisWorld interface {
	// record adds an entry of the nemesis to the history.
	record(f string, value any)
	// hold has every receiver drop what comes from the senders that the grudge names for
	// it; nil heals the network.
	hold(Grudge)
}

// newNemesis makes a nemesis that acts at gaps of the given mean. It acts on no world
// before begin.
func newNemesis(nodes []string, interval time.Duration, rng *rand.Rand, log func(format string, args ...any)) *nemesis {
	return &nemesis{nodes: nodes, rng: rng, interval: interval, log: log}
}

// begin makes the nemesis act on a world from start until end.
func (n *nemesis) begin(w nemesisWorld, start, end time.Duration) {
	n.world = w
	n.schedule = newSchedule(n.rng, start, end, float64(n.interval))
}

// act does what is due now, if anything is.
func (n *nemesis) act(now time.Duration) {
	for n.schedule.due(now) {
		n.schedule.ready(now)
		n.turn()
		n.schedule.advance()
	}
}

// over tells whether the nemesis has nothing more to do.
func (n *nemesis) over() bool { return n.schedule.over() }

// next is when the nemesis acts next, unless it is over.
func (n *nemesis) next() time.Duration { return n.schedule.next }

// turn starts or stops a partition.
func (n *nemesis) turn() {
	if n.cut {
		n.heal()
		return
	}
	kind := partitionKinds[n.rng.IntN(len(partitionKinds))]
	n.world.record("start-partition", Keyword(kind))
	grudge := kind.grudge(n.nodes, n.rng)
	n.world.hold(grudge)
	n.world.record("start-partition", Vector{Keyword("isolated"), grudge})
	n.cut = true
	n.inForce.Store(&kind)
	n.log("nemesis: partition %s: %s", kind, clip(appendEDN(nil, grudge)))
}

// heal makes the network whole, whether or not it was cut.
func (n *nemesis) heal() {
	n.world.record("stop-partition", nil)
	n.world.hold(nil)
	n.world.record("stop-partition", Keyword("network-healed"))
	n.cut = false
	n.inForce.Store(nil)
	n.log("nemesis: network healed")
}

// fault describes the fault now in force. n may be nil.
func (n *nemesis) fault() string {
	if n == nil {
		return "none"
	}
	if kind := n.inForce.Load(); kind != nil {
		return "partition " + string(*kind)
	}
	return "none"
}
