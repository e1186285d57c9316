package squall

import (
	"fmt"
	"time"
)

// Results are what came of a test that could be carried through.
type Results struct {
	Valid Validity // of all checkers together

	Stats        Stats
	Availability Availability
	Net          NetStats
	Crashes      []CrashStats
	Workload     WorkloadResult

	Faults  []NodeFault // by which the bench stopped listening to nodes
	Seed    int64
	Dir     string        // where results were written, "" if nowhere
	Elapsed time.Duration // from the start of the nodes to the verdict
	History *History
}

// Set returns the verdict on a broadcast or g-set test, nil for other workloads.
func (r *Results) Set() *SetResult {
	s, _ := r.Workload.(*SetResult)
	return s
}

// Counter returns the verdict on a g-counter or pn-counter test, nil for other
// workloads.
func (r *Results) Counter() *CounterResult {
	c, _ := r.Workload.(*CounterResult)
	return c
}

// NodeFault is a line that a node printed and that could not be delivered. As
// Maelstrom does, the bench takes nothing from the node from then on, though
// the node lives and is sent messages.
type NodeFault struct {
	Node string
	At   time.Duration // since the nodes were started
	Err  error
}

func (f NodeFault) String() string {
	return fmt.Sprintf("node %s at %.3f s: %v", f.Node, f.At.Seconds(), f.Err)
}

// NodeError says that a test could not be carried through because of a node:
// it could not be started, did not answer init, or exited.
type NodeError struct {
	Node   string
	Reason string // complete but for the node's name
	Exit   string // how it exited, "" if it did not

	// The last lines it printed, each ended by a line feed.
	Stdout, Stderr string
	LogFile        string // the whole of Stderr, "" if it is nowhere
}

func (e *NodeError) Error() string {
	text := fmt.Sprintf("node %s %s\n\nThe last lines of its standard output:\n\n%s\nand of its standard error:\n\n%s",
		e.Node, e.Reason, orNone(e.Stdout), orNone(e.Stderr))
	if e.LogFile != "" {
		text += fmt.Sprintf("\nAll of its standard error is in %s", e.LogFile)
	}
	return text
}

func orNone(lines string) string {
	if lines == "" {
		return "(nothing)\n"
	}
	return lines
}
