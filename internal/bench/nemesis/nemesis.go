// Package nemesis says which faults a test has, and when: the partitions, kills and pauses of
// Jepsen's nemesis, and spells in which all messages are lost, doubled or slow.
package nemesis

import (
	"math"
	"math/rand/v2"
	"slices"
	"strings"
	"sync/atomic"
	"time"

	"gset/internal/bench/edn"
	"gset/internal/bench/generator"
)

// Nemesis begins faults and ends them again. Each fault has a schedule of its own, save kills
// and pauses: these share one, and each of its operations is a fair coin between them. An operation
// that is due while another is under way waits for that one's end. All that is as in Jepsen.
//
// The methods must not be called concurrently, save Fault.
type Nemesis struct {
	nodes    []string
	interval time.Duration
	world    World
	log      func(format string, args ...any)

	tracks     []*track
	conditions *Conditions
	busy       bool                   // an operation is under way
	inForce    atomic.Pointer[string] // what Fault says; nil: nothing
}

// World is what a nemesis acts on.
type World interface {
	// Record adds an entry of the nemesis to the history.
	Record(f string, value any)
	// Hold has every receiver drop what comes from the senders that the grudge names for
	// it; nil heals the network.
	Hold(Grudge)
	// Suffer has all messages between nodes suffer the conditions from now on.
	Suffer(Conditions)
	// Processes does something to the processes of the nodes named. It calls done when that is done,
	// perhaps only after it has returned, with what became of each, and then lets the nemesis act.
	Processes(act Act, nodes []string, done func(outcomes []edn.Keyword))
}

// track is a schedule, and the faults that turn by it.
type track struct {
	*Nemesis
	rng      *rand.Rand
	schedule *generator.Schedule
	faults   []disturbance
}

// New makes a nemesis of the given faults, each of which acts at gaps of the given mean. rng returns
// the randomness of a fault; that of Kill is for Pause too. The nemesis acts on no
// world before Begin.
func New(nodes []string, faults []Fault, interval time.Duration, rng func(Fault) *rand.Rand, log func(format string, args ...any)) *Nemesis {
	n := &Nemesis{nodes: nodes, interval: interval, log: log, conditions: &Conditions{}}
	has := func(f Fault) bool { return slices.Contains(faults, f) }
	add := func(f Fault) *track {
		t := &track{Nemesis: n, rng: rng(f)}
		n.tracks = append(n.tracks, t)
		return t
	}
	if has(Partition) {
		t := add(Partition)
		t.faults = []disturbance{&partitions{track: t}}
	}
	if has(Kill) || has(Pause) {
		t := add(Kill)
		if has(Pause) {
			t.faults = append(t.faults, &outages{track: t, down: SuspendProcess, up: ResumeProcess})
		}
		if has(Kill) {
			t.faults = append(t.faults, &outages{track: t, down: KillProcess, up: StartProcess})
		}
	}
	for _, f := range []Fault{Loss, Duplicate, Slow} {
		if has(f) {
			t := add(f)
			t.faults = []disturbance{&condition{track: t, fault: f}}
		}
	}
	return n
}

// Begin makes the nemesis act on a world from start until end.
func (n *Nemesis) Begin(w World, start, end time.Duration) {
	n.world = w
	for _, t := range n.tracks {
		t.schedule = generator.New(t.rng, start, end, float64(n.interval))
	}
}

// Act does what is due now, if anything is and nothing is under way.
func (n *Nemesis) Act(now time.Duration) {
	for !n.busy {
		t := n.first()
		if t == nil || !t.schedule.Due(now) {
			return
		}
		if !t.schedule.Ready(now) { // it has waited beyond the end
			continue
		}
		fault := t.faults[0]
		if len(t.faults) > 1 {
			fault = t.faults[t.rng.IntN(len(t.faults))]
		}
		n.do(fault.turn, func() {})
		t.schedule.Advance()
	}
}

// first returns the track that acts first, nil if all are over.
func (n *Nemesis) first() *track {
	var first *track
	for _, t := range n.tracks {
		if !t.schedule.Over() && (first == nil || t.schedule.Next < first.schedule.Next) {
			first = t
		}
	}
	return first
}

// do does one thing, during which the nemesis is busy, and then calls done.
func (n *Nemesis) do(thing func(done func()), done func()) {
	n.busy = true
	thing(func() {
		n.busy = false
		n.publish()
		done()
	})
	n.publish()
}

// Over tells whether the nemesis has nothing more to do and nothing is under way.
func (n *Nemesis) Over() bool { return !n.busy && n.first() == nil }

// Next is when the nemesis acts next, unless it is over: at the end of time as long as something
// is under way.
func (n *Nemesis) Next() time.Duration {
	if t := n.first(); t != nil && !n.busy {
		return t.schedule.Next
	}
	return math.MaxInt64
}

// Heal ends all faults, one after the other and whether or not they are in force, and calls
// done. Nothing may be under way.
func (n *Nemesis) Heal(done func()) {
	var rest []disturbance
	for _, t := range n.tracks {
		rest = append(rest, t.faults...)
	}
	var next func()
	next = func() {
		if len(rest) == 0 {
			done()
			return
		}
		fault := rest[0]
		rest = rest[1:]
		n.do(fault.end, next)
	}
	next()
}

// publish sets what Fault says.
func (n *Nemesis) publish() {
	var all []string
	for _, t := range n.tracks {
		for _, f := range t.faults {
			if text := f.describe(); text != "" {
				all = append(all, text)
			}
		}
	}
	text := strings.Join(all, ", ")
	n.inForce.Store(&text)
}

// Fault describes the faults now in force. n may be nil.
func (n *Nemesis) Fault() string {
	if n != nil {
		if text := n.inForce.Load(); text != nil && *text != "" {
			return *text
		}
	}
	return "none"
}
