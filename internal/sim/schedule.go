package sim

import (
	"fmt"
	"slices"
	"strings"
	"time"
)

// Schedule is a run as data: the cluster, its network, and what happens when. A run
// depends on nothing else.
type Schedule struct {
	Seed    uint64 // of the hash key, the clocks' origins, the latencies and losses
	Lattice Lattice
	Nodes   int

	Interval time.Duration // T of every replica
	Probe    time.Duration // R of every replica
	Fanout   int           // of every replica; 0 is its default
	Mixed    bool          `json:",omitempty"` // replicas differ in T, R and fanout; see Schedule.mixed

	Shape Shape         // of the latencies
	Hop   time.Duration // no message is under way for longer, apart from Bandwidth

	// Until End messages are lost, delivered twice, damaged, and replayed at any time later,
	// so many in a thousand.
	Loss, Duplication  int
	Corruption, Replay int `json:",omitempty"`

	Bandwidth  int // bytes a second that a node can send; 0 is no limit
	Buffer     int `json:",omitempty"` // bytes that can wait at a node; 0 is no limit
	MaxMessage int // bytes

	// Disk: every node keeps its state in a store on a file system that crashes, and starts again with what
	// is in it; see disk. Otherwise what a node was told to make durable is never lost by a crash.
	Disk bool `json:",omitempty"`

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
	WeakSet   Lattice = "weakset" // a GSet with hashes so short that unequal cells often look alike
)

// Lattices returns all of them.
func Lattices() []Lattice { return []Lattice{GSet, GCounter, PNCounter, WeakSet} }

// set reports whether clients add elements, and not numbers.
func (l Lattice) set() bool { return l == GSet || l == WeakSet }

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
	// again with all it was told to make durable: as a state, or as a snapshot if Value is
	// not zero.
	Crash What = "crash"

	// Tear: Node stops in the middle of its next event that puts something out, before that
	// is durable, or, if Value is not below zero, after so many of its messages. It starts
	// again as after a crash.
	Tear What = "tear"

	// Rollback: Node stops, and starts again from a snapshot that was taken Value ns before
	// or earlier. What it learned since is lost.
	Rollback What = "rollback"

	// Leave: Node is taken off the list of members, and stops when nothing is pending with
	// it. Afterwards it joins again, with its state unless it loses that; not at all if For
	// is zero. Every other node learns of either within Value ns.
	Leave What = "leave"

	Forget What = "forget" // Peer is missing on Node's list of members

	Skew What = "skew" // Node's clock gains Value microseconds a second, for good
	Jump What = "jump" // Node's clock is set by Value ns, forward or back

	// The following are of schedules with disks. There a Crash leaves all that was written, unless the node loses
	// its folder, and a Rollback puts a copy of the folder in its place.

	// Power: the power of Node fails in the call of its file system that comes after Value others: in a sync, a write,
	// a rename, while its store is opened. At once if Value is below zero. Of what was not synced each sector is
	// written, lost, or torn.
	Power What = "power"

	Kill What = "kill" // the same, but it is the process that dies, and all that it wrote is there
	Full What = "full" // Node's disk has room for Value bytes more
	Fail What = "fail" // of the calls of Node's file system fail Value in a thousand: of syncs, writes, renames
)

// Faults returns all kinds of events but updates.
func Faults() []What { return append(networkFaults(), diskFaults()...) }

// networkFaults are those of all schedules.
func networkFaults() []What {
	return []What{Cut, Break, Flap, Slow, Freeze, Crash, Tear, Rollback, Leave, Forget, Skew, Jump}
}

// diskFaults are those of schedules with disks.
func diskFaults() []What { return []What{Power, Kill, Full, Fail} }

// ofDisk reports whether a kind of event takes disks.
func (w What) ofDisk() bool { return slices.Contains(diskFaults(), w) }

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
	case Full:
		return at + fmt.Sprintf("full disk of %s but for %d bytes", node, e.Value) + lasts
	case Fail:
		return at + fmt.Sprintf("fail %.1f%% of calls of the disk of %s", float64(e.Value)/10, node) + lasts
	case Crash, Tear, Rollback, Leave, Power, Kill:
		keeps := ", keeping its state"
		if e.Lose {
			keeps = ", losing its state"
		}
		if e.For == 0 {
			lasts, keeps = " for good", ""
		}
		return at + e.stopping(node) + lasts + keeps
	case Forget:
		return at + fmt.Sprintf("forget n%d on the list of %s", e.Peer, node) + lasts
	case Skew:
		return at + fmt.Sprintf("skew %s by %d us/s", node, e.Value)
	case Jump:
		return at + fmt.Sprintf("jump %s by %v", node, time.Duration(e.Value))
	}
	return at + string(e.What)
}

// stopping says how a node comes to stop.
func (e Event) stopping(node string) string {
	switch value := time.Duration(e.Value); {
	case e.What == Tear && e.Value < 0:
		return fmt.Sprintf("tear %s before anything is durable", node)
	case e.What == Tear:
		return fmt.Sprintf("tear %s after %d messages", node, e.Value)
	case e.What == Rollback:
		return fmt.Sprintf("roll %s back by %v", node, value)
	case (e.What == Power || e.What == Kill) && e.Value >= 0:
		return fmt.Sprintf("%s of %s fails after %d calls of its disk", map[What]string{Power: "power", Kill: "process"}[e.What], node, e.Value)
	case e.What == Power:
		return fmt.Sprintf("power of %s fails", node)
	case e.What == Leave:
		return fmt.Sprintf("leave %s, as all learn within %v,", node, value)
	case e.Value != 0:
		return fmt.Sprintf("crash %s to a snapshot", node)
	}
	return fmt.Sprintf("crash %s", node)
}

// String lists the schedule, one event a line.
func (s Schedule) String() string {
	var b strings.Builder
	fmt.Fprintf(&b, "%d nodes with a %s, seed %d\n", s.Nodes, s.Lattice, s.Seed)
	fmt.Fprintf(&b, "interval %v, probe %v, messages of up to %d bytes", s.Interval, s.Probe, s.MaxMessage)
	if s.Fanout > 0 {
		fmt.Fprintf(&b, ", to %d others at most", s.Fanout)
	}
	if s.Mixed {
		b.WriteString(", but not all nodes alike")
	}
	if s.Disk {
		b.WriteString(", on disks")
	}
	b.WriteByte('\n')
	fmt.Fprintf(&b, "latency %s up to %v", s.Shape, s.Hop)
	if s.Bandwidth > 0 {
		fmt.Fprintf(&b, ", %d bytes a second", s.Bandwidth)
	}
	if s.Buffer > 0 {
		fmt.Fprintf(&b, ", buffers of %d bytes", s.Buffer)
	}
	for _, share := range []struct {
		what     string
		thousand int
	}{{"lost", s.Loss}, {"twice", s.Duplication}, {"damaged", s.Corruption}, {"replayed", s.Replay}} {
		if share.thousand > 0 {
			fmt.Fprintf(&b, ", %.1f%% %s", float64(share.thousand)/10, share.what)
		}
	}
	b.WriteByte('\n')
	for _, e := range s.Events {
		fmt.Fprintln(&b, e)
	}
	fmt.Fprintf(&b, "%-12v the end of all faults\n", s.End)
	return b.String()
}
