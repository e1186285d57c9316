package words

import (
	"fmt"
	"slices"
	"strings"
	"time"

	"gset/internal/bench/nemesis"
)

// fault is one that was in force for a while.
type fault struct{ *nemesis.Spell }

// describe names a fault as a node saw it.
func (f *fault) describe(node string) string {
	text := string(f.Kind)
	if f.Target != "" {
		text += " " + f.Target
	}
	if idle := f.Idle(); idle != "" {
		return text + ", which " + idle
	}
	if cut := f.Grudge[node]; len(cut) > 0 {
		cut = slices.Sorted(slices.Values(cut))
		text += fmt.Sprintf(" kept %s from %s", node, some(cut, 4, len(cut)))
	}
	if len(f.Nodes) > 0 {
		text += fmt.Sprintf(" (%s)", some(f.Nodes, 4, len(f.Nodes)))
	}
	return text
}

// span is the time in which a fault was in force.
func (f *fault) span() string {
	if f.To == nemesis.Forever {
		return seconds(f.From) + " to the end"
	}
	return fmt.Sprintf("%s to %s", seconds(f.From), seconds(f.To))
}

// injected names the faults that a test was to have. Of a kind that did nothing it says so, and why.
func (v *view) injected() string {
	var names []string
	for _, kind := range v.test.Faults {
		if why := v.inVain(kind); why != "" {
			kind += " (" + why + ")"
		}
		names = append(names, kind)
	}
	if v.test.Lossy && !slices.Contains(v.test.Faults, string(nemesis.Loss)) {
		names = append(names, string(nemesis.Loss))
	}
	if names == nil {
		return "no faults injected"
	}
	return "faults injected: " + strings.Join(names, ", ")
}

// inVain says why the faults of a kind did nothing in the whole test; "" if they did something.
func (v *view) inVain(kind string) string {
	begun, idle := 0, ""
	for _, f := range v.faults {
		if string(f.Kind) != kind {
			continue
		}
		begun++
		if idle = f.Idle(); idle == "" {
			return ""
		}
	}
	switch {
	case begun > 1:
		return fmt.Sprintf("each of %d %s", begun, idle)
	case begun == 1:
		return "the only one " + idle
	case v.early:
		return "none by then"
	case kind == string(nemesis.Loss) && v.test.Lossy:
		return ""
	}
	return "none came in time"
}

// inForce returns the fault of a kind that was in force at a time, nil if there was none.
func (v *view) inForce(kind nemesis.Fault, at time.Duration) *fault {
	for _, f := range slices.Backward(v.faults) {
		if f.Kind == kind && f.From <= at && at <= f.To {
			return f
		}
	}
	return nil
}

// outage returns the last kill or pause of a node that was in force in some part of a time; nil if
// there was none.
func (v *view) outage(kind nemesis.Fault, node string, from, to time.Duration) *fault {
	for _, f := range slices.Backward(v.faults) {
		if f.Kind == kind && f.From <= to && from <= f.To && slices.Contains(f.Nodes, node) {
			return f
		}
	}
	return nil
}

// outageWords says when a node was killed or paused, and until when.
func (v *view) outageWords(f *fault, node string) string {
	did, back := "killed", "started again"
	if f.Kind == "pause" {
		did, back = "paused", "resumed"
	}
	target := f.Target
	if target == "" {
		target = "some"
	}
	text := fmt.Sprintf("%s was %s at %s (%s %s)", node, did, seconds(f.From), f.Kind, target)
	if f.To == nemesis.Forever {
		return text
	}
	return text + fmt.Sprintf(" and %s at %s", back, seconds(f.To))
}

// faultsAt describes the faults in force at a time, as a node saw them; "" if there were none. A partition
// that cut nothing explains nothing.
func (v *view) faultsAt(at time.Duration, node string) string {
	var words []string
	for _, f := range v.faults {
		if f.From <= at && at <= f.To && f.Idle() == "" {
			words = append(words, f.describe(node))
		}
	}
	return strings.Join(words, ", ")
}
