package words

import (
	"fmt"
	"strings"

	"gset/internal/bench/checker"
	"gset/internal/bench/history"
)

// shortcomings says in a sentence by what a test falls short of one that proves something: nodes that were muted,
// final reads that are not there, operations that were not begun. "" if by nothing.
func (v *view) shortcomings() string {
	var all []string
	muted := make(map[string]bool)
	for _, m := range v.test.Muted {
		muted[m.Node] = true
	}
	if names := v.those(muted); names != "" {
		all = append(all, "muted: "+names)
	}
	if text := v.withoutRead(); text != "" {
		all = append(all, text)
	}
	asked := v.test.Rate * v.test.TimeLimit.Seconds()
	if begun := Begun(v.test.History); behind(begun, asked) && float64(begun) < asked/2 {
		all = append(all, fmt.Sprintf("only %d of about %.0f operations asked for were begun (%.0f%%)", begun, asked, 100*float64(begun)/asked))
	}
	if all == nil {
		return ""
	}
	text := strings.Join(all, "; ") + ". "
	return strings.ToUpper(text[:1]) + text[1:]
}

// those names nodes, or says that they are all; "" for none.
func (v *view) those(nodes map[string]bool) string {
	var names []string
	for _, node := range v.test.Nodes {
		if nodes[node] {
			names = append(names, node)
		}
	}
	if len(names) == len(v.test.Nodes) && len(names) > 1 {
		return fmt.Sprintf("all %d nodes", len(names))
	}
	return some(names, maxNodes, len(names))
}

// withoutRead names the nodes that gave no final read, if there should have been some; "" if all did.
func (v *view) withoutRead() string {
	reads := checker.CountFinalReads(v.test.History)
	switch {
	case reads.None():
		return "no final read succeeded"
	case reads.OK == reads.Asked:
		return ""
	}
	asked, gave := make(map[string]bool), make(map[string]bool)
	for op := range v.test.History.All() {
		if op.Final {
			asked[v.node(op.Process)] = true
			gave[v.node(op.Process)] = gave[v.node(op.Process)] || op.Type == history.OK
		}
	}
	var silent []string
	for _, node := range v.test.Nodes {
		if asked[node] && !gave[node] {
			silent = append(silent, node)
		}
	}
	if silent == nil {
		return ""
	}
	return "no final read from " + some(silent, maxNodes, len(silent))
}

// unread objects to a test without a single final read.
func (v *view) unread() []string {
	reads := checker.CountFinalReads(v.test.History)
	if !reads.None() {
		return nil
	}
	return []string{fmt.Sprintf("None of the %s succeeded: nobody saw what the nodes had in the end. Jepsen's checkers do not ask for it; %s",
		plural(reads.Asked, "final read", "final reads"), v.strictly())}
}
