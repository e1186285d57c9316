// Package words says in a few lines what a test checked, how it ended and why: the verdict that
// people read.
package words

import (
	"fmt"
	"strings"
	"time"

	"gset/internal/bench/checker"
	"gset/internal/bench/history"
	"gset/internal/bench/journal"
)

// Test is a test that could be carried through, and what came of it.
type Test struct {
	Workload  string
	Nodes     []string // worker i talks to node i modulo their number
	Workers   int
	TimeLimit time.Duration // of the main phase
	Rate      float64       // operations a second that were asked for
	Faults    []string      // kinds of faults that the nemesis injects; none for a test without
	Lossy     bool          // messages between nodes are lost by chance all the time
	Strict    bool

	Valid        checker.Validity
	Result       checker.Result
	Stats        checker.Stats
	Availability checker.Availability
	Objections   int // how many things there are that Maelstrom's checkers do not see
	History      *history.History

	Muted  []Muted
	Stderr func(node string) string  // the last lines of a node's standard error, each ended by a line feed; may be nil
	Sent   map[string]int64          // messages that each node sent to other nodes and to services; may be nil
	Drops  *journal.Drops            // nil: nothing is known of dropped messages
	Ways   func(element int64) []Way // how an element came to each node, on the network's clock; nil if that is not known. May be nil
	Origin time.Duration             // the zero of the history's clock, on the network's
	Lag    time.Duration             // how late the bench itself was, in all but 1 of 100 cases

	Dir     string // where everything is, "" if nowhere
	Command string // the command line that repeats the test
	Patient bool   // and gives nodes more time than they had
}

// Begun is how many operations of the main phase a history has.
func Begun(h *history.History) int {
	n := 0
	for op := range h.All() {
		if op.Process != history.Nemesis && !op.Final && op.Type == history.Invoke {
			n++
		}
	}
	return n
}

// Muted is a node from which nothing more was taken after a line that could not be delivered.
type Muted struct {
	Node   string
	At     time.Duration // on the history's clock
	Reason string
	Late   bool   // it was a reply to a client that had left
	Last   string // the last lines of its standard error, each ended by a line feed
}

// A Way is how an element of a set came to a node, or that it did not.
type Way struct {
	Node    string
	Came    bool          // what follows means something only then
	From    string        // who sent it, "" if a client did
	Message int64         // that brought it
	At      time.Duration // when
}

// maxLines bounds the verdict.
const maxLines = 10

// maxLength bounds a line of the verdict, in bytes.
const maxLength = 600

// Lines are the verdict: at most ten lines, each of at most 600 bytes. The first says what was
// checked and how it ended, the last how to repeat it.
func Lines(t *Test) []string {
	v := newView(t)
	lines := []string{v.headline()}
	middle := append(v.nodes(), v.unread()...)
	switch r := t.Result.(type) {
	case *checker.Set:
		middle = append(middle, v.set(r)...)
	case *checker.Counter:
		middle = append(middle, v.counter(r)...)
	case *checker.Echo:
		middle = append(middle, v.echo(r)...)
	case *checker.UniqueIDs:
		middle = append(middle, v.ids(r)...)
	}
	middle = append(middle, v.floods()...)
	middle = append(middle, v.operations()...)
	middle = append(middle, v.schedule())
	return v.bounded(lines, middle)
}

// bounded puts lines and the ending together, and shortens what is too long.
func (v *view) bounded(lines, middle []string) []string {
	if more := len(middle) - (maxLines - 1 - len(lines)); more > 0 {
		middle = append(middle[:len(middle)-more-1], fmt.Sprintf("%d more lines are left out; the report has all messages and operations.", more+1))
	}
	lines = append(append(lines, middle...), v.ending())
	for i, line := range lines[:len(lines)-1] {
		lines[i] = clip(line, maxLength)
	}
	return lines
}

// headline says what was checked and how it ended.
func (v *view) headline() string {
	t := v.test
	verdict := strings.ToUpper(t.Valid.String())
	if t.Valid == checker.Valid && t.Objections > 0 {
		verdict += " to Maelstrom's checkers, with objections"
	}
	return fmt.Sprintf("%s: %s. %s%s", verdict, v.subject(), v.shortcomings(), v.outcome())
}

// subject says what was checked.
func (v *view) subject() string {
	t := v.test
	what := fmt.Sprintf("%s on %s for %v, %s", t.Workload, plural(len(t.Nodes), "node", "nodes"), t.TimeLimit, v.injected())
	if t.Strict {
		what += ", judged strictly"
	}
	return what
}

// outcome counts what was checked.
func (v *view) outcome() string {
	switch r := v.test.Result.(type) {
	case *checker.Set:
		text := fmt.Sprintf("Values written %d, acknowledged %d, stable %d, lost %d, never read %d.",
			r.AttemptCount, v.acknowledged(), r.StableCount, len(r.Lost), len(r.NeverRead))
		if r.AttemptCount > 0 && r.StableCount == 0 && len(r.Lost) == 0 {
			text += " Nothing is lost, but nothing was seen to stay."
		}
		return text
	case *checker.Counter:
		return fmt.Sprintf("Final reads %d, wrong %d.", len(r.FinalReads), len(r.Errors))
	case *checker.Echo:
		return fmt.Sprintf("Echoes %d, wrong %d.", v.test.Stats.Count, len(r.Errors))
	case *checker.UniqueIDs:
		return fmt.Sprintf("Ids asked for %d, given %d, given more than once %d.", r.Attempted, r.Acknowledged, len(r.Duplicated))
	}
	return fmt.Sprintf("Operations %d, succeeded %d.", v.test.Stats.Count, v.test.Stats.OKCount)
}

// strictly says what --strict makes of what Maelstrom's checker does not see.
func (v *view) strictly() string {
	if v.test.Strict {
		return "--strict makes the test invalid."
	}
	return "--strict would make the test invalid."
}

// ending says where everything is and how to repeat the test.
func (v *view) ending() string {
	where := ""
	if v.test.Dir != "" {
		zero := "when all nodes were up"
		if v.test.Origin == 0 {
			zero = "the beginning"
		}
		where = fmt.Sprintf("Report: %s/report.html (messages and logs are beside it; times count from %s). ", v.test.Dir, zero)
	}
	again := "To repeat it: "
	if v.test.Patient {
		again = "To repeat it with more time: "
	}
	return where + again + v.test.Command
}

// clip shortens a text to about a number of bytes, and keeps it on one line.
func clip(text string, most int) string {
	text = strings.Map(func(c rune) rune {
		if c < ' ' || c == 0x7f {
			return ' '
		}
		return c
	}, text)
	if len(text) <= most {
		return text
	}
	return strings.ToValidUTF8(text[:most-3], "") + "..."
}

// some names the first of many things.
func some(things []string, most, all int) string {
	shown := min(most, len(things))
	if shown == all {
		return strings.Join(things, ", ")
	}
	return fmt.Sprintf("%s and %d more", strings.Join(things[:shown], ", "), all-shown)
}

// more says how many things are left out; "" for none.
func more(n int, format string) string {
	if n <= 0 {
		return ""
	}
	return fmt.Sprintf(format, n)
}
