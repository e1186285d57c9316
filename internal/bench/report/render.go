package report

import (
	"fmt"
	"io"
	"strings"

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
	for _, objection := range r.Workload.Objections() {
		effect := "with --strict the test would be invalid"
		if r.Strict {
			effect = "with --strict the test is invalid"
		}
		text = fmt.Appendf(text, "\n%s: %s.\n", strings.ToUpper(objection[:1])+objection[1:], effect)
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
		{edn.Keyword("exceptions"), checker.CrashesEDN(r.Crashes)},
		{edn.Keyword("stats"), r.Stats.EDN()},
		{edn.Keyword("availability"), r.Availability.EDN()},
		{edn.Keyword("net"), r.Net.EDN()},
		{edn.Keyword("workload"), r.Workload.EDN()},
		{edn.Keyword("squall"), r.own()},
		{edn.Keyword("valid?"), r.Valid},
	}
}

// own is what Maelstrom does not tell.
func (r *Results) own() edn.Map {
	muted := edn.List{}
	for _, f := range r.Faults {
		muted = append(muted, edn.Map{
			{edn.Keyword("node"), f.Node},
			{edn.Keyword("time"), int64(f.At)},
			{edn.Keyword("reason"), f.Err.Error()},
		})
	}
	return append(edn.Map{
		{edn.Keyword("seed"), r.Seed},
		{edn.Keyword("options"), r.Options},
		{edn.Keyword("strict"), r.Strict},
		{edn.Keyword("muted-nodes"), muted},
	}, r.Workload.Own()...)
}
