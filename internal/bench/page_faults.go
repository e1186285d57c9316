package bench

import (
	"fmt"
	"slices"
	"strings"
	"time"

	"gset/internal/bench/edn"
	"gset/internal/bench/history"
	"gset/internal/bench/nemesis"
	"gset/internal/bench/report/html"
)

// faults are the intervals in which a history's nemesis had a fault in force. It notes
// each of its operations twice, as it begins and when it has taken effect: a fault lasts
// from the second entry of its start to the second of its stop, or to the test's end.
func faults(h *history.History, origin, end time.Duration) []html.Fault {
	var list []html.Fault
	open := make(map[string]int) // by kind: which of list is in force
	entries := make(map[string]int)
	target := ""
	for op := range h.All() {
		if op.Process != history.Nemesis {
			continue
		}
		if entries[op.F]++; entries[op.F]%2 == 1 { // it begins
			if op.Value != nil {
				target = strings.TrimPrefix(string(edn.Append(nil, op.Value)), ":")
			}
			continue
		}
		at := origin + op.Time
		if kind, starts := strings.CutPrefix(op.F, "start-"); starts {
			words, nodes := struck(target, op.Value)
			open[kind] = len(list)
			list = append(list, html.Fault{Kind: kind, Words: words, Nodes: nodes, From: at, To: end})
		} else if kind, stops := strings.CutPrefix(op.F, "stop-"); stops {
			if i, was := open[kind]; was {
				list[i].To = at
				delete(open, kind)
			}
		}
	}
	return list
}

// struck says in words what a fault did, and to which nodes.
func struck(target string, value any) (string, []string) {
	vector, ok := value.(edn.Vector)
	if !ok || len(vector) != 2 {
		return target, nil
	}
	grudge, ok := vector[1].(nemesis.Grudge)
	if !ok {
		return target, nil
	}
	// Nodes of a component hold the same grudge: if there are two, the smaller was cut off.
	sides := make(map[string][]string)
	for node, snubbed := range grudge {
		key := strings.Join(snubbed, " ")
		sides[key] = append(sides[key], node)
	}
	if len(sides) != 2 {
		return target, nil
	}
	var both [][]string
	for _, side := range sides {
		slices.Sort(side)
		both = append(both, side)
	}
	slices.SortFunc(both, func(a, b []string) int {
		if len(a) != len(b) {
			return len(a) - len(b)
		}
		return strings.Compare(a[0], b[0])
	})
	return fmt.Sprintf("%s: %s cut off from %s", target, some(both[0], 5), some(both[1], 5)), both[0]
}
