package bench

import (
	"errors"
	"strings"

	"gset/internal/bench/report"
	"gset/internal/bench/report/words"
)

// lagQuantile is the fraction of all that squall does in time of which its lag is told.
const lagQuantile = 0.99

// subject is what the words are about, but for the results.
func (b *bench) subject() *words.Test {
	o := b.opts
	t := &words.Test{
		Workload: o.Workload, Nodes: o.nodes(), Workers: max(1, b.workers), TimeLimit: o.TimeLimit, Rate: o.Rate, Lossy: o.PLoss > 0, Strict: o.Strict,
		Command: o.command(), Stderr: b.stderr,
	}
	if b.store != nil {
		t.Dir = b.store.Dir
	}
	for _, fault := range o.Faults() {
		t.Faults = append(t.Faults, string(fault))
	}
	if b.net != nil {
		t.Drops, t.Lag = &b.net.Drops, b.net.Lag.Quantile(lagQuantile)
	}
	if b.interpreter != nil {
		t.History, t.Origin = b.interpreter.History(), b.interpreter.Origin()
	}
	return t
}

// stderr returns the last lines of a node's standard error.
func (b *bench) stderr(name string) string {
	for _, n := range b.nodes.nodes {
		if n.name == name && n.life.process != nil {
			_, text := n.life.process.LastOutput()
			return text
		}
	}
	return ""
}

// inWords adds the verdict in words to results that have been judged.
func (b *bench) inWords(r *report.Results) {
	t := b.subject()
	t.Valid, t.Result, t.Stats, t.Availability = r.Valid, r.Workload, r.Stats, r.Availability
	t.Ways = b.recording.ways
	t.Objections = len(r.Objections())
	for _, f := range r.Faults {
		t.Muted = append(t.Muted, words.Muted{Node: f.Node, At: f.At, Reason: f.Err.Error(), Late: f.Late, Last: f.Stderr})
	}
	t.Sent = make(map[string]int64)
	for _, ep := range b.nodes.endpoints {
		t.Sent[ep.Name] = ep.Tally.Sent()
	}
	r.Schedule = report.Schedule{Asked: t.Rate * t.TimeLimit.Seconds(), Begun: words.Begun(r.History), Lag: t.Lag}
	r.Words = words.Lines(t)
}

// failed stores the verdict on a test that ended before it was over, and adds it to the error.
func (b *bench) failed(err error) *EndedError {
	t := b.subject()
	if node := (*NodeError)(nil); errors.As(err, &node) && node.Late {
		patient := *b.opts
		patient.InitTimeout *= morePatient
		patient.ClientTimeout *= morePatient
		t.Command, t.Patient = patient.command(), true
	}
	ended := &EndedError{Err: err, Verdict: words.FailureLines(t, b.failure(err))}
	if b.store != nil {
		if storeErr := b.store.Verdict(strings.Join(ended.Verdict, "\n") + "\n"); storeErr != nil {
			ended.Err = errors.Join(err, storeErr)
		}
	}
	return ended
}

// failure is what ended a test.
func (b *bench) failure(err error) *words.Failure {
	var node *NodeError
	switch {
	case errors.As(err, &node):
		at := node.At
		if b.interpreter != nil {
			at -= b.interpreter.Origin()
		}
		return &words.Failure{Node: node.Node, Reason: node.Reason, At: at, Stdout: node.Stdout, Stderr: node.Stderr, LogFile: node.LogFile}
	case errors.Is(err, ErrInterrupted):
		return &words.Failure{Interrupted: true, Reason: strings.TrimPrefix(err.Error(), ErrInterrupted.Error()+" "), At: -1}
	}
	return &words.Failure{Reason: err.Error(), At: -1}
}
