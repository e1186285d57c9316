package words

import (
	"fmt"
	"slices"
	"strconv"
	"strings"

	"gset/internal/bench/checker"
	"gset/internal/bench/history"
	"gset/internal/bench/journal"
)

// maxValues is how many values a list names, maxNodes how many nodes.
const (
	maxValues = 5
	maxNodes  = 5
)

// set says what became of a set: a line for each kind of failure.
func (v *view) set(r *checker.Set) []string {
	var lines []string
	if r.MissingCount > 0 {
		lines = append(lines, v.missing(r))
	}
	if len(r.Lost) > 0 {
		lines = append(lines, fmt.Sprintf("Lost: %s. %s", values(r.Lost), v.trace(r.Evidence.Lost)))
	}
	if len(r.NeverRead) > 0 {
		lines = append(lines, fmt.Sprintf("Never read: %s. %s", values(r.NeverRead), v.trace(r.Evidence.NeverRead)))
	}
	if len(r.Duplicates) > 0 {
		lines = append(lines, v.duplicates(r))
	}
	if len(r.WorstStale) > 0 {
		lines = append(lines, v.stale(r))
	}
	return lines
}

// missing says what is missing where at the end.
func (v *view) missing(r *checker.Set) string {
	// Of several workers' final reads of a node, the one that began last counts.
	last := make(map[string]checker.MissingRead)
	for _, m := range r.Missing {
		node := v.node(m.Read.Process)
		if was, ok := last[node]; !ok || was.Read.Began < m.Read.Began {
			last[node] = m
		}
	}
	var nodes []string
	for _, node := range v.test.Nodes {
		if m, ok := last[node]; ok {
			nodes = append(nodes, fmt.Sprintf("%s lacks %s", node, some(texts(m.First), maxValues, m.Count)))
		}
	}
	text := fmt.Sprintf("%d of %s missing at some node at the end: %s%s.", r.MissingCount, plural(r.AttemptCount, "value is", "values are"),
		strings.Join(nodes[:min(maxNodes, len(nodes))], "; "), more(len(nodes)-maxNodes, "; others that lack some: %d"))
	if r.MissingCount <= len(r.Lost) {
		return text
	}
	if len(r.Lost) == 0 {
		text += " Jepsen's set-full does not see it, since later reads of other nodes have them; "
	} else {
		text += " Jepsen's set-full counts as lost only what no later read of another node has; "
	}
	text += v.strictly()
	if len(r.Lost) > 0 {
		return text // what was lost tells of a message
	}
	return text + v.missingDrop(r.Missing[0])
}

// missingDrop tells of the message that would have carried what a final read lacks.
func (v *view) missingDrop(m checker.MissingRead) string {
	node := v.node(m.Read.Process)
	for _, value := range m.First[:min(maxValues, len(m.First))] {
		if d := v.test.Drops.Carrying(value, node); d != nil && d.Dest == node {
			return " For example, " + v.drop(d, value) + "."
		}
	}
	if v.test.Drops.Whole() {
		return fmt.Sprintf(" No message that was dropped on the way to %s held %d.", node, m.First[0])
	}
	return ""
}

// trace tells the story of one element: one with a dropped message, if there is any.
func (v *view) trace(traces []checker.Trace) string {
	if len(traces) == 0 {
		return ""
	}
	chosen, dropped := traces[0], (*journal.Drop)(nil)
	for _, t := range traces {
		dest := ""
		if t.LastAbsent != nil {
			dest = v.node(t.LastAbsent.Process)
		}
		d := v.test.Drops.Carrying(t.Value, dest)
		if d != nil && (dropped == nil || d.Dest == dest) {
			chosen, dropped = t, d
			if d.Dest == dest {
				break
			}
		}
	}
	text := fmt.Sprintf("%d: %s", chosen.Value, v.write(chosen.Write))
	if known := chosen.Known; known != nil && known.F == "read" && known.Type == history.OK {
		text += "; first seen by the " + v.read(v.test.History.At(known.Began))
	}
	if absent := chosen.LastAbsent; absent != nil {
		text += "; missed by the " + v.read(absent)
	} else {
		text += "; no read began after it"
	}
	switch {
	case dropped != nil:
		text += "; " + v.drop(dropped, chosen.Value)
	case v.test.Drops.Whole():
		text += fmt.Sprintf("; no message that was dropped held %d", chosen.Value)
	}
	return text + "."
}

// duplicates names what reads returned more than once.
func (v *view) duplicates(r *checker.Set) string {
	first, value := (*history.Op)(nil), ""
	for key, op := range r.Evidence.DuplicateReads {
		if first == nil || op.Index < first.Index || op.Index == first.Index && key < value {
			first, value = op, key
		}
	}
	text := plural(len(r.Duplicates), "value was returned more than once by one read", "values were returned more than once by one read") + "."
	if first != nil {
		text += fmt.Sprintf(" %s: %d times at most, first by the %s.", clip(value, 60), r.Duplicates[value], v.read(v.test.History.At(first.Began)))
	}
	return text + " Jepsen's checker does not see it; " + v.strictly()
}

// stale tells of the element that was missing for longest after it was known.
func (v *view) stale(r *checker.Set) string {
	worst := r.WorstStale[0]
	q := r.StableLatencies
	known := v.test.History.At(worst.Known.Began)
	text := fmt.Sprintf("Stale: %s missed for a while by reads (of all, median %d ms, 99%% %d ms, max %d ms). %d, known by the %s, was missed by the %s",
		plural(len(r.Stale), "value was", "values were"), q.Median, q.P99, q.Max, worst.Element, v.knownBy(known, worst.Known), v.read(worst.LastAbsent))
	dest := v.node(worst.LastAbsent.Process)
	if d := v.test.Drops.Carrying(worst.Element, dest); d != nil && d.Dest == dest {
		text += "; " + v.drop(d, worst.Element)
	} else if f := v.faults(worst.LastAbsent.Time, dest); f != "" {
		text += " under " + f
	} else if f := v.faults(worst.Known.Time, dest); f != "" {
		text += "; when it became known this fault was in force: " + f
	}
	return text + "."
}

// knownBy names the operation by which an element became known.
func (v *view) knownBy(invoked, end *history.Op) string {
	if end.F == "read" {
		return v.read(invoked)
	}
	return v.write(invoked)
}

// acknowledged counts the writes that were.
func (v *view) acknowledged() int {
	n := 0
	for op := range v.test.History.All() {
		if op.Process != history.Nemesis && op.Type == history.OK && (op.F == "broadcast" || op.F == "add") {
			n++
		}
	}
	return n
}

// values names the first of some values, and says how many there are.
func values(all []int64) string {
	return fmt.Sprintf("%s (%s)", plural(len(all), "value", "values"), some(texts(all), maxValues, len(all)))
}

func texts(all []int64) []string {
	list := make([]string, 0, maxValues)
	for _, n := range slices.Clip(all[:min(maxValues, len(all))]) {
		list = append(list, strconv.FormatInt(n, 10))
	}
	return list
}

func plural(n int, one, many string) string {
	if n == 1 {
		return "1 " + one
	}
	return fmt.Sprintf("%d %s", n, many)
}
