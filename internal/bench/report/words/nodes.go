package words

import (
	"fmt"
	"slices"
	"strings"
	"time"

	"gset/internal/bench/checker"
	"gset/internal/bench/edn"
	"gset/internal/bench/history"
	"gset/internal/bench/quantile"
)

// maxAilments is how many nodes that were muted, hung or are slow get a line of their own.
const maxAilments = 2

// ailment is what is the matter with a node.
type ailment struct{ short, text string }

// nodes names the nodes that were muted, that hung, and that are slow, with their last lines.
func (v *view) nodes() []string {
	ailing := make(map[string]ailment)
	for _, m := range v.test.Muted {
		if ailing[m.Node].text == "" {
			ailing[m.Node] = ailment{"was muted", fmt.Sprintf(" at %s, as Maelstrom would do: %s.%s%s", seconds(m.At), clip(m.Reason, 300), v.muteObjection(m), lastLines(m.Last))}
		}
	}
	replies := v.allReplies()
	for _, node := range v.test.Nodes {
		if ailing[node].text == "" { // being muted says it all
			ailing[node] = v.sluggish(node, replies)
		}
	}
	var lines, others []string
	for _, node := range append(v.mutedFirst(), v.test.Nodes...) {
		a := ailing[node]
		switch {
		case a.text == "":
		case len(lines) < maxAilments:
			lines = append(lines, node+" "+a.short+a.text)
		default:
			others = append(others, node+" "+a.short)
		}
		delete(ailing, node)
	}
	if others != nil {
		lines = append(lines, some(others, 2*maxNodes, len(others))+".")
	}
	return lines
}

// muteObjection says what a strict verdict makes of it that a node was muted. Late replies it forgives: who is paused
// for long enough comes too late, and no node can help it.
func (v *view) muteObjection(m Muted) string {
	if m.Late {
		return ""
	}
	return " Jepsen's checkers do not see it; " + v.strictly()
}

// mutedFirst are the nodes that were muted, in the order of that.
func (v *view) mutedFirst() []string {
	var names []string
	for _, m := range v.test.Muted {
		names = append(names, m.Node)
	}
	return names
}

// sluggish says how a node hung or is slow; nothing if it did and is not.
func (v *view) sluggish(node string, all map[string]*replies) ailment {
	r := all[node]
	if r.silent > 0 {
		text := fmt.Sprintf(": it did not answer its last %s, from %s on", plural(r.silent, "request", "requests"), seconds(r.since))
		if f := v.outage("kill", node, 0, r.since); f != nil {
			text += "; " + v.outageWords(f, node)
		}
		return ailment{"hung", text + "." + lastLines(v.stderr(node))}
	}
	if r.median < slow || len(r.times) < 3 {
		return ailment{}
	}
	others := medianBut(node, all)
	if others > 0 && r.median >= slower*others {
		return ailment{"is slow", fmt.Sprintf(": it answers after %v, the others after %v (medians).%s",
			r.median.Round(time.Millisecond), others.Round(time.Microsecond), lastLines(v.stderr(node)))}
	}
	return ailment{}
}

// stderr is the last lines of a node's standard error.
func (v *view) stderr(node string) string {
	if v.test.Stderr == nil {
		return ""
	}
	return v.test.Stderr(node)
}

// A node is slow if it takes that long in the median, and that many times as long as others.
const (
	slow   = 100 * time.Millisecond
	slower = 5
)

// lastLines quotes the last of some lines of standard error.
func lastLines(text string) string {
	if strings.Trim(text, "\n") == "" {
		return " It said nothing on standard error."
	}
	return " Its last lines on standard error: " + quoted(text)
}

// quoted quotes the last of some lines.
func quoted(text string) string {
	text = strings.Trim(text, "\n")
	if text == "" {
		return "none"
	}
	lines := strings.Split(text, "\n")
	const most = 3
	var list []string
	for _, line := range lines[max(0, len(lines)-most):] {
		list = append(list, fmt.Sprintf("%#q", clip(line, 100))) // in backquotes, if that can be
	}
	return strings.Join(list, " ")
}

