package words

import (
	"fmt"
	"maps"
	"slices"
	"strings"

	"gset/internal/bench/checker"
	"gset/internal/bench/history"
)

// ids says which id was given more than once, by whom, to whom and when.
func (v *view) ids(r *checker.UniqueIDs) []string {
	if len(r.Duplicated) == 0 {
		return nil
	}
	given := make(map[history.ID][]*history.Op)
	var first history.ID // that was given again
	for op := range v.test.History.All() {
		id, ok := op.Value.(history.ID)
		if !ok || op.Type != history.OK || r.Duplicated[id] == 0 {
			continue
		}
		if given[id] = append(given[id], op); first == "" && len(given[id]) > 1 {
			first = id
		}
	}
	ops := given[first]
	var times []string
	for _, op := range ops[:min(3, len(ops))] {
		times = append(times, fmt.Sprintf("by %s to process %d at %s (op %d)", v.node(op.Process), op.Process, seconds(op.Time), op.Index))
	}
	text := fmt.Sprintf("%s given more than once: %s.", plural(len(r.Duplicated), "id was", "ids were"), v.someIDs(r))
	text += fmt.Sprintf(" %s: %s", clip(string(first), 60), some(times, 3, len(ops)))
	again := ops[1]
	node := v.node(again.Process)
	if f := v.outage("kill", node, ops[0].Time, again.Time); f != nil {
		text += "; in between " + v.outageWords(f, node)
	} else if f := v.faultsAt(again.Time, node); f != "" {
		text += "; the second time under " + f
	}
	return []string{text + "."}
}

// someIDs names those ids that were given most often.
func (v *view) someIDs(r *checker.UniqueIDs) string {
	var list []string
	for _, id := range slices.Sorted(maps.Keys(r.Duplicated)) {
		if len(list) < maxValues {
			list = append(list, fmt.Sprintf("%s (%d times)", clip(string(id), 40), r.Duplicated[id]))
		}
	}
	return some(list, maxValues, len(r.Duplicated))
}

// echo says which echo came back wrong first.
func (v *view) echo(r *checker.Echo) []string {
	if len(r.Errors) == 0 {
		return nil
	}
	for op := range v.test.History.All() {
		if op.Process == history.Nemesis || op.Type == history.Invoke {
			continue
		}
		if reply, ok := op.Value.(history.EchoReply); ok && reply.Same {
			continue
		}
		text := fmt.Sprintf("Not an echo: %s, by %s at %s (op %d)", r.Errors[0], v.node(op.Process), seconds(op.Time), op.Index)
		if _, replied := op.Value.(history.EchoReply); !replied {
			text = fmt.Sprintf("No echo of %q came back from %s, %s: %s", r.Errors[0].Sent, v.node(op.Process), v.unacknowledged(op), v.why(op))
		}
		if f := v.faultsAt(op.Time, v.node(op.Process)); f != "" {
			text += "; under " + f
		}
		return []string{strings.TrimSuffix(text, ".") + "."}
	}
	return nil
}
