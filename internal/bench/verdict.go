package bench

import (
	"errors"
	"slices"
	"strings"

	"gset/internal/bench/report"
	"gset/internal/bench/report/words"
	"gset/internal/bench/store"
)

// lagQuantile is the fraction of all that squall does in time of which its lag is told.
const lagQuantile = 0.99

// inWords adds the verdict in words to results that have been judged.
func (b *bench) inWords(r *report.Results, names []string, workers int) {
	o := b.opts
	t := &words.Test{
		Workload: o.Workload, Nodes: names, Workers: workers, TimeLimit: o.TimeLimit, Rate: o.Rate, Strict: o.Strict,
		Valid: r.Valid, Result: r.Workload, Stats: r.Stats, Availability: r.Availability, History: r.History,
		Drops: &b.net.Drops, Origin: b.interpreter.Origin(), Lag: b.net.Lag.Quantile(lagQuantile),
		Dir: r.Dir, Command: o.command(),
	}
	for _, fault := range o.Faults() {
		t.Faults = append(t.Faults, string(fault))
	}
	if o.PLoss > 0 && !slices.Contains(t.Faults, "loss") {
		t.Faults = append(t.Faults, "loss")
	}
	for _, f := range r.Faults {
		t.Muted = append(t.Muted, words.Muted{Node: f.Node, At: max(0, f.At-t.Origin), Reason: f.Err.Error(), Last: f.Stderr})
	}
	r.Schedule = report.Schedule{Asked: o.Rate * o.TimeLimit.Seconds(), Begun: words.Begun(r.History), Lag: t.Lag}
	r.Words = words.Lines(t)
}

// failed completes the error of a test that could not be carried through with the command that
// repeats it, and stores it in place of a verdict.
func failed(o *Options, s *store.Store, err error) error {
	var node *NodeError
	if errors.As(err, &node) {
		node.Repeat = o.command()
	}
	if s == nil {
		return err
	}
	text := "FAILED: the test could not be carried through: " + err.Error() + "\n"
	if !strings.Contains(text, "\nTo repeat it: ") {
		text += "To repeat it: " + o.command() + "\n"
	}
	return errors.Join(err, s.Verdict(text))
}
