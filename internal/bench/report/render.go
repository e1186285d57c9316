package report

import (
	"fmt"
	"io"

	"gset/internal/bench/checker"
	"gset/internal/bench/edn"
)

// Pretty returns the results as they are printed and written: a map in EDN.
func (r *Results) Pretty() []byte { return append(edn.AppendPretty(nil, r.edn(), 0), '\n') }

// Print writes the results to w as Maelstrom does: the map, and the verdict
// in words.
func (r *Results) Print(w io.Writer) error {
	text := r.Pretty()
	for _, f := range r.Faults {
		text = fmt.Appendf(text, "\nFrom %v\n", f)
	}
	_, err := fmt.Fprintf(w, "%s\n\n%s\n", text, r.verdict())
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
func (r *Results) edn() edn.Map {
	return edn.Map{
		{edn.Keyword("perf"), edn.Map{
			{edn.Keyword("latency-graph"), edn.Map{{edn.Keyword("valid?"), true}}},
			{edn.Keyword("rate-graph"), edn.Map{{edn.Keyword("valid?"), true}}},
			{edn.Keyword("valid?"), true},
		}},
		{edn.Keyword("timeline"), edn.Map{{edn.Keyword("valid?"), true}}},
		{edn.Keyword("exceptions"), checker.CrashesEDN(r.Crashes)},
		{edn.Keyword("stats"), r.Stats.EDN()},
		{edn.Keyword("availability"), r.Availability.EDN()},
		{edn.Keyword("net"), r.Net.EDN()},
		{edn.Keyword("workload"), r.Workload.EDN()},
		{edn.Keyword("valid?"), r.Valid},
	}
}
