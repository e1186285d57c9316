package bench

import (
	"cmp"
	"fmt"
	"slices"
	"strings"
	"time"

	"gset/internal/bench/history"
	"gset/internal/bench/nemesis"
	"gset/internal/bench/report/html"
)

// faults are the intervals in which a history's nemesis had a fault in force, until the test's end at the latest.
func faults(h *history.History, origin, end time.Duration) []html.Fault {
	var list []html.Fault
	for _, s := range nemesis.Spells(h) {
		f := html.Fault{Kind: string(s.Kind), Words: s.Target, Nodes: s.Nodes, From: origin + s.From, To: end}
		if s.To != nemesis.Forever {
			f.To = origin + s.To
		}
		switch {
		case s.Idle() != "":
			f.Words = fmt.Sprintf("%s, which %s", s.Target, s.Idle())
		case len(s.Grudge) > 0:
			f.Words, f.Nodes = cutOff(s.Target, s.Grudge)
		case len(s.Nodes) > 0:
			f.Words = fmt.Sprintf("%s: %s", cmp.Or(s.Target, "some"), some(s.Nodes, 5))
		}
		list = append(list, f)
	}
	return list
}

// cutOff says in words how a network was cut, and which nodes were cut off from the others.
func cutOff(target string, grudge nemesis.Grudge) (string, []string) {
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
