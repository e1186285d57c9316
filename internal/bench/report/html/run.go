package html

import (
	"iter"
	"time"

	"gset/internal/bench/report/messages"
)

// Run is what a report shows of a test. All times are on one clock, which begins when the
// test does. They are shown as what they are after Zero, which is the zero of the test's history and record of
// messages, so that times can be looked up there. Texts may hold anything: the report shows them as text.
type Run struct {
	Workload string
	Title    string // what was tested, such as the node binary's name
	Command  string // the command line that repeats the test; "" shows none
	Seed     int64
	Began    time.Time
	Length   time.Duration // from the clock's beginning to the test's end
	Load     time.Duration // of that, how long clients were to begin operations; 0 if that is not known
	Zero     time.Duration // when all nodes were up

	Verdict Verdict
	// Objected says that there is something to object to that the verdict does not depend on.
	Objected bool
	Words    []string  // the verdict in words, line by line
	Figures  []Labeled // the figures people look for first, such as msgs-per-op
	Options  []Labeled // the options the test ran with

	Nodes  []string // in the order in which they are shown
	Faults []Fault
	Marks  []Mark

	// Operations yields the clients' operations in any order. It is called once; nil
	// shows none. Write keeps a bounded number of them.
	Operations iter.Seq[Operation]
	// Elements are those of a set, in any order; nil for workloads without elements.
	Elements []Element
	// Traffic is what a [Collector] has gathered of the messages; nil shows none.
	Traffic *Collector
}

// A Verdict is how a test ended.
type Verdict string

// The verdicts.
const (
	Valid   Verdict = "valid"
	Invalid Verdict = "invalid"
	Unknown Verdict = "unknown"

	// Failed and Interrupted are those of tests that ended before they were over.
	Failed      Verdict = "failed"
	Interrupted Verdict = "interrupted"
)

// Labeled is a text with a name.
type Labeled struct{ Name, Text string }

// A Fault is an interval in which a fault was in force.
type Fault struct {
	Kind     string        // partition, kill, pause, loss...: faults of a kind share a row
	Words    string        // what it was, such as "n1 and n4 cut off from n0, n2 and n3"
	Nodes    []string      // whom it struck; nil if that is the network as a whole
	From, To time.Duration // To is the test's end if nobody lifted it
}

// A Mark is a moment worth a line in every plot over time, such as the final reads.
type Mark struct {
	At    time.Duration
	Words string
}

// An Outcome is how an operation ended.
type Outcome uint8

// The outcomes of operations. One that ended with Info may or may not have happened.
const (
	OK Outcome = iota
	Fail
	Info
	outcomes
)

var outcomeNames = [outcomes]string{"ok", "fail", "info"}

// An Operation is a client's operation from its invocation to its completion.
type Operation struct {
	Process            int
	Node               string // that the client talked to
	F                  string // read, add, broadcast...
	Value              string // as text
	Invoked, Completed time.Duration
	Outcome            Outcome
	Error              string // why it did not end with OK
}

// An ElementFate is what a checker found of an element.
type ElementFate uint8

// The fates of elements, as Jepsen's set-full names them.
const (
	Stable ElementFate = iota
	Gone               // "lost" there: a read that began after it was known did not show it
	NeverRead
	elementFates
)

var elementFateNames = [elementFates]string{"stable", "lost", "never-read"}

// An Element is one element of a set and what became of it.
type Element struct {
	Value int64
	Fate  ElementFate
	// Known is when its write was acknowledged or a read first showed it, whichever
	// came first.
	Known time.Duration
	// Latency is its stable latency: how long after Known a read still began that did
	// not show it. It means nothing unless Fate is Stable.
	Latency time.Duration
	// MissingAt are nodes whose last read does not show it.
	MissingAt []string
}

// Collect adds all messages of a sequence to a collector and stops at an error.
func (c *Collector) Collect(seq iter.Seq2[*messages.Message, error]) error {
	for m, err := range seq {
		if err != nil {
			return err
		}
		c.Add(m)
	}
	return nil
}
