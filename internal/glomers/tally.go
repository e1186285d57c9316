package glomers

import (
	"fmt"
	"io"

	"gset/internal/bench/report"
)

// lost returns what a test has lost: see Outcome.
func lost(r *report.Results) int64 {
	if set := r.Set(); set != nil {
		return int64(max(len(set.Lost), set.MissingCount))
	}
	counter, most := r.Counter(), int64(0)
	if counter == nil {
		return 0
	}
	for _, read := range counter.FinalReads {
		off := int64(-1) // from the nearest that is acceptable
		for _, a := range counter.Acceptable {
			if d := max(a.Low-read, read-a.High, 0); off < 0 || d < off {
				off = d
			}
		}
		most = max(most, off)
	}
	return most
}

// tally sums up the outcomes of each row's tests, by its name.
type tally map[string]*sum

type sum struct{ runs, valid, met, acknowledged, lost int64 }

func (t tally) add(o Outcome) {
	s := t[o.Row.Name]
	if s == nil {
		s = new(sum)
		t[o.Row.Name] = s
	}
	s.runs++
	s.acknowledged += int64(o.Acknowledged)
	s.lost += o.Lost
	if o.Valid {
		s.valid++
	}
	if len(o.Missed) == 0 {
		s.met++
	}
}

// print writes the sums as a table, in the order of the rows.
func (t tally) print(out io.Writer, rows []Row) error {
	const columns = "%-20s %6v %6v %6v %13v %6v\n"
	_, err := fmt.Fprintf(out, "\n"+columns, "in all", "runs", "valid", "met", "acknowledged", "lost")
	for _, row := range rows {
		if s := t[row.Name]; s != nil && err == nil {
			_, err = fmt.Fprintf(out, columns, row.Name, s.runs, s.valid, s.met, s.acknowledged, s.lost)
		}
	}
	return err
}
