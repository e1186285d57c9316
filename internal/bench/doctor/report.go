package doctor

import (
	"cmp"
	"fmt"
	"io"
	"strconv"
	"strings"

	"gset/internal/bench/shell"
)

// Status says how a step ended.
type Status int

// A note is worth a look, and no test fails for it.
const (
	Fine Status = iota
	Note
	Bad
)

func (s Status) String() string { return [...]string{"ok", "note", "BAD"}[s] }

// Step is one step of an examination.
type Step struct {
	Name   string
	Status Status
	Seen   string // what the node did
	Mend   string // what to change; "" if nothing
}

// Report is what came of an examination.
type Report struct {
	Program  string   // how the user calls squall
	Bin      string   // as it was named
	Args     []string // of the node
	Workload string   // that the node was examined for
	Steps    []Step

	InitTimeout int // the --init-timeout that a test of the node needs, in seconds; 0 if it needs none
}

// Healthy reports whether no step is bad.
func (r *Report) Healthy() bool { return r.bad() == 0 }

func (r *Report) bad() (count int) {
	for _, s := range r.Steps {
		if s.Status == Bad {
			count++
		}
	}
	return count
}

// Print writes the report for people.
func (r *Report) Print(w io.Writer) error {
	var b strings.Builder
	indented := func(text string) string { return strings.ReplaceAll(text, "\n", "\n      ") }
	for _, s := range r.Steps {
		fmt.Fprintf(&b, "%-4s  %s: %s\n", s.Status, s.Name, indented(s.Seen))
		if s.Mend != "" {
			fmt.Fprintf(&b, "      Mend: %s\n", indented(s.Mend))
		}
	}
	switch bad := r.bad(); bad {
	case 0:
		fmt.Fprintf(&b, "\nNothing to mend for workload %s; whether it bears lost messages, tests show. Next: %s\n", r.Workload, r.next())
	default:
		fmt.Fprintf(&b, "\n%d of %d steps are to be mended; examined for workload %s.\n", bad, len(r.Steps), r.Workload)
	}
	_, err := io.WriteString(w, b.String())
	return err
}

// next is the command line of a test of the node.
func (r *Report) next() string {
	words := []string{cmp.Or(r.Program, "squall"), "test", "-w", r.Workload, "--bin", r.Bin, "--time-limit", "20", "--nemesis", "partition"}
	if r.InitTimeout > 0 {
		words = append(words, "--init-timeout", strconv.Itoa(r.InitTimeout))
	}
	if len(r.Args) > 0 {
		words = append(append(words, "--"), r.Args...)
	}
	return shell.Join(words)
}
