package squall

import (
	"math/rand/v2"
	"sync/atomic"
	"time"
)

// nemesis partitions the network and heals it again, in turn. Apart from
// fault, its methods are called under the interpreter's lock.
type nemesis struct {
	nodes    []string
	rng      *rand.Rand
	interval time.Duration
	schedule *schedule
	cut      bool
	log      func(format string, args ...any)
	inForce  atomic.Pointer[PartitionKind] // nil: the network is whole
}

func newNemesis(opts *Options, nodes []string, log func(format string, args ...any)) *nemesis {
	return &nemesis{nodes: nodes, rng: newRand(opts.Seed, streamNemesis), interval: opts.NemesisInterval, log: log}
}

// begin makes the nemesis act from start until end.
func (n *nemesis) begin(start, end time.Duration) {
	n.schedule = newSchedule(n.rng, start, end, float64(n.interval))
}

// act starts or stops a partition.
func (n *nemesis) act(r *interpreter) {
	if n.cut {
		n.heal(r)
		return
	}
	kind := partitionKinds[n.rng.IntN(len(partitionKinds))]
	record := func(value any) {
		r.history.add(Op{Time: r.now(), Type: Info, Process: Nemesis, F: "start-partition", Value: value, Began: -1})
	}
	record(Keyword(kind))
	grudge := kind.grudge(n.nodes, n.rng)
	r.net.hold(grudge)
	record(Vector{Keyword("isolated"), grudge})
	n.cut = true
	n.inForce.Store(&kind)
	n.log("nemesis: partition %s: %s", kind, clip(appendEDN(nil, grudge)))
}

// heal makes the network whole, whether or not it was cut.
func (n *nemesis) heal(r *interpreter) {
	record := func(value any) {
		r.history.add(Op{Time: r.now(), Type: Info, Process: Nemesis, F: "stop-partition", Value: value, Began: -1})
	}
	record(nil)
	r.net.hold(nil)
	record(Keyword("network-healed"))
	n.cut = false
	n.inForce.Store(nil)
	n.log("nemesis: network healed")
}

// fault describes the fault now in force.
func (n *nemesis) fault() string {
	if n == nil {
		return "none"
	}
	if kind := n.inForce.Load(); kind != nil {
		return "partition " + string(*kind)
	}
	return "none"
}