// replies are how a node answered.
type replies struct {
	times  []time.Duration // of what it answered
	median time.Duration   // of those; 0 if there are none
	silent int             // requests at the end that were not answered in time
	since  time.Duration   // when the first of those began
}

// medianBut is the median of the medians of all nodes but one.
func medianBut(node string, all map[string]*replies) time.Duration {
	var times []time.Duration
	for name, r := range all {
		if name != node {
			times = append(times, r.median)
		}
	}
	slices.Sort(times)
	return quantile.At(times, 0.5)
}

// isMuted tells whether nothing more was taken from a node.
func (v *view) isMuted(node string) bool {
	return slices.ContainsFunc(v.test.Muted, func(m Muted) bool { return m.Node == node })
}

// allReplies sums up the operations of each node, once.
func (v *view) allReplies() map[string]*replies {
	if v.replies == nil {
		v.replies = v.sumReplies()
	}
	return v.replies
}

func (v *view) sumReplies() map[string]*replies {
	all := make(map[string]*replies)
	for _, node := range v.test.Nodes {
		all[node] = &replies{}
	}
	for op := range v.test.History.All() {
		if op.Process == history.Nemesis || op.Type == history.Invoke {
			continue
		}
		node, began := v.node(op.Process), v.test.History.At(op.Began)
		r := all[node]
		if timedOut(op) {
			if v.outage("kill", node, began.Time, op.Time) != nil || v.outage("pause", node, began.Time, op.Time) != nil {
				continue // the nemesis kept it from answering
			}
			if r.silent++; r.silent == 1 {
				r.since = began.Time
			}
			continue
		}
		r.silent = 0
		r.times = append(r.times, op.Time-began.Time)
	}
	for _, r := range all {
		slices.Sort(r.times)
		r.median = quantile.At(r.times, 0.5)
	}
	return all
}

// timedOut tells whether an operation ended because there was no reply.
func timedOut(op *history.Op) bool {
	return op.Crash != nil && op.Crash.Class == "net-timeout" || op.Error == edn.Keyword("net-timeout")
}

// A node floods if it sends that many messages for each operation of the test, and that many times as many as
// the node in the middle.
const (
	flood   = 100
	flooded = 10
)

// floods names the nodes that flood.
func (v *view) floods() []string {
	var all []int64
	for _, node := range v.test.Nodes {
		all = append(all, v.test.Sent[node])
	}
	slices.Sort(all)
	usual, ops := all[(len(all)-1)/2], int64(max(1, v.test.Stats.Count))
	if len(all) == 1 {
		usual = 0
	}
	var names []string
	for _, node := range v.test.Nodes {
		if sent := v.test.Sent[node]; sent >= flood*ops && sent >= flooded*usual {
			names = append(names, fmt.Sprintf("%s floods: it sent %d messages, %d an operation", node, sent, sent/ops))
		}
	}
	if names == nil {
		return nil
	}
	return []string{some(names, 3, len(names)) + "."}
}

// operations says what did not succeed, as far as it has a say in the verdict or is unknown.
func (v *view) operations() []string {
	t := v.test
	var bad []string
	for _, f := range sortedNames(t.Stats.ByF) {
		if t.Stats.ByF[f].Valid != checker.Valid {
			bad = append(bad, fmt.Sprintf("no %s ever succeeded", f))
		}
	}
	if t.Availability.Valid != checker.Valid {
		bad = append(bad, fmt.Sprintf("%.4g of the operations succeeded, less than --availability demands", t.Availability.OKFraction))
	}
	if t.Stats.FailCount+t.Stats.InfoCount > 0 {
		text := fmt.Sprintf("of %s %d failed and the outcome of %d is unknown", plural(t.Stats.Count, "operation", "operations"), t.Stats.FailCount, t.Stats.InfoCount)
		if first := v.firstBad(); first != "" {
			text += ", first " + first
		}
		bad = append(bad, text)
	}
	if bad == nil {
		return nil
	}
	text := strings.Join(bad, "; ")
	return []string{strings.ToUpper(text[:1]) + text[1:] + "."}
}

