package bench

import (
	"fmt"
	"time"
)

// NodeError says that a node ended a test before it was over: it could not be started, did not answer init, or
// exited.
type NodeError struct {
	Node   string
	Reason string        // complete but for the node's name
	Exit   string        // how it exited, "" if it did not
	At     time.Duration // when, on the network's clock
	Late   bool          // it did not answer in time, and may have been busy

	// The last lines it printed, each ended by a line feed.
	Stdout, Stderr string
	LogFile        string // the whole of Stderr, "" if it is nowhere
}

func (e *NodeError) Error() string {
	return fmt.Sprintf("node %s %s\n\nThe last lines of its standard output:\n\n%s\nand of its standard error:\n\n%s",
		e.Node, e.Reason, OrNone(e.Stdout), OrNone(e.Stderr))
}

// OrNone says so if there are no lines.
func OrNone(lines string) string {
	if lines == "" {
		return "(nothing)\n"
	}
	return lines
}
