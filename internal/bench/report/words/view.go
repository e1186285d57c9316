package words

import (
	"fmt"
	"slices"
	"strings"
	"time"

	"gset/internal/bench/edn"
	"gset/internal/bench/history"
	"gset/internal/bench/journal"
	"gset/internal/bench/nemesis"
)

// view is a test with what is looked up in its history.
type view struct {
	test    *Test
	ends    map[int]*history.Op // by the index of an operation's beginning, unless it has none
	changes []change            // of the faults in force, in order
}

// change is a moment from which faults are in force.
type change struct {
	at     time.Duration
	faults []fault
}

// fault is one that is in force.
type fault struct {
	kind   string // partition, kill...
	target string // which part of the nodes
	grudge nemesis.Grudge
}

func newView(t *Test) *view {
	v := &view{test: t, ends: make(map[int]*history.Op)}
	for op := range t.History.All() {
		if op.Process == history.Nemesis {
			v.nemesis(op)
		} else if op.Type != history.Invoke {
			v.ends[op.Began] = op
		}
	}
	return v
}

// endings are the operations that end a fault of a kind but for stop-KIND.
var endings = map[string]string{"resume": "pause", "start": "kill"}

// nemesis notes an entry of the nemesis. It makes two of each operation: as it begins, and when
// it has taken effect.
func (v *view) nemesis(op *history.Op) {
	var inForce []fault
	if len(v.changes) > 0 {
		inForce = v.changes[len(v.changes)-1].faults
	}
	kind, begins := strings.CutPrefix(op.F, "start-")
	if ended, ok := strings.CutPrefix(op.F, "stop-"); ok {
		kind = ended
	} else if ended, ok := endings[op.F]; ok {
		kind = ended
	} else if !begins {
		kind, begins = op.F, true // kill and pause
	}
	i := slices.IndexFunc(inForce, func(f fault) bool { return f.kind == kind })
	inForce = slices.Clone(inForce)
	switch {
	case begins && i < 0:
		inForce = append(inForce, fault{kind: kind, target: strings.TrimPrefix(string(edn.Append(nil, op.Value)), ":")})
	case begins:
		if value, ok := op.Value.(edn.Vector); ok && len(value) == 2 {
			inForce[i].grudge, _ = value[1].(nemesis.Grudge)
		}
	case i >= 0:
		inForce = slices.Delete(inForce, i, i+1)
	}
	v.changes = append(v.changes, change{op.Time, inForce})
}

// faults describes the faults in force at a time, as the receiver of a message saw them; "" if
// there were none.
func (v *view) faults(at time.Duration, dest string) string {
	i, found := slices.BinarySearchFunc(v.changes, at, func(c change, at time.Duration) int { return int(c.at - at) })
	for found && i+1 < len(v.changes) && v.changes[i+1].at == at {
		i++
	}
	if !found {
		i--
	}
	if i < 0 {
		return ""
	}
	var words []string
	for _, f := range v.changes[i].faults {
		text := f.kind + " " + f.target
		if cut := f.grudge[dest]; len(cut) > 0 {
			cut = slices.Sorted(slices.Values(cut))
			text += fmt.Sprintf(" kept %s from %s", dest, some(cut, 4, len(cut)))
		}
		words = append(words, text)
	}
	return strings.Join(words, ", ")
}

// node is the node that a process talks to. Processes that succeed one another in a worker talk
// to the same.
func (v *view) node(process int) string {
	return v.test.Nodes[process%v.test.Workers%len(v.test.Nodes)]
}

// seconds is a time on the history's clock.
func seconds(t time.Duration) string { return fmt.Sprintf("%.3f s", t.Seconds()) }

// read names a read by its invocation.
func (v *view) read(op *history.Op) string {
	which := "read"
	if op.Final {
		which = "final read"
	}
	return fmt.Sprintf("%s at %s at %s (op %d)", which, v.node(op.Process), seconds(op.Time), op.Index)
}

// write names a write by its invocation, and how it ended.
func (v *view) write(op *history.Op) string {
	end := v.ends[op.Index]
	text := fmt.Sprintf("%s at %s", op.F, v.node(op.Process))
	switch {
	case end == nil:
		return fmt.Sprintf("%s begun at %s and never ended (op %d)", text, seconds(op.Time), op.Index)
	case end.Type == history.OK:
		return fmt.Sprintf("%s acknowledged at %s (op %d)", text, seconds(end.Time), end.Index)
	case end.Type == history.Fail:
		return fmt.Sprintf("%s failed at %s (op %d)", text, seconds(end.Time), end.Index)
	}
	return fmt.Sprintf("%s of unknown outcome at %s (op %d)", text, seconds(end.Time), end.Index)
}

// drop says what became of a dropped message that held an element.
func (v *view) drop(d *journal.Drop, element int64) string {
	return fmt.Sprintf("the %s from %s to %s with %d in it was %s", kindOf(d), d.Src, d.Dest, element, v.fate(d))
}

// fate says how and why a message did not arrive.
func (v *view) fate(d *journal.Drop) string {
	at := d.At - v.test.Origin
	if d.Chance {
		return "lost by chance at " + seconds(at)
	}
	if f := v.faults(at, d.Dest); f != "" {
		return fmt.Sprintf("dropped at %s: %s", seconds(at), f)
	}
	return "dropped at " + seconds(at)
}

func kindOf(d *journal.Drop) string {
	if kind := d.Type(); kind != "" {
		return clip(kind, 60)
	}
	return "message"
}
