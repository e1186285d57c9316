// Package report holds what came of a test and writes it for people: the map that Maelstrom
// prints, the verdict, and what is said while the test runs.
package report

import (
	"fmt"
	"time"

	"gset/internal/bench/checker"
	"gset/internal/bench/edn"
	"gset/internal/bench/history"
	"gset/internal/bench/journal"
)

// Results are what came of a test that could be carried through.
type Results struct {
	Valid checker.Validity // of all checkers together

	Stats        checker.Stats
	Availability checker.Availability
	Net          journal.NetStats
	Crashes      []checker.CrashStats
	Workload     checker.Result
	FinalReads   checker.FinalReads

	Faults  []NodeFault // by which the bench stopped listening to nodes
	Strict  bool        // what the workload's checker objects to makes the test invalid
	Options edn.Map     // of the test, by their names on the command line
	Seed    int64
	Dir     string        // where results were written, "" if nowhere
	Elapsed time.Duration // from the start of the nodes to the verdict
	History *history.History

	Words    []string // the verdict in words, at most ten lines; see package words
	Schedule Schedule
}

// Schedule says whether the bench kept to what it was asked for.
type Schedule struct {
	Asked float64       // operations in the main phase, in the mean
	Begun int           // of them
	Lag   time.Duration // how late the bench itself was, in all but 1 of 100 cases
}

// Judge sets Valid from the verdicts of all checkers.
func (r *Results) Judge() {
	r.Valid = checker.Worst(r.Stats.Valid, r.Availability.Valid, r.Workload.Validity())
	if r.Strict && len(r.Objections()) > 0 {
		r.Valid = checker.Invalid
	}
}

// Objections are sentences about what Maelstrom's checkers do not see: the workload's, nodes that were muted
// for what they printed, and a test without a single final read. A test that is to be judged
// strictly is invalid if there are any.
func (r *Results) Objections() []string {
	all := r.Workload.Objections()
	for _, f := range r.Faults {
		if !f.Late {
			all = append(all, fmt.Sprintf("node %s was muted for what it printed: %v", f.Node, f.Err))
		}
	}
	if r.FinalReads.None() {
		all = append(all, fmt.Sprintf("none of the %d final reads succeeded", r.FinalReads.Asked))
	}
	return all
}

// Set returns the verdict on a broadcast or g-set test, nil for other workloads.
func (r *Results) Set() *checker.Set {
	s, _ := r.Workload.(*checker.Set)
	return s
}

// Counter returns the verdict on a g-counter or pn-counter test, nil for other
// workloads.
func (r *Results) Counter() *checker.Counter {
	c, _ := r.Workload.(*checker.Counter)
	return c
}

// NodeFault is a line that a node printed and that could not be delivered. As
// Maelstrom does, the bench takes nothing from the node from then on, though
// the node lives and is sent messages.
type NodeFault struct {
	Node string
	At   time.Duration // on the history's clock
	Err  error
	Late bool // it was a reply to a client that had left, which faults may bring about in any node
	// Stderr is the last lines of its standard error then, each ended by a line feed.
	Stderr string
}

func (f NodeFault) String() string {
	return fmt.Sprintf("node %s at %.3f s: %v", f.Node, f.At.Seconds(), f.Err)
}
