package words

import (
	"fmt"
	"math"
	"slices"
	"strings"
	"time"

	"gset/internal/bench/edn"
	"gset/internal/bench/history"
	"gset/internal/bench/nemesis"
)

// fault is one that was in force for a while.
type fault struct {
	kind     string // partition, kill...
	target   string // which part of the nodes; "" if that means nothing
	grudge   nemesis.Grudge
	nodes    []string // that were killed or paused
	from, to time.Duration
}

// forever is the end of a fault that was in force when the test ended.
const forever = time.Duration(math.MaxInt64)

// endings are the operations that end a fault of a kind but for stop-KIND.
var endings = map[string]string{"resume": "pause", "start": "kill"}

// nemesis notes an entry of the nemesis. It makes two of each operation: first as it begins, and then when
// it has taken effect. A fault is in force from the first entry of its beginning to the second of its end.
func (v *view) nemesis(op *history.Op, first bool) {
	kind, begins := strings.CutPrefix(op.F, "start-")
	if ended, ok := strings.CutPrefix(op.F, "stop-"); ok {
		kind = ended
	} else if ended, ok := endings[op.F]; ok {
		kind = ended
	} else if !begins {
		kind, begins = op.F, true // kill and pause
	}
	if begins && first {
		f := &fault{kind: kind, from: op.Time, to: forever}
		if target, ok := op.Value.(edn.Keyword); ok {
			f.target = string(target)
		}
		v.faults = append(v.faults, f)
		return
	}
	for _, f := range slices.Backward(v.faults) {
		switch {
		case f.kind != kind || f.to != forever:
			continue
		case begins:
			f.hit(op.Value)
		case !first:
			f.to = op.Time
		}
		return
	}
}

// hit notes what a fault did.
func (f *fault) hit(value any) {
	switch value := value.(type) {
	case edn.Vector: // of a partition
		if len(value) == 2 {
			f.grudge, _ = value[1].(nemesis.Grudge)
		}
	case edn.Map: // what became of each node
		for _, pair := range value {
			node, _ := pair[0].(string)
			if outcome, _ := pair[1].(edn.Keyword); outcome == "killed" || outcome == "paused" {
				f.nodes = append(f.nodes, node)
			}
		}
	}
}

// describe names a fault as a node saw it.
func (f *fault) describe(node string) string {
	text := f.kind
	if f.target != "" {
		text += " " + f.target
	}
	if cut := f.grudge[node]; len(cut) > 0 {
		cut = slices.Sorted(slices.Values(cut))
		text += fmt.Sprintf(" kept %s from %s", node, some(cut, 4, len(cut)))
	}
	if len(f.nodes) > 0 {
		text += fmt.Sprintf(" (%s)", some(f.nodes, 4, len(f.nodes)))
	}
	return text
}

// span is the time in which a fault was in force.
func (f *fault) span() string {
	if f.to == forever {
		return seconds(f.from) + " to the end"
	}
	return fmt.Sprintf("%s to %s", seconds(f.from), seconds(f.to))
}

// inForce returns the fault of a kind that was in force at a time, nil if there was none.
func (v *view) inForce(kind string, at time.Duration) *fault {
	for _, f := range slices.Backward(v.faults) {
		if f.kind == kind && f.from <= at && at <= f.to {
			return f
		}
	}
	return nil
}

// outage returns the last kill or pause of a node that was in force in some part of a time; nil if there was
// none.
func (v *view) outage(kind, node string, from, to time.Duration) *fault {
	for _, f := range slices.Backward(v.faults) {
		if f.kind == kind && f.from <= to && from <= f.to && slices.Contains(f.nodes, node) {
			return f
		}
	}
	return nil
}

// outageWords says when a node was killed or paused, and until when.
func (v *view) outageWords(f *fault, node string) string {
	did, back := "killed", "started again"
	if f.kind == "pause" {
		did, back = "paused", "resumed"
	}
	target := f.target
	if target == "" {
		target = "some"
	}
	text := fmt.Sprintf("%s was %s at %s (%s %s)", node, did, seconds(f.from), f.kind, target)
	if f.to == forever {
		return text
	}
	return text + fmt.Sprintf(" and %s at %s", back, seconds(f.to))
}

// faultsAt describes the faults in force at a time, as a node saw them; "" if there were none.
func (v *view) faultsAt(at time.Duration, node string) string {
	var words []string
	for _, f := range v.faults {
		if f.from <= at && at <= f.to {
			words = append(words, f.describe(node))
		}
	}
	return strings.Join(words, ", ")
}
