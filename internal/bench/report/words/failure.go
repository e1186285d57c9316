package words

import (
	"fmt"
	"time"

	"gset/internal/bench/history"
)

// Failure is what ended a test before it was over.
type Failure struct {
	Node           string        // whose fault it was; "" if it was no node's
	Reason         string        // a clause that follows the node's name, if there is one
	At             time.Duration // on the history's clock; negative if operations had not begun
	Stdout, Stderr string        // the last lines that the node printed, each ended by a line feed
	LogFile        string        // all of its standard error, "" if it is nowhere
	Interrupted    bool          // somebody wanted it
}

// FailureLines are the verdict on a test that ended before it was over, as [Lines] are of others. Its history
// may be nil.
func FailureLines(t *Test, f *Failure) []string {
	v := newView(t)
	v.early = true
	switch {
	case f.Interrupted:
		return v.bounded([]string{fmt.Sprintf("INTERRUPTED: %s: %s", v.subject(), f.Reason)}, nil)
	case f.Node == "":
		return v.bounded([]string{fmt.Sprintf("FAILED: %s: %s", v.subject(), f.Reason)}, nil)
	}
	lines := []string{fmt.Sprintf("FAILED: %s: node %s %s", v.subject(), f.Node, f.Reason)}
	middle := []string{
		"Its last lines on standard error: " + quoted(f.Stderr),
		"Its last lines on standard output: " + quoted(f.Stdout),
	}
	if f.LogFile != "" && f.Stderr != "" {
		middle[0] += " (all are in " + f.LogFile + ")"
	}
	if f.At >= 0 && t.History.Len() > 0 {
		middle = append(middle, v.before(f)...)
	}
	return v.bounded(lines, middle)
}

// before says how far the test had come, what the node was asked last, and which faults were in force.
func (v *view) before(f *Failure) []string {
	begun, ok := 0, 0
	var last *history.Op
	for op := range v.test.History.All() {
		switch {
		case op.Process == history.Nemesis:
		case op.Type == history.Invoke:
			begun++
			if v.node(op.Process) == f.Node {
				last = op
			}
		case op.Type == history.OK:
			ok++
		}
	}
	text := fmt.Sprintf("That was at %s, when %s begun and %d of them had succeeded", seconds(f.At), plural(begun, "operation had", "operations had"), ok)
	if last != nil {
		text += fmt.Sprintf("; the last that %s was asked: ", f.Node)
		text += v.asked(last)
	}
	lines := []string{text + "."}
	switch killed := v.outage("kill", f.Node, 0, f.At); {
	case killed != nil:
		lines = append(lines, "Before that "+v.outageWords(killed, f.Node)+".")
	case v.faultsAt(f.At, f.Node) != "":
		lines = append(lines, "In force then: "+v.faultsAt(f.At, f.Node)+".")
	}
	return lines
}

// asked names an operation by its invocation, and whether it was answered.
func (v *view) asked(op *history.Op) string {
	text := op.F
	if value, ok := op.Value.(int64); ok {
		text += fmt.Sprintf(" of %d", value)
	}
	text += fmt.Sprintf(" at %s (op %d)", seconds(op.Time), op.Index)
	switch end := v.ends[op.Index]; {
	case end == nil:
		return text + ", which it did not answer"
	case end.Type == history.OK:
		return text + ", which it answered"
	}
	return text + ", which did not succeed"
}
