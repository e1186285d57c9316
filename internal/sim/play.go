package sim

import (
	"cmp"
	"fmt"
	"math/rand/v2"
	"runtime/debug"
	"slices"
	"time"

	"gset/crdt"
	"gset/internal/simnet"
	"gset/replica"
)

// Result is what came of a run.
type Result struct {
	Violation *Violation // nil if all invariants held
	Trace     uint64     // a hash of all messages; the same on every machine
	Sent      int        // messages
	Delivered int
	Bytes     int
	Updates   int // that were acknowledged

	Steady bool // what updates cost without faults was watched at last

	Disks Disks // if nodes keep their states on disks

	Converged time.Duration // how long after the end of faults something was still new to somebody
	Allowed   time.Duration // how long that might take
	Usual     time.Duration // how long it takes most runs; see Settling
	Time      time.Duration // virtual, the whole run
}

// Player plays schedules. The zero value is ready.
type Player struct {
	// Paranoid has every message encoded and decoded on its way; see simnet.Config.
	Paranoid bool

	// Reliable tells all nodes that the network is: they repeat nothing. It loses messages all the same.
	Reliable bool

	// Tell, if set, is told every event and message, a line each.
	Tell func(line string)

	// History, if set, is told what an oracle needs to know of the run.
	History *History
}

// Play plays a schedule.
func Play(s Schedule) Result { return Player{}.Play(s) }

// Play plays a schedule, which must be valid, or the result is a violation.
func (p Player) Play(s Schedule) Result {
	switch s.Lattice {
	case GSet:
		return play(p, s, sets)
	case GCounter:
		return play(p, s, gcounters)
	case PNCounter:
		return play(p, s, pncounters)
	case WeakSet:
		return play(p, s, weakSets)
	}
	return Result{Violation: &Violation{NoPanic, 0, fmt.Sprintf("there is no lattice %q", s.Lattice)}}
}

// run is a schedule that is being played.
type run[S state[S], K comparable] struct {
	Player
	s      Schedule
	work   workload[S, K]
	net    *simnet.Net[S]
	model  *model[K]
	result Result

	bottom S
	disk   []S      // what each node was told to make durable
	lives  []uint64 // how often each node has lost its state
	views  []uint64 // the greatest view each node has had in this run of it
	blocks []block  // what the network is cut by

	disks []*disk[S, K] // by node; nil if nodes lose nothing that they were told to make durable

	tears      []*Event        // by node: what is to tear it
	snapshots  [][]snapshot[S] // by node, in the order in which they were taken
	restores   []bool          // by node: whether any of those may be needed
	membership membership
	progress   progress

	lastGrowth time.Duration // when something was last new to somebody
	steps      int           // events at nodes
	fresh      int64         // updates after the last fault
	since      struct {      // when time went on, and how many there had been by then
		at    time.Duration
		steps int
	}
	checked int // checkpoints
}

// checkpoints is how often states are compared in full.
const checkpoints = 500 * time.Millisecond

func play[S state[S], K comparable](p Player, s Schedule, work workload[S, K]) Result {
	r, err := newRun(p, s, work)
	if err != nil {
		return Result{Violation: &Violation{NoPanic, 0, err.Error()}}
	}
	return r.guarded()
}

// newRun sets a run up.
func newRun[S state[S], K comparable](p Player, s Schedule, work workload[S, K]) (*run[S, K], error) {
	r := &run[S, K]{
		Player: p, s: s, work: work, model: newModel[K](s.Nodes),
		bottom: work.bottom(crdt.Key{s.Seed, 1}), lives: make([]uint64, s.Nodes), views: make([]uint64, s.Nodes),
		tears: make([]*Event, s.Nodes), snapshots: make([][]snapshot[S], s.Nodes), restores: s.restored(),
	}
	r.membership.start(s)
	for range s.Nodes {
		r.disk = append(r.disk, r.bottom.New())
	}
	var err error
	r.net, err = simnet.New(simnet.Config{
		Nodes: s.Nodes, Interval: s.Interval, Probe: s.Probe, Fanout: s.Fanout, Seed: s.Seed,
		Latency: s.latency(), Loss: float64(s.Loss) / 1000, Duplication: float64(s.Duplication) / 1000,
		Corruption: float64(s.Corruption) / 1000, Replay: float64(s.Replay) / 1000, ReplayWithin: s.End,
		Bandwidth: s.Bandwidth, Buffer: s.Buffer, MaxMessage: s.MaxMessage, Vary: p.vary(s), Paranoid: p.Paranoid,
	}, r.bottom)
	if err != nil {
		return nil, err
	}
	r.net.OnGrow = r.grown
	r.net.Cut = r.cut
	r.net.Tear = r.tear
	r.net.Fail = func(what string) { r.violate(Messages, "%s", what) }
	if p.Tell != nil {
		r.net.Watch = r.tellPacket
	}
	if p.History != nil {
		p.History.start(s)
		r.watchFloor()
	}
	if s.Disk {
		return r, r.newDisks()
	}
	return r, nil
}

