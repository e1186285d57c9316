package doctor

import (
	"fmt"
	"io"
	"strings"
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
	Bin      string // as it was named
	Workload string // that the node was examined for
	Steps    []Step
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
		fmt.Fprintf(&b, "\nNothing to mend for workload %s. Next: squall test -w %s --bin %s --time-limit 20 --nemesis partition\n", r.Workload, r.Workload, r.Bin)
	default:
		fmt.Fprintf(&b, "\n%d of %d steps are to be mended; examined for workload %s.\n", bad, len(r.Steps), r.Workload)
	}
	_, err := io.WriteString(w, b.String())
	return err
}