func sortedNames(byF map[string]*checker.OpStats) []string {
	var names []string
	for f := range byF {
		names = append(names, f)
	}
	slices.Sort(names)
	return names
}

// firstBad names the first operation that did not succeed, why, and the faults then in force.
func (v *view) firstBad() string {
	for op := range v.test.History.All() {
		if op.Process == history.Nemesis || op.Type != history.Fail && op.Type != history.Info {
			continue
		}
		node := v.node(op.Process)
		text := fmt.Sprintf("the %s at %s %s: %s", op.F, node, v.unacknowledged(op), v.why(op))
		began := v.test.History.At(op.Began).Time
		if f := v.outage("kill", node, began, op.Time); f != nil {
			return text + "; " + v.outageWords(f, node)
		}
		if f := v.outage("pause", node, began, op.Time); f != nil {
			return text + "; " + v.outageWords(f, node)
		}
		if f := v.faultsAt(op.Time, node); f != "" {
			text += "; under " + f
		}
		return text
	}
	return ""
}

// why says why an operation did not succeed.
func (v *view) why(op *history.Op) string {
	why := "for no known reason"
	switch {
	case op.Crash != nil:
		why = op.Crash.Reason
	case op.Error != nil:
		why = string(edn.Append(nil, op.Error))
	}
	return clip(why, 200)
}

// schedule says whether as many operations were begun as were asked for, and whether the bench
// itself was late.
func (v *view) schedule() string {
	t := v.test
	asked := t.Rate * t.TimeLimit.Seconds()
	begun, busy := v.load()
	text := fmt.Sprintf("squall kept its schedule: %s begun, about %.0f asked for", plural(begun, "operation", "operations"), asked)
	if behind(begun, asked) {
		text = fmt.Sprintf("squall did not keep its schedule: %d of about %.0f operations asked for were begun (%.0f%%)", begun, asked, 100*float64(begun)/asked)
		if busy > t.TimeLimit/100 {
			text += fmt.Sprintf(", since all workers (%d) waited for replies for %v of %v: nodes that answer sooner, or more --concurrency, would mend it",
				t.Workers, busy.Round(10*time.Millisecond), t.TimeLimit)
		} else {
			text += ", though workers were free: the computer is too slow or too busy"
		}
	}
	switch {
	case t.Lag >= spoils:
		text += fmt.Sprintf("; its own lag spoils the latencies: 1 of 100 events came %v too late or later", t.Lag)
	case t.Lag > 0:
		text += fmt.Sprintf("; its own lag, %v at most in 99 of 100 cases, does not spoil the latencies", t.Lag)
	}
	return text + "."
}

// spoils is the lag from which latencies are not to be trusted: as much as they may differ from
// Maelstrom's.
const spoils = 15 * time.Millisecond

// behind tells whether operations are fewer than asked for by more than chance: the sum of n gaps
// that are uniform up to twice their mean strays by the mean times the root of n/3.
func behind(begun int, asked float64) bool {
	short := asked - float64(begun)
	return short > 1 && short*short > 16*asked/3 && short > asked/50
}

// load counts the operations of the main phase, and how long in it all workers were busy.
func (v *view) load() (begun int, busy time.Duration) {
	working, since := 0, time.Duration(0)
	for op := range v.test.History.All() {
		if op.Process == history.Nemesis || op.Final {
			continue
		}
		if op.Type == history.Invoke {
			begun++
			if working++; working == v.test.Workers {
				since = op.Time
			}
			continue
		}
		if working == v.test.Workers {
			busy += max(0, min(op.Time, v.test.TimeLimit)-since)
		}
		working--
	}
	return begun, busy
}