// vary returns what puts a node's rules into its configuration.
func (p Player) vary(s Schedule) func(node int, c *replica.Config) {
	return func(node int, c *replica.Config) {
		s.vary(node, c)
		c.Reliable = p.Reliable
	}
}

// guarded plays the schedule, and has a panic be a violation.
func (r *run[S, K]) guarded() (result Result) {
	defer func() {
		if caught := recover(); caught != nil {
			r.violate(NoPanic, "%v\n%s", caught, debug.Stack())
			result = r.end()
		}
	}()
	r.play()
	return r.end()
}

// play lets the schedule happen, and then watches what becomes of it.
func (r *run[S, K]) play() {
	events := slices.Clone(r.s.Events)
	slices.SortStableFunc(events, func(a, b Event) int { return cmp.Compare(a.At, b.At) })
	var feed func()
	feed = func() {
		for len(events) > 0 && events[0].At <= r.net.Now() {
			e := events[0]
			events = events[1:]
			r.do(e)
		}
		if len(events) > 0 {
			r.net.At(events[0].At, feed)
		}
	}
	r.scheduleBackups()
	if len(events) > 0 {
		r.net.At(events[0].At, feed)
	}
	for r.net.Now() < r.s.End && r.going() {
		r.net.Run(min(r.s.End, r.net.Now()+checkpoints))
		r.checkpoint()
		r.takeSnapshots()
		r.requireSpread()
	}
	if !r.going() {
		return
	}
	r.faultless()
	r.result.Allowed, r.result.Usual = r.convergence(), r.usual()
	for !r.net.Converged() && r.net.Now() < r.s.End+r.result.Allowed && r.going() {
		r.net.Run(min(r.s.End+r.result.Allowed, r.net.Now()+r.s.Probe/8))
	}
	r.result.Converged = max(0, r.lastGrowth-r.s.End)
	r.checkpoint()
	r.requireConverged()
	r.requireSurvival()
	r.inspect()
	if r.going() {
		r.net.Run(r.net.Now() + r.settling())
		r.requireQuiet(quietIntervals)
		r.requireConverged()
		r.requireSteady()
	}
}

// quietIntervals is for how many probe intervals quiet is watched.
const quietIntervals = 6

func (r *run[S, K]) going() bool { return r.result.Violation == nil }

func (r *run[S, K]) end() Result {
	r.result.Trace = r.net.Trace()
	r.result.Sent, r.result.Delivered, r.result.Bytes = r.net.Sent, r.net.Delivered, r.net.Bytes
	r.result.Time = r.net.Now()
	return r.result
}

// live returns the nodes that are up.
func (r *run[S, K]) live() []int {
	var nodes []int
	for node := range r.s.Nodes {
		if r.net.Replica(node) != nil {
			nodes = append(nodes, node)
		}
	}
	return nodes
}

func (r *run[S, K]) requireConverged() {
	live := r.live()
	for _, node := range live {
		if a, b := r.net.Replica(live[0]).State(), r.net.Replica(node).State(); !a.Equal(b) {
			r.violate(Converges, "%v after the last fault n%d has %s, which n%d lacks, and lacks %s",
				r.net.Now()-r.s.End, live[0], brief(a.Minus(b)), node, brief(b.Minus(a)))
			return
		}
	}
}

// latency returns how the schedule has latencies drawn. It is arithmetic of integers
// only, for the same run on every machine.
func (s *Schedule) latency() simnet.Latency {
	longest := int64(s.Hop)
	switch s.Shape {
	case Uniform:
		return func(r *rand.Rand) time.Duration { return time.Duration(r.Int64N(longest + 1)) }
	case Exponential:
		return func(r *rand.Rand) time.Duration {
			return time.Duration(min(longest, exponential(r, longest/5)))
		}
	default:
		return simnet.Constant(s.Hop)
	}
}

// exponential draws from the exponential distribution by comparing numbers and nothing
// else (von Neumann 1951): of numbers drawn uniformly as long as they fall, the first is
// kept if they are odd in number; if they are even, the result is one mean greater,
// and it starts again.
func exponential(r *rand.Rand, mean int64) int64 {
	for whole := int64(0); ; whole++ {
		first := r.Uint32()
		last, odd := first, true
		for {
			next := r.Uint32()
			if next >= last {
				break
			}
			last, odd = next, !odd
		}
		if odd {
			return whole*mean + int64(uint64(mean)*uint64(first)>>32)
		}
	}
}
