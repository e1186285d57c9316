package sim

import (
	"fmt"
	"io"
)

// WriteTable writes the rows of a report as a table for each load. Times are in
// milliseconds. If worst is set every row ends with its worst pair.
//
// "msgs/update" are all messages until the load ended, and "calm" those of the same load
// without faults, if the report has it; "floor" is how many there are for every one that
// the rounds could not have done without: m + n-1 for a round with updates of m nodes
// besides the one that tells it. That is left out with faults, which make rounds
// that not all hear.
func WriteTable(w io.Writer, rows []Row, worst bool) error {
	calm := map[Load]float64{}
	for _, r := range rows {
		if r.Plight == "none" {
			calm[r.Load] = r.PerUpdate
		}
	}
	var failed error
	line := func(format string, args ...any) {
		if _, err := fmt.Fprintf(w, format, args...); failed == nil {
			failed = err
		}
	}
	var last Row
	for _, r := range rows {
		if r.Load != last.Load {
			line("\n%-18s %-14s %8s %5s %6s %6s %6s  %-18s %11s %6s %6s\n", fmt.Sprintf("%d nodes, %d/s", r.Nodes, r.Rate),
				"phase", "pairs", "lost", "median", "p99", "max", "bound", "msgs/update", "calm", "floor")
		}
		var name, spent, beside, floor, bound, pair string
		if r.Plight != last.Plight || r.Load != last.Load {
			name, spent = r.Plight, fmt.Sprintf("%.2f", r.PerUpdate)
			if c, known := calm[r.Load]; known {
				beside = fmt.Sprintf("%.2f", c)
			}
			if r.Plight == "none" {
				floor = fmt.Sprintf("x%.3f", r.OverFloor)
			}
		}
		if r.Bound != (Bound{}) {
			bound = fmt.Sprintf("%v %s", r.Bound, map[bool]string{true: "met", false: "MISSED"}[r.Met()])
		}
		if p := r.Worst; worst && p.Seed > 0 {
			pair = fmt.Sprintf("  seed %d: %d of n%d at %v to n%d, could be %v, was %v", p.Seed, p.Place, p.From, p.Made, p.To, p.Earliest, p.Got)
		}
		line("%-18s %-14s %8d %5d %6d %6d %6d  %-18s %11s %6s %6s%s\n", name, r.Phase, r.Pairs, r.Lost,
			r.Excess.Median.Milliseconds(), r.Excess.P99.Milliseconds(), r.Excess.Max.Milliseconds(), bound, spent, beside, floor, pair)
		last = r
	}
	return failed
}
