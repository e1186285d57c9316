package hardship

import (
	"flag"
	"fmt"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"gset/internal/bench/quantile"
)

var (
	seedsFlag = flag.Int("seeds", 0, "how many seeds to measure each hardship with, instead of a few")
	full      = flag.Bool("full", false, "measure with states as large as they are named; else with a tenth of that")
)

// hardship is a part of the table: what befalls a cluster, and what it comes to.
type hardship struct {
	name    string
	seeds   int  // how many to measure it with
	heavy   bool // takes so much memory that it runs alone
	long    bool // takes seconds, and is left out where time is short
	huge    bool // is left out unless all is measured in full
	measure func(t *testing.T, seed uint64, f *figures)
}

// goal is what a figure should be at most. Kept says whether the protocol keeps it: it is
// asserted then.
type goal struct {
	most float64
	kept bool
}

// figure is a row: what was measured with all seeds.
type figure struct {
	name, unit string
	goal       goal
	values     []float64       // one of each seed
	times      []time.Duration // of all seeds together, for a percentile of them
}

// figures are the rows of a hardship. Its seeds come one after another.
type figures struct{ rows []*figure }

func (f *figures) row(name, unit string, g goal) *figure {
	for _, row := range f.rows {
		if row.name == name {
			return row
		}
	}
	row := &figure{name: name, unit: unit, goal: g}
	f.rows = append(f.rows, row)
	return row
}

// add notes a seed's figure; the greatest of all seeds is held against the goal.
func (f *figures) add(name, unit string, value float64, g goal) {
	row := f.row(name, unit, g)
	row.values = append(row.values, value)
}

// duration notes a seed's figure in seconds.
func (f *figures) duration(name string, value time.Duration, g goal) {
	f.add(name, "s", value.Seconds(), g)
}

// p99 notes times of a seed; the 99th percentile of those of all seeds, in seconds, is held against
// the goal.
func (f *figures) p99(name string, times []time.Duration, g goal) {
	row := f.row(name, "s", g)
	row.times = append(row.times, times...)
}

// worst is what is held against the goal.
func (r *figure) worst() float64 {
	if len(r.times) > 0 {
		slices.Sort(r.times)
		return quantile.At(r.times, 0.99).Seconds()
	}
	if len(r.values) == 0 {
		return 0
	}
	return slices.Max(r.values)
}

// String is the row in the table: the median, the worst seed, and the goal.
func (r *figure) String() string {
	median := ""
	if len(r.values) > 0 {
		slices.Sort(r.values)
		median = number(r.values[len(r.values)/2])
	}
	line := fmt.Sprintf("%-44s %10s %10s %-6s", r.name, median, number(r.worst()), r.unit)
	if r.goal != (goal{}) {
		line += fmt.Sprintf(" %8s", number(r.goal.most))
		switch {
		case r.worst() > r.goal.most:
			line += "  missed"
		case !r.goal.kept:
			line += "  met, and not asserted yet"
		}
	}
	return line
}

// number writes a figure so that it can be read.
func number(x float64) string {
	switch {
	case x >= never.Seconds()/2:
		return "never"
	case x >= 1000 || x == float64(int(x)):
		return fmt.Sprintf("%.0f", x)
	}
	return fmt.Sprintf("%.3g", x)
}

// TestHardships measures all hardships and holds them against the goals that are kept.
func TestHardships(t *testing.T) {
	var all [][]string
	t.Run("of", func(t *testing.T) {
		var mu sync.Mutex
		for i, h := range slices.Concat(intransitive, deadHub, poisoned, cutOff, members, heals, joiners, receiving) {
			all = append(all, nil)
			if h.huge && !*full || h.long && testing.Short() {
				continue
			}
			t.Run(h.name, func(t *testing.T) {
				if !h.heavy {
					t.Parallel()
				}
				lines := h.play(t)
				mu.Lock()
				defer mu.Unlock()
				all[i] = lines
			})
		}
	})
	if !*full {
		t.Log("states have a tenth of the elements they are named for; all with -full")
	}
	t.Logf("%-44s %10s %10s %-6s %8s", "", "median", "worst", "", "goal")
	for _, lines := range all {
		if len(lines) > 0 {
			t.Log(strings.Join(lines, "\n"))
		}
	}
}

// play measures a hardship with its seeds, and returns its rows.
func (h hardship) play(t *testing.T) []string {
	seeds := h.seeds
	switch {
	case *seedsFlag > 0:
		seeds = *seedsFlag
	case testing.Short():
		seeds = 1
	}
	var f figures
	began := time.Now()
	for seed := range uint64(seeds) {
		h.measure(t, seed+1, &f)
	}
	lines := []string{fmt.Sprintf("%s (seeds 1 to %d, %.1f s)", h.name, seeds, time.Since(began).Seconds())}
	for _, row := range f.rows {
		lines = append(lines, "    "+row.String())
		if row.goal.kept && row.worst() > row.goal.most {
			t.Errorf("%s: %s is %s %s, above %s", h.name, row.name, number(row.worst()), row.unit, number(row.goal.most))
		}
	}
	return lines
}
