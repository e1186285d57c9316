package bench

import "fmt"

// NodeError says that a test could not be carried through because of a node:
// it could not be started, did not answer init, or exited.
type NodeError struct {
	Node   string
	Reason string // complete but for the node's name
	Exit   string // how it exited, "" if it did not

	// The last lines it printed, each ended by a line feed.
	Stdout, Stderr string
	LogFile        string // the whole of Stderr, "" if it is nowhere

	Repeat string // the command line that repeats the test, "" if unknown
}

func (e *NodeError) Error() string {
	text := fmt.Sprintf("node %s %s\n\nThe last lines of its standard output:\n\n%s\nand of its standard error:\n\n%s",
		e.Node, e.Reason, OrNone(e.Stdout), OrNone(e.Stderr))
	if e.LogFile != "" {
		text += fmt.Sprintf("\nAll of its standard error is in %s", e.LogFile)
	}
	if e.Repeat != "" {
		text += "\nTo repeat it: " + e.Repeat
	}
	return text
}

func OrNone(lines string) string {
	if lines == "" {
		return "(nothing)\n"
	}
	return lines
}
