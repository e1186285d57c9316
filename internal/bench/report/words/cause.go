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
	notTold    // no message brought the value to the node
	outage     // a process that knew the value was killed, hung, or was muted
	droppedFar // a message with the value was dropped on the way to another node
	dropped    // a message with the value was dropped on the way to the node that misses it
	forgotten  // the node had shown the value, and was killed
	leftOut    // a message brought the value to the node, which does not show it
)

// cause looks for why a node missed a value in a read that began at some time. Which node lacks it is "" if
// that is not known.
func (v *view) cause(value int64, node string, before time.Duration) cause {
	if c := v.forgot(value, node, before); c.rank > unknown {
		return c
	}
	ways := v.ways(value)
	if c := v.came(ways, node, before); c.rank > unknown {
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
		if end := v.ends[write.Index]; end != nil && end.Type == history.OK {
			acknowledged = end.Time
		}
		if f := v.outage("kill", writer, acknowledged, before); f != nil && f.To >= acknowledged {
			return cause{text: "no dropped message held it, but " + v.outageWords(f, writer), rank: outage}
		}
	}
	return v.untold(value, node, ways, before)
}

// ways are how a value came to each node, on the history's clock; nil if that is not known.
func (v *view) ways(value int64) []Way {
	if v.test.Ways == nil {
		return nil
	}
	ways := v.test.Ways(value)
	for i := range ways {
		ways[i].At -= v.test.Origin
	}
	return ways
}

// came tells of a value that a message brought to a node before a read there began that missed it.
func (v *view) came(ways []Way, node string, before time.Duration) cause {
	for _, w := range ways {
		if w.Node != node || !w.Came || w.At > before {
			continue
		}
		who := "a client"
		if w.From != "" {
			who = w.From
		}
		text := fmt.Sprintf("%s had told %s of it at %s (message %d)", who, node, seconds(w.At), w.Message)
		if f := v.outage("kill", node, w.At, before); f != nil {
			return cause{text: text + "; " + v.outageWords(f, node), rank: leftOut}
		}
		return cause{text: fmt.Sprintf("%s, so %s forgot it or left it out", text, node), rank: leftOut}
	}
	return cause{}
}

// untold tells of a value that no message brought to a node, and none that was dropped would have: who had it, and which nodes
// hung or were muted, by whom it may have had to pass.
func (v *view) untold(value int64, node string, ways []Way, before time.Duration) cause {
	var had []string
	for _, w := range ways {
		if w.Came && w.At <= before {
			had = append(had, w.Node)
		}
	}
	c := cause{}
	switch {
	case had != nil && node != "":
		c = cause{text: fmt.Sprintf("no message took it to %s, arrived or dropped, though %s had it", node, some(had, maxNodes, len(had))), rank: notTold}
	case v.test.Drops.Whole():
		c.text = fmt.Sprintf("no message that was dropped held %d", value)
	}
	if silent := v.fellSilent(before); silent != "" {
		if c.text != "" {
			c.text += "; "
		}
		c.text, c.rank = c.text+silent, outage
	}
	return c
}

// fellSilent names the nodes that hung or were muted before some time; "" if there are none.
func (v *view) fellSilent(before time.Duration) string {
	var list []string
	for _, m := range v.test.Muted {
		if m.At <= before {
			list = append(list, fmt.Sprintf("%s was muted at %s", m.Node, seconds(m.At)))
		}
	}
	all := v.allReplies()
	for _, node := range v.test.Nodes {
		if r := all[node]; r.silent > 0 && r.since <= before && !v.isMuted(node) {
			list = append(list, fmt.Sprintf("%s hung from %s on", node, seconds(r.since)))
		}
	}
	if list == nil {
		return ""
	}
	return some(list, maxAilments, len(list))
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
