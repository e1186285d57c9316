package replica

import (
	"errors"
	"fmt"
	"time"

	"gset/crdt"
	"gset/crdt/riblt"
)

// Kind says what a message is for. Every message is self-contained, may be lost,
// duplicated, reordered or delayed, and is understood without any other.
type Kind uint8

const (
	Gather  Kind = 1 + iota // news on its way to the hub
	Scatter                 // the news of a round, from a hub to everyone; or the answer to one gather
	Probe                   // a digest, to be compared, and an estimator of the difference
	Sketch                  // a coded sketch, from which its receiver finds out what differs
	Repair                  // cells the receiver lacks, and the ids of cells wanted back
)

var kindNames = [...]string{Gather: "gather", Scatter: "scatter", Probe: "probe", Sketch: "sketch", Repair: "repair"}

// Kinds returns all kinds of messages, for drivers that dispatch by name.
func Kinds() []Kind { return []Kind{Gather, Scatter, Probe, Sketch, Repair} }

// String returns the kind's name on the wire.
func (k Kind) String() string {
	if k < Gather || k > Repair {
		return "unknown"
	}
	return kindNames[k]
}

// Message is what replicas tell each other. The first four fields are on every
// message, the others on the kinds named; elsewhere they are zero.
type Message[S crdt.Lattice[S]] struct {
	Kind   Kind
	View   uint64           // the sender's view, a Lamport number, at most 2^52
	Digest crdt.Fingerprint // of the sender's settled state; see Replica.Settled
	Stamp  time.Duration    // the sender's clock, for the receiver to return

	// Answer closes a round trip, if the sender has heard from the receiver of late. On a
	// scatter down a tree it has no meaning; the relay's echoes stand in for it.
	Answer *Answer

	// Scatter: the time until the sender may scatter again.
	Next time.Duration

	// Scatter: set if it goes down a tree.
	Relay *Relay

	// Sketch, Repair: what the message is about. It is everything but on a sketch or
	// a state that takes more than one message, and zero on other kinds.
	Span Span

	// Probe, Sketch: a sketch of the sender's settled state, within the span. A probe's
	// has no coded cells: it says how many the answer should have.
	Sketch *riblt.Sketch

	// Repair: Whole if Delta is all the sender has in the span; it is answered with what
	// the receiver has beyond that. Ask if an answer is wanted with what the receiver
	// has beyond Delta in the cells of Delta, and in those of Want.
	Whole, Ask bool
	Want       []crdt.CellID // ids that increase

	// Repair: one of several messages of a repair that is too long for one.
	Partial bool

	Delta S // Gather, Scatter, Repair; the zero S elsewhere
}

// check finds out whether a message says what a message of its kind must. One that was
// decoded has all its fields; what they say of each other is checked here, and of the
// receiver's place among the members.
func (m *Message[S]) check(self, members int) error {
	var none S
	switch {
	case m.Kind < Gather || m.Kind > Repair:
		return fmt.Errorf("a message of the unknown kind %d", m.Kind)
	case m.Kind.hasDelta() && any(m.Delta) == any(none):
		return fmt.Errorf("a %v without a delta", m.Kind)
	case m.Kind.hasSketch() && m.Sketch == nil:
		return fmt.Errorf("a %v without a sketch", m.Kind)
	case m.Relay != nil && (m.Kind != Scatter || m.Relay.Root >= members || m.Relay.Root == self):
		return errors.New("a scatter of someone who does not scatter to us")
	case m.Kind == Repair && m.Span != everything && !within(m.Delta, m.Span):
		return errors.New("a repair with a cell outside its span")
	}
	return nil
}

// within reports whether all cells of a state are in a span.
func within[S crdt.Lattice[S]](state S, span Span) bool {
	for c := range state.Cells(0) {
		if !span.contains(c.ID) {
			return false
		}
	}
	return true
}

// Answer returns the stamp of a message that its receiver has heard.
type Answer struct {
	Stamp time.Duration // as it came
	Wait  time.Duration // from its arrival until this answer was sent
}

// Span is a range of cell ids, both ends included.
type Span struct{ First, Last crdt.CellID }

// everything is the span of all cells.
var everything = Span{First: 0, Last: ^crdt.CellID(0)}

func (s Span) contains(id crdt.CellID) bool { return s.First <= id && id <= s.Last }

// Envelope is a message and where to send it.
type Envelope[S crdt.Lattice[S]] struct {
	To      ID
	Message Message[S]
}
