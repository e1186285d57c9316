package words

import (
	"fmt"
	"time"

	"gset/internal/bench/history"
	"gset/internal/bench/journal"
)

// cause is why a read missed a value, as far as the test tells.
type cause struct {
	text string // a clause; "" if nothing is known
	dest string // of the dropped message, if there is one
	rank int    // how well it explains: of several values the one with the highest is told of
}

// The ranks of causes.
const (
	unknown    = iota
	outage     // a process that knew the value was killed
	droppedFar // a message with the value was dropped on the way to another node
	dropped    // a message with the value was dropped on the way to the node that misses it
	forgotten  // the node had shown the value, and was killed
)

// cause looks for why a node missed a value in a read that began at some time. Which node lacks it is "" if
// that is not known.
func (v *view) cause(value int64, node string, before time.Duration) cause {
	if c := v.forgot(value, node, before); c.rank > unknown {
		return c
	}
	if d := v.test.Drops.Carrying(value, node); d != nil && d.At-v.test.Origin <= before {
		rank := droppedFar
		if d.Dest == node {
			rank = dropped
		}
		return cause{v.drop(d, value), d.Dest, rank}
	}
	if write := v.writes[value]; write != nil {
		writer, acknowledged := v.node(write.Process), write.Time
		if end := v.ends[write.Index]; end != nil {
			acknowledged = end.Time
		}
		if f := v.outage("kill", writer, acknowledged, before); f != nil && f.To >= acknowledged {
			return cause{text: "no dropped message held it, but " + v.outageWords(f, writer), rank: outage}
		}
	}
	if v.test.Drops.Whole() {
		return cause{text: fmt.Sprintf("no message that was dropped held %d", value), rank: unknown}
	}
	return cause{}
}

// forgot tells of a node that had shown or acknowledged a value and was killed after that.
func (v *view) forgot(value int64, node string, before time.Duration) cause {
	knew, how := time.Duration(-1), ""
	if write := v.writes[value]; write != nil && v.node(write.Process) == node {
		if end := v.ends[write.Index]; end != nil && end.Type == history.OK {
			knew, how = end.Time, "acknowledged"
		}
	}
	if v.outage("kill", node, 0, before) == nil {
		return cause{}
	}
	for op := range v.test.History.All() {
		read, ok := op.Value.(*history.Elements)
		if !ok || op.Type != history.OK || op.Time > before || v.node(op.Process) != node {
			continue
		}
		if contains(read, value) {
			knew, how = op.Time, "shown"
		}
	}
	if knew < 0 {
		return cause{}
	}
	f := v.outage("kill", node, knew, before)
	if f == nil {
		return cause{}
	}
	return cause{fmt.Sprintf("%s had %s it at %s; %s", node, how, seconds(knew), v.outageWords(f, node)), "", forgotten}
}

// drop says what became of a dropped message that held an element.
func (v *view) drop(d *journal.Drop, element int64) string {
	return fmt.Sprintf("the %s from %s to %s with %d in it was %s", kindOf(d), d.Src, d.Dest, element, v.fate(d))
}
