package bench

import (
	"fmt"
	"strings"
	"time"
)

// NodeError says that a test could not be carried through because of a node:
// it could not be started, did not answer init, or exited.
type NodeError struct {
	Node   string
	Reason string        // complete but for the node's name
	Exit   string        // how it exited, "" if it did not
	At     time.Duration // when, on the network's clock

	// The last lines it printed, each ended by a line feed.
	Stdout, Stderr string
	LogFile        string // the whole of Stderr, "" if it is nowhere

	Verdict []string // the verdict in words, at most ten lines; see package words
}

func (e *NodeError) Error() string {
	text := fmt.Sprintf("node %s %s\n\nThe last lines of its standard output:\n\n%s\nand of its standard error:\n\n%s",
		e.Node, e.Reason, OrNone(e.Stdout), OrNone(e.Stderr))
	if e.Verdict != nil {
		text += "\n" + strings.Join(e.Verdict, "\n")
	}
	return text
}

// OrNone says so if there are no lines.
func OrNone(lines string) string {
	if lines == "" {
		return "(nothing)\n"
	}
	return lines
}
