package sim

import (
	"fmt"
	"strings"
	"time"
)

// Schedule is a run as data: the cluster, its network, and what happens when. A run
// depends on nothing else.
type Schedule struct {
	Seed    uint64 // of the shared coin, the clocks' origins, the latencies and losses
	Lattice Lattice
	Nodes   int

	Interval time.Duration // T of every replica
	Probe    time.Duration // R of every replica
	Fanout   int           // of every replica; 0 is its default

	Shape Shape         // of the latencies
	Hop   time.Duration // no message is under way for longer, apart from Bandwidth

	// Until End messages are lost and delivered twice, so many in a thousand.
	Loss, Duplication int

	Bandwidth  int // bytes a second that a node can send; 0 is no limit
	MaxMessage int // bytes

	// End is when all faults end that end at all. Updates end before.
	End time.Duration

	Events []Event // by time
}

// Lattice names the type of the replicated state.
type Lattice string

const (
	GSet      Lattice = "gset"
	GCounter  Lattice = "gcounter"
	PNCounter Lattice = "pncounter"
)

// Lattices returns all of them.
func Lattices() []Lattice { return []Lattice{GSet, GCounter, PNCounter} }

// Shape is how latencies are distributed up to the longest.
type Shape string

const (
	Constant    Shape = "constant"
	Uniform     Shape = "uniform"
	Exponential Shape = "exponential" // with a fifth of the longest for a mean, cut off there
)

// What is a kind of event.
type What string

const (
	// Update: a client of Node adds. To a set it adds Count elements from Value on, Step
	// apart; to a counter Value.
	Update What = "update"

	// The others are faults. Each lasts for For, and ends at Schedule.End in any case,
	// but for a crash that is for good, and clocks.

	Cut    What = "cut"    // the network is cut as Kind says, drawn from Seed
	Break  What = "break"  // nothing comes through from Node to Peer
	Flap   What = "flap"   // that link breaks and mends again, each time after Value ns
	Slow   What = "slow"   // everything takes Node longer, by Value ns
	Freeze What = "freeze" // Node does nothing, and clients and messages wait

	// Crash: Node stops, for good if For is zero. Unless it loses its state, it starts
	// again with all it was told to make durable.
	Crash What = "crash"

	Skew What = "skew" // Node's clock gains Value microseconds a second, for good
	Jump What = "jump" // Node's clock is set by Value ns, forward or back
)

// Faults returns all kinds of events but updates.
func Faults() []What { return []What{Cut, Break, Flap, Slow, Freeze, Crash, Skew, Jump} }

// Event is something that happens at a time. Fields that a kind does not name are zero.
type Event struct {
	At    time.Duration
	What  What
	Node  int           `json:",omitempty"`
	Hub   bool          `json:",omitempty"` // Node is the hub of that moment
	Peer  int           `json:",omitempty"`
	For   time.Duration `json:",omitempty"`
	Value int64         `json:",omitempty"`
	Count int           `json:",omitempty"`
	Step  int64         `json:",omitempty"`
	Kind  string        `json:",omitempty"`
	Seed  uint64        `json:",omitempty"`
	Lose  bool          `json:",omitempty"`
}

func (e Event) String() string {
	at := fmt.Sprintf("%-12v ", e.At)
	lasts := fmt.Sprintf(" for %v", e.For)
	node := fmt.Sprintf("n%d", e.Node)
	if e.Hub {
		node = "the hub"
	}
	switch e.What {
	case Update:
		switch {
		case e.Count > 1:
			return at + fmt.Sprintf("update %s: %d elements from %d on, %d apart", node, e.Count, e.Value, e.Step)
		default:
			return at + fmt.Sprintf("update %s: %d", node, e.Value)
		}
	case Cut:
		return at + fmt.Sprintf("cut %s (seed %d)", e.Kind, e.Seed) + lasts
	case Break:
		return at + fmt.Sprintf("break %s -> n%d", node, e.Peer) + lasts
	case Flap:
		return at + fmt.Sprintf("flap %s -> n%d every %v", node, e.Peer, time.Duration(e.Value)) + lasts
	case Slow:
		return at + fmt.Sprintf("slow %s by %v", node, time.Duration(e.Value)) + lasts
	case Freeze:
		return at + fmt.Sprintf("freeze %s", node) + lasts
	case Crash:
		keeps := ", keeping its state"
		if e.Lose {
			keeps = ", losing its state"
		}
		if e.For == 0 {
			lasts, keeps = " for good", ""
		}
		return at + fmt.Sprintf("crash %s", node) + lasts + keeps
	case Skew:
		return at + fmt.Sprintf("skew %s by %d us/s", node, e.Value)
	case Jump:
		return at + fmt.Sprintf("jump %s by %v", node, time.Duration(e.Value))
	}
	return at + string(e.What)
}

// String lists the schedule, one event a line.
func (s Schedule) String() string {
	var b strings.Builder
	fmt.Fprintf(&b, "%d nodes with a %s, seed %d\n", s.Nodes, s.Lattice, s.Seed)
	fmt.Fprintf(&b, "interval %v, probe %v, messages of up to %d bytes", s.Interval, s.Probe, s.MaxMessage)
	if s.Fanout > 0 {
		fmt.Fprintf(&b, ", to %d others at most", s.Fanout)
	}
	b.WriteByte('\n')
	fmt.Fprintf(&b, "latency %s up to %v", s.Shape, s.Hop)
	if s.Bandwidth > 0 {
		fmt.Fprintf(&b, ", %d bytes a second", s.Bandwidth)
	}
	if s.Loss > 0 {
		fmt.Fprintf(&b, ", %.1f%% lost", float64(s.Loss)/10)
	}
	if s.Duplication > 0 {
		fmt.Fprintf(&b, ", %.1f%% twice", float64(s.Duplication)/10)
	}
	b.WriteByte('\n')
	for _, e := range s.Events {
		fmt.Fprintln(&b, e)
	}
	fmt.Fprintf(&b, "%-12v the end of all faults\n", s.End)
	return b.String()
}
