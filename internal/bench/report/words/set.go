package words

import (
	"fmt"
	"slices"
	"strconv"
	"strings"
	"time"

	"gset/internal/bench/checker"
	"gset/internal/bench/history"
	"gset/internal/bench/nemesis"
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
		text += " Jepsen's set-full does not see it, since later reads of other nodes have them; " + v.strictly()
	} else {
		text += " Jepsen's set-full counts as lost only what no later read of another node has."
	}
	if len(r.Lost) > 0 {
		return text // what was lost tells of a message
	}
	return text + v.missingCause(r.Missing[0])
}

// missingCause tells why a final read lacks the one of its values of which most is known.
func (v *view) missingCause(m checker.MissingRead) string {
	node, began := v.node(m.Read.Process), v.test.History.At(m.Read.Began)
	best, chosen := cause{rank: -1}, int64(0)
	for _, value := range m.First[:min(maxValues, len(m.First))] {
		if c := v.cause(value, node, began.Time); c.rank > best.rank {
			best, chosen = c, value
		}
		if best.rank >= dropped {
			break // it is explained
		}
	}
	if best.text == "" {
		return ""
	}
	text := fmt.Sprintf(" %d: ", chosen)
	if write := v.writes[chosen]; write != nil {
		text += v.write(write) + "; "
	}
	return text + best.text + "."
}

// trace tells the story of the one of some elements of which most is known.
func (v *view) trace(traces []checker.Trace) string {
	if len(traces) == 0 {
		return ""
	}
	best, chosen := cause{rank: -1}, traces[0]
	for _, t := range traces {
		c, absent := v.explain(t)
		if c.rank > best.rank {
			best, chosen = c, t
			chosen.LastAbsent = absent
		}
		if best.rank >= dropped {
			break // it is explained
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
	if best.text != "" {
		text += "; " + best.text
	}
	return text + "."
}

// explain looks for why an element was missed, by the last read that missed it or, if that one's node only
// suffered from what befell another, by a final read of the other. It returns the read's invocation too; nil
// if there is none.
func (v *view) explain(t checker.Trace) (cause, *history.Op) {
	if t.LastAbsent == nil {
		return v.cause(t.Value, "", nemesis.Forever), nil
	}
	best, absent := v.cause(t.Value, v.node(t.LastAbsent.Process), t.LastAbsent.Time), t.LastAbsent
	if best.rank != droppedFar {
		return best, absent
	}
	for op := range v.test.History.All() {
		read, ok := op.Value.(*history.Elements)
		if op.Final && op.Type == history.OK && ok && v.node(op.Process) == best.dest && !contains(read, t.Value) {
			invoked := v.test.History.At(op.Began)
			return v.cause(t.Value, best.dest, invoked.Time), invoked
		}
	}
	return best, absent
}

func contains(read *history.Elements, value int64) bool {
	for n := range read.Ints() {
		if n == value {
			return true
		}
	}
	return false
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
		text += fmt.Sprintf(" %s: %d times at most, first by the %s%s.", clip(value, 60), r.Duplicates[value], v.read(v.test.History.At(first.Began)), v.twice(first.Time))
	}
	return text + " Jepsen's checker does not see it; " + v.strictly()
}

// stale tells of the elements that were missing for longest after they were known, and why the worst was.
func (v *view) stale(r *checker.Set) string {
	q := r.StableLatencies
	var list []string
	for _, s := range r.WorstStale[:min(maxValues, len(r.WorstStale))] {
		list = append(list, fmt.Sprintf("%d at %s for %d ms", s.Element, v.node(s.LastAbsent.Process), s.StableLatency))
	}
	worst := r.WorstStale[0]
	known, dest := v.test.History.At(worst.Known.Began), v.node(worst.LastAbsent.Process)
	text := fmt.Sprintf("Stale: %s missed for a while by reads (of all, median %d ms, 99%% %d ms, max %d ms): %s. %d, known by the %s, was missed by the %s",
		plural(len(r.Stale), "value was", "values were"), q.Median, q.P99, q.Max, some(list, maxValues, len(r.Stale)),
		worst.Element, v.knownBy(known, worst.Known), v.read(worst.LastAbsent))
	c := v.cause(worst.Element, dest, worst.LastAbsent.Time)
	if c.rank >= droppedFar {
		return text + "; " + c.text + "."
	}
	if f := v.outage("pause", dest, worst.Known.Time, worst.LastAbsent.Time); f != nil {
		text += "; " + v.outageWords(f, dest)
	} else if f := v.faultsAt(worst.LastAbsent.Time, dest); f != "" {
		text += " under " + f
	} else if f := v.faultsAt(worst.Known.Time, dest); f != "" {
		text += "; when it became known this fault was in force: " + f
	} else if c.rank > unknown {
		text += "; " + c.text
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

// twice says that messages may have arrived twice before some time; "" if none did.
func (v *view) twice(before time.Duration) string {
	for _, f := range slices.Backward(v.faults) {
		if f.Kind == "duplicate" && f.From <= before {
			return fmt.Sprintf("; messages arrived twice from %s (duplicate)", f.span())
		}
	}
	return ""
}

// acknowledged counts the writes that were.
func (v *view) acknowledged() int {
	n := 0
	for op := range v.test.History.All() {
		if op.Process != history.Nemesis && op.Type == history.OK && isWrite(op.F) {
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
