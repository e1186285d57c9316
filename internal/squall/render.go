package squall

import (
	"fmt"
	"io"
)

// Pretty returns the results as they are printed and written: a map in EDN.
func (r *Results) Pretty() []byte { return append(appendPretty(nil, r.edn(), 0), '\n') }

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
	case Valid:
		return "Everything looks good! ヽ(‘ー`)ノ"
	case Invalid:
		return "Analysis invalid! (ﾉಥ益ಥ）ﾉ ┻━┻"
	}
	return "No anomaly was found, but not enough was seen to tell. ಠ~ಠ"
}

// edn turns results into the map that is printed and written to results.edn.
func (r *Results) edn() Map {
	return Map{
		{Keyword("perf"), Map{
			{Keyword("latency-graph"), Map{{Keyword("valid?"), true}}},
			{Keyword("rate-graph"), Map{{Keyword("valid?"), true}}},
			{Keyword("valid?"), true},
		}},
		{Keyword("timeline"), Map{{Keyword("valid?"), true}}},
		{Keyword("exceptions"), crashesEDN(r.Crashes)},
		{Keyword("stats"), r.Stats.edn()},
		{Keyword("availability"), r.Availability.edn()},
		{Keyword("net"), r.Net.edn()},
		{Keyword("workload"), r.Workload.edn()},
		{Keyword("valid?"), r.Valid},
	}
}
