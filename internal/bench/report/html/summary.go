package html

import (
	"encoding/json"
	"fmt"
	"io"
	"time"
)

// A Summary is what a list of runs shows of one, and what a comparison of two shows of
// both. It is a file of its own, so that a list need not read reports.
type Summary struct {
	Workload string    `json:"workload"`
	Title    string    `json:"title"`
	Verdict  Verdict   `json:"verdict"`
	Objected bool      `json:"objected"` // though the verdict is valid
	Began    time.Time `json:"began"`
	Seed     int64     `json:"seed"`
	Nodes    int       `json:"nodes"`
	Words    []string  `json:"words"`
	Figures  []Labeled `json:"figures"`
	Options  []Labeled `json:"options"`
}

// Summarize returns a run's summary. Its texts are cut as those of the report are.
func Summarize(r *Run) *Summary {
	figures := cutLabeled(r.Figures)
	if r.Elements != nil {
		for _, q := range newElementsData(r.Elements).Quantiles {
			name, ok := map[float64]string{0: "least stable latency", 0.5: "median", 0.95: "95%", 0.99: "99%", 1: "max"}[q.Q]
			if !ok {
				name = fmt.Sprintf("quantile %v", q.Q)
			}
			figures = append(figures, Labeled{name, fmt.Sprint(q.MS, " ms")})
		}
	}
	return &Summary{
		Workload: cut(r.Workload, textShown), Title: cut(r.Title, textShown), Verdict: r.Verdict, Objected: r.Verdict == Valid && r.Objected,
		Began: r.Began, Seed: r.Seed, Nodes: len(r.Nodes),
		Words: cutAll(r.Words, wordsShown, linesShown), Figures: figures, Options: cutLabeled(r.Options),
	}
}

// Write writes the summary as JSON.
func (s *Summary) Write(w io.Writer) error {
	e := json.NewEncoder(w)
	e.SetIndent("", "  ")
	if err := e.Encode(s); err != nil {
		return fmt.Errorf("cannot write the summary: %w", err)
	}
	return nil
}

// summaryLimit is longer than any summary that [Summary.Write] writes.
const summaryLimit = 4 << 20

// ReadSummary reads what [Summary.Write] wrote.
func ReadSummary(r io.Reader) (*Summary, error) {
	var s Summary
	if err := json.NewDecoder(io.LimitReader(r, summaryLimit)).Decode(&s); err != nil {
		return nil, fmt.Errorf("cannot read the summary: %w", err)
	}
	return &s, nil
}
