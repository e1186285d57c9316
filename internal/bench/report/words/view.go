package words

import (
	"fmt"
	"slices"
	"time"

	"gset/internal/bench/history"
	"gset/internal/bench/journal"
	"gset/internal/bench/nemesis"
)

// view is a test with what is looked up in its history.
type view struct {
	test    *Test
	ends    map[int]*history.Op   // by the index of an operation's beginning, unless it has none
	writes  map[int64]*history.Op // the first invocation that wrote a value
	faults  []*fault              // in the order in which they began
	replies map[string]*replies   // of each node; nil until somebody asks
	early   bool                  // something ended the test before it was over
}

func newView(t *Test) *view {
	v := &view{test: t, ends: make(map[int]*history.Op), writes: make(map[int64]*history.Op)}
	if t.History == nil {
		t.History = &history.History{}
	}
	for _, spell := range nemesis.Spells(t.History) {
		v.faults = append(v.faults, &fault{spell})
	}
	for op := range t.History.All() {
		switch {
		case op.Process == history.Nemesis:
		case op.Type != history.Invoke:
			v.ends[op.Began] = op
		case isWrite(op.F):
			if value, ok := op.Value.(int64); ok && v.writes[value] == nil {
				v.writes[value] = op
			}
		}
	}
	return v
}

// isWrite tells whether a function writes a value.
func isWrite(f string) bool { return f == "broadcast" || f == "add" }

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

// write names a write by its invocation, and how it ended. Of one that was not acknowledged it tells both times:
// a client that waits in vain gives up 5 s after it asked, when much else has happened.
func (v *view) write(op *history.Op) string {
	end := v.ends[op.Index]
	text := fmt.Sprintf("%s at %s", op.F, v.node(op.Process))
	switch {
	case end == nil:
		return fmt.Sprintf("%s asked at %s, which never ended (op %d)", text, seconds(op.Time), op.Index)
	case end.Type == history.OK:
		return fmt.Sprintf("%s acknowledged at %s (op %d)", text, seconds(end.Time), end.Index)
	}
	return text + " " + v.unacknowledged(end)
}

// unacknowledged says when an operation was asked that did not succeed, and when it ended.
func (v *view) unacknowledged(end *history.Op) string {
	how, outcome := "ended", ""
	if end.Type == history.Fail {
		how = "failed"
	} else {
		outcome = ", outcome unknown"
	}
	if timedOut(end) {
		how = "given up"
	}
	asked := v.test.History.At(end.Began)
	return fmt.Sprintf("asked at %s, %s at %s%s (op %d)", seconds(asked.Time), how, seconds(end.Time), outcome, end.Index)
}

// fate says how and why a message did not arrive.
func (v *view) fate(d *journal.Drop) string {
	at := d.At - v.test.Origin
	if d.Chance {
		if f := v.inForce("loss", at); f != nil {
			return fmt.Sprintf("lost by chance at %s: loss was in force from %s", seconds(at), f.span())
		}
		return "lost by chance at " + seconds(at) + " (--p-loss)"
	}
	text := "dropped at " + seconds(at)
	if f := v.outage("kill", d.Dest, at, at); f != nil {
		return text + ": " + v.outageWords(f, d.Dest)
	}
	if f := v.inForce("partition", at); f != nil && slices.Contains(f.Grudge[d.Dest], d.Src) {
		return text + ": " + f.describe(d.Dest)
	}
	if f := v.faultsAt(at, d.Dest); f != "" {
		return text + ": " + f
	}
	return text
}

func kindOf(d *journal.Drop) string {
	if kind := d.Type(); kind != "" {
		return clip(kind, 60)
	}
	return "message"
}
