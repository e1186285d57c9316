package words

import (
	"fmt"
	"slices"
	"strings"
	"time"

	"gset/internal/bench/checker"
	"gset/internal/bench/history"
)

// counter says what a counter should show, what each node showed, and which adds are in doubt.
func (v *view) counter(r *checker.Counter) []string {
	var sum int64
	var doubted []string
	doubts := 0
	for op := range v.test.History.All() {
		delta, ok := op.Value.(int64)
		switch {
		case op.Process == history.Nemesis || op.F != "add" || !ok:
		case op.Type == history.OK:
			sum += delta
		case op.Type == history.Info:
			if doubts++; len(doubted) < maxValues {
				doubted = append(doubted, fmt.Sprintf("%+d at %s at %s (op %d)", delta, v.node(op.Process), seconds(op.Time), op.Index))
			}
		}
	}
	lines := []string{fmt.Sprintf("The sum of acknowledged adds is %d; the final reads: %s.", sum, v.finalReads())}
	if doubts > 0 {
		lines = append(lines, fmt.Sprintf("In doubt: %s (%s). Acceptable are %s.",
			plural(doubts, "add", "adds"), some(doubted, maxValues, doubts), ranges(r.Acceptable)))
	}
	return append(lines, v.wrong(r, sum)...)
}

// finalReads says what each node read at the end.
func (v *view) finalReads() string {
	byNode := make(map[string][]string)
	for op := range v.test.History.All() {
		if !op.Final || op.Type == history.Invoke {
			continue
		}
		node, text := v.node(op.Process), "nothing"
		if value, ok := op.Value.(int64); ok && op.Type == history.OK {
			text = fmt.Sprint(value)
		}
		if !slices.Contains(byNode[node], text) {
			byNode[node] = append(byNode[node], text)
		}
	}
	var reads []string
	for _, node := range v.test.Nodes {
		if values := byNode[node]; values != nil {
			reads = append(reads, fmt.Sprintf("%s read %s", node, some(values, maxNodes, len(values))))
		}
	}
	if reads == nil {
		return "there are none"
	}
	const most = 10
	return some(reads, most, len(reads))
}

// wrong says how far wrong final reads are off, and what may be the cause: messages to their node that were
// dropped, kills of nodes that had acknowledged adds, messages that arrived twice.
func (v *view) wrong(r *checker.Counter, sum int64) []string {
	var lines []string
	for _, op := range r.Errors[:min(2, len(r.Errors))] {
		value, node := op.Value.(int64), v.node(op.Process)
		read := v.read(v.test.History.At(op.Began))
		if value > sum {
			lines = append(lines, fmt.Sprintf("The %s is %d too high; %s.", read, value-sum, v.tooHigh(value-sum, op.Time)))
		} else {
			lines = append(lines, fmt.Sprintf("The %s is %d too low; %s.", read, sum-value, v.tooLow(sum-value, node, op.Time)))
		}
	}
	if more := len(r.Errors) - len(lines); more > 0 {
		lines = append(lines, plural(more, "more final read is wrong.", "more final reads are wrong."))
	}
	return lines
}

// tooHigh says why a read may be too high by some amount: of messages that arrived twice, or of an add that the node
// counted by itself more often than it should.
func (v *view) tooHigh(by int64, at time.Duration) string {
	if twice := v.twice(at); twice != "" {
		return strings.TrimPrefix(twice, "; ")
	}
	if op := v.addOf(by, history.Fail); op != nil {
		return fmt.Sprintf("that is as much as the add at %s %s, which was counted all the same", v.node(op.Process), v.unacknowledged(op))
	}
	text := "the network delivered no message twice, so nodes count some adds more than once"
	if killed := v.killedAdds(); killed != "" {
		return text + "; " + killed
	}
	if op := v.addOf(by, history.OK); op != nil {
		text += fmt.Sprintf(": as if the %s were counted twice", v.write(v.test.History.At(op.Began)))
	}
	return text
}

// tooLow says why a read at a node may be too low by some amount.
func (v *view) tooLow(by int64, node string, at time.Duration) string {
	causes := []string{v.dropsTo(node), v.killedAdds()}
	if causes[1] == "" {
		causes[1] = v.fellSilent(at)
	}
	causes = slices.DeleteFunc(causes, func(text string) bool { return text == "" })
	if len(causes) == 0 {
		causes = append(causes, fmt.Sprintf("no message to %s was dropped, so what it lacks was not sent to it, or it did not count it", node))
	}
	if op := v.addOf(by, history.OK); op != nil {
		causes = append(causes, fmt.Sprintf("it is as if %s had not counted the %s", node, v.write(v.test.History.At(op.Began))))
	}
	return strings.Join(causes, "; ")
}

// addOf returns the end of the first add of some amount that ended in a way; nil if there is none.
func (v *view) addOf(delta int64, how history.OpType) *history.Op {
	for op := range v.test.History.All() {
		if value, ok := op.Value.(int64); ok && op.Process != history.Nemesis && op.F == "add" && op.Type == how && value == delta {
			return op
		}
	}
	return nil
}

// dropsTo says which messages to a node were dropped; "" if none were.
func (v *view) dropsTo(node string) string {
	n := v.test.Drops.Count(node)
	if n == 0 {
		return ""
	}
	text := fmt.Sprintf("%s dropped", plural(int(n), "message to "+node+" was", "messages to "+node+" were"))
	if d := v.test.Drops.Last(node); d != nil {
		text += fmt.Sprintf(", such as the %s from %s, %s", kindOf(d), d.Src, v.fate(d))
	}
	return text
}

// killedAdds tells of the kill before which a node had acknowledged most adds; "" if there is none.
func (v *view) killedAdds() string {
	best, most := "", 0
	for _, f := range v.faults {
		for _, node := range f.Nodes {
			if f.Kind != "kill" {
				continue
			}
			if count, sum := v.addsAt(node, f.From); count > most {
				most = count
				best = fmt.Sprintf("%s, after it had acknowledged %s, in all %d", v.outageWords(f, node), plural(count, "add", "adds"), sum)
			}
		}
	}
	return best
}

// addsAt counts and sums the adds that a node had acknowledged before some time.
func (v *view) addsAt(node string, before time.Duration) (count int, sum int64) {
	for op := range v.test.History.All() {
		delta, ok := op.Value.(int64)
		if ok && op.Process != history.Nemesis && op.F == "add" && op.Type == history.OK && op.Time <= before && v.node(op.Process) == node {
			count, sum = count+1, sum+delta
		}
	}
	return count, sum
}

// ranges writes what is acceptable.
func ranges(all []checker.Range) string {
	var list []string
	for _, r := range all {
		if r.Low == r.High {
			list = append(list, fmt.Sprint(r.Low))
		} else {
			list = append(list, fmt.Sprintf("%d to %d", r.Low, r.High))
		}
	}
	return strings.TrimSpace(some(list, maxValues, len(list)))
}
