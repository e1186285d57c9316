package report

import (
	"fmt"
	"io"
	"strings"

	"gset/internal/bench/checker"
	"gset/internal/bench/edn"
)

// Pretty returns the results as they are written: a map in EDN.
func (r *Results) Pretty() []byte { return r.pretty(r.Words) }

func (r *Results) pretty(words []string) []byte {
	return append(edn.AppendPretty(nil, r.edn(words), 0), '\n')
}

// Print writes the results to w as Maelstrom does, the map and the verdict, and the verdict in
// words, which the map that is printed has no need of.
func (r *Results) Print(w io.Writer) error {
	text := fmt.Appendf(r.pretty(nil), "\n\n%s\n", r.verdict())
	if len(r.Words) > 0 {
		text = fmt.Appendf(text, "\n%s\n", strings.Join(r.Words, "\n"))
	}
	_, err := w.Write(text)
	return err
}

func (r *Results) verdict() string {
	switch r.Valid {
	case checker.Valid:
		return "Everything looks good! ヽ(‘ー`)ノ"
	case checker.Invalid:
		return "Analysis invalid! (ﾉಥ益ಥ）ﾉ ┻━┻"
	}
	return "No anomaly was found, but not enough was seen to tell. ಠ~ಠ"
}

// edn turns results into the map that is printed and written to results.edn.
func (r *Results) edn(words []string) edn.Map {
	return edn.Map{
		{edn.Keyword("exceptions"), checker.CrashesEDN(r.Crashes)},
		{edn.Keyword("stats"), r.Stats.EDN()},
		{edn.Keyword("availability"), r.Availability.EDN()},
		{edn.Keyword("net"), r.Net.EDN()},
		{edn.Keyword("workload"), r.Workload.EDN()},
		{edn.Keyword("squall"), r.own(words)},
		{edn.Keyword("valid?"), r.Valid},
	}
}

// own is what Maelstrom does not tell.
func (r *Results) own(words []string) edn.Map {
	muted := edn.List{}
	for _, f := range r.Faults {
		muted = append(muted, edn.Map{
			{edn.Keyword("node"), f.Node},
			{edn.Keyword("time"), int64(f.At)},
			{edn.Keyword("reason"), f.Err.Error()},
			{edn.Keyword("late-reply"), f.Late},
		})
	}
	objections := edn.Vector{}
	for _, text := range r.Objections() {
		objections = append(objections, text)
	}
	m := edn.Map{
		{edn.Keyword("seed"), r.Seed},
		{edn.Keyword("options"), r.Options},
		{edn.Keyword("strict"), r.Strict},
		{edn.Keyword("objections"), objections},
		{edn.Keyword("muted-nodes"), muted},
		{edn.Keyword("final-reads"), edn.Map{
			{edn.Keyword("asked"), r.FinalReads.Asked},
			{edn.Keyword("ok"), r.FinalReads.OK},
		}},
		{edn.Keyword("servers"), r.Net.Own()},
		{edn.Keyword("schedule"), edn.Map{
			{edn.Keyword("asked"), r.Schedule.Asked},
			{edn.Keyword("begun"), r.Schedule.Begun},
			{edn.Keyword("lag"), int64(r.Schedule.Lag)},
		}},
	}
	if words != nil {
		lines := edn.Vector{}
		for _, line := range words {
			lines = append(lines, line)
		}
		m = append(m, edn.Pair{edn.Keyword("words"), lines})
	}
	return append(m, r.Workload.Own()...)
}
