package bench

import (
	"errors"
	"fmt"
	"iter"
	"path/filepath"
	"strings"
	"time"

	"gset/internal/bench/checker"
	"gset/internal/bench/edn"
	"gset/internal/bench/history"
	"gset/internal/bench/report"
	"gset/internal/bench/report/html"
)

// newPage turns a test into what its report shows. results is nil if failure ended the test.
func newPage(b *bench, r *recording, results *report.Results, failure error) *html.Run {
	o := b.opts
	p := &html.Run{
		Workload: o.Workload, Title: filepath.Base(o.Bin), Seed: o.Seed, Began: b.began, Length: b.net.Now(), Load: o.TimeLimit,
		Command: o.command(), Options: o.labeled(), Nodes: r.names, Traffic: r.collector, Verdict: html.Failed,
	}
	if ended := (*EndedError)(nil); errors.As(failure, &ended) {
		p.Words = ended.Verdict
		if errors.Is(failure, ErrInterrupted) {
			p.Verdict = html.Interrupted
		}
	}
	if b.interpreter != nil {
		h := b.interpreter.History()
		origin := b.interpreter.Origin()
		p.Zero = origin
		p.Operations = operations(h, origin, r.names, b.workers)
		p.Faults = faults(h, origin, p.Length)
		p.Marks = marks(h, origin)
	}
	if results == nil {
		return p
	}
	p.Verdict = html.Verdict(results.Valid.String())
	p.Objected = len(results.Objections()) > 0
	p.Figures = figures(results)
	if set := results.Set(); set != nil {
		missing := missingAt(set, results.History, r.names, b.workers)
		p.Elements = elements(set, missing, b.interpreter.Origin())
	}
	p.Words = append(p.Words, results.Words...)
	return p
}

// nodeOf returns the node that a process talks to: worker i talks to node i modulo their
// number, and so do all processes that succeed one another in a worker.
func nodeOf(process int, names []string, workers int) string {
	return names[process%workers%len(names)]
}

// operations yields a history's operations. One that never ended ends unknown.
func operations(h *history.History, origin time.Duration, names []string, workers int) iter.Seq[html.Operation] {
	return func(yield func(html.Operation) bool) {
		ended := make([]bool, h.Len())
		for op := range h.All() {
			if op.Process == history.Nemesis || op.Type == history.Invoke {
				continue
			}
			ended[op.Began] = true
			if !yield(operation(h.At(op.Began), op, origin, names, workers)) {
				return
			}
		}
		for op := range h.All() {
			if op.Process == history.Nemesis || op.Type != history.Invoke || ended[op.Index] {
				continue
			}
			if !yield(operation(op, nil, origin, names, workers)) {
				return
			}
		}
	}
}

// operation is one that began and ended so; end is nil if it never ended.
func operation(began, end *history.Op, origin time.Duration, names []string, workers int) html.Operation {
	op := html.Operation{Process: began.Process, Node: nodeOf(began.Process, names, workers), F: began.F,
		Invoked: origin + began.Time, Completed: origin + began.Time, Outcome: html.Info}
	if began.Value != nil {
		op.Value = string(edn.Append(nil, began.Value))
	}
	if end == nil {
		op.Error = "it had not ended when the test did"
		return op
	}
	op.Completed = origin + end.Time
	switch end.Type {
	case history.OK:
		op.Outcome = html.OK
	case history.Fail:
		op.Outcome = html.Fail
	}
	if end.Error != nil {
		op.Error = string(edn.Append(nil, end.Error))
	}
	return op
}

// marks are the moments that divide a test.
func marks(h *history.History, origin time.Duration) []html.Mark {
	for op := range h.All() {
		if op.Final && op.Type == history.Invoke {
			return []html.Mark{{At: origin + op.Time, Words: "final reads"}}
		}
	}
	return nil
}

// figures are those that people look for first.
func figures(r *report.Results) []html.Labeled {
	list := []html.Labeled{
		{Name: "operations", Text: fmt.Sprint(r.Stats.Count)},
		{Name: "of them ok", Text: fmt.Sprint(r.Stats.OKCount)},
	}
	if r.Net.Ops > 0 {
		list = append(list,
			html.Labeled{Name: "msgs-per-op, servers", Text: fmt.Sprintf("%.2f", r.Net.ServersMsgsPerOp)},
			html.Labeled{Name: "bytes-per-op, servers", Text: fmt.Sprintf("%.0f", r.Net.ServersBytesPerOp)})
	}
	return list
}

// elements are a set's, with the nodes at which each is missing.
func elements(set *checker.Set, missing map[int64][]string, origin time.Duration) []html.Element {
	list := make([]html.Element, 0, len(set.Elements))
	for _, e := range set.Elements {
		known := origin
		if e.Known != nil {
			known += e.Known.Time
		}
		list = append(list, html.Element{Value: e.Value, Known: known, Latency: e.Latency, MissingAt: missing[e.Value],
			Fate: []html.ElementFate{checker.Stable: html.Stable, checker.Lost: html.Gone, checker.NeverRead: html.NeverRead}[e.Outcome]})
	}
	return list
}

// maxMissing bounds how many pairs of an element and a node are looked at.
const maxMissing = 200_000

// missingAt tells which nodes' final reads lack which known elements. Jepsen's checker does
// not see an element that one node never shows, as long as another's later read has it.
func missingAt(set *checker.Set, h *history.History, names []string, workers int) map[int64][]string {
	missing, pairs := make(map[int64][]string), 0
	looked := make(map[string]bool)
	for op := range h.All() {
		read, ok := op.Value.(*history.Elements)
		if !op.Final || op.Type != history.OK || !ok {
			continue
		}
		node := nodeOf(op.Process, names, workers)
		if looked[node] { // several workers of a node read alike
			continue
		}
		looked[node] = true
		held := make(map[int64]bool, read.Len())
		for n := range read.Ints() {
			held[n] = true
		}
		for _, e := range set.Elements {
			if e.Known != nil && !held[e.Value] && pairs < maxMissing {
				missing[e.Value] = append(missing[e.Value], node)
				pairs++
			}
		}
	}
	return missing
}

// some lists the first of many words, and how many more there are.
func some(words []string, most int) string {
	if len(words) <= most {
		return strings.Join(words, ", ")
	}
	return fmt.Sprintf("%s and %d more", strings.Join(words[:most], ", "), len(words)-most)
}

// labeled are the options as they are shown.
func (o *Options) labeled() []html.Labeled {
	var list []html.Labeled
	for _, pair := range o.edn() {
		name, text := string(edn.Append(nil, pair[0])), string(edn.Append(nil, pair[1]))
		list = append(list, html.Labeled{Name: strings.TrimPrefix(name, ":"), Text: text})
	}
	return list
}
