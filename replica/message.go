package replica

import (
	"time"

	"gset/crdt"
)

// Kind says what a message is for. Every message is self-contained, may be lost,
// duplicated, reordered or delayed, and is understood without any other.
type Kind uint8

const (
	Gather  Kind = 1 + iota // news on its way to the hub
	Scatter                 // the news of a round, from a hub to everyone; or the answer to one gather
	Probe                   // a digest, to be compared
	Sketch                  // the hashes of the sender's cells in a span
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
	View   uint64        // the sender's view, a Lamport number, at most 2^52
	Digest crdt.Digest   // of the sender's settled state; see Replica.Settled
	Stamp  time.Duration // the sender's clock, for the receiver to return

	// Answer closes a round trip, if the sender has heard from the receiver of late.
	Answer *Answer

	// Scatter: the time until the sender may scatter again.
	Next time.Duration

	// Sketch: the cells listed are all the sender has with ids in this span.
	// Repair: if set, Delta is all the sender has in this span.
	Span *Span

	Cells []CellHash    // Sketch: by increasing id
	Want  []crdt.CellID // Repair: ids of cells the sender asks for, increasing
	Delta S             // Gather, Scatter, Repair; the zero S elsewhere
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

// CellHash is a cell as a sketch tells of it. Half of a cell's hash travels: 64
// bits make an accidental match of different cells a matter of 2^-64, and
// the next audit would notice.
type CellHash struct {
	ID   crdt.CellID
	Hash uint64
}

func cellHash(c crdt.Cell) CellHash { return CellHash{c.ID, c.Hash.Lo} }

// Envelope is a message and where to send it.
type Envelope[S crdt.Lattice[S]] struct {
	To      ID
	Message Message[S]
}
