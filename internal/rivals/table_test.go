package rivals

import (
	"cmp"
	"flag"
	"fmt"
	"math/rand/v2"
	"slices"
	"strings"
	"testing"
)

// outOfReach are the cases whose goals nobody can meet, and why. A goal that is missed in
// any other case fails the test.
var outOfReach = map[string]string{
	"small, random halves": "1,000 bits of one side and 500 of what the other one has beyond them are 188 bytes already",
	"fresh, dense":         "a tenth of 228 bytes is less than the header of one message, and it takes two",
	"asked, dense":         "likewise",
}

// tableSeed is that of the table's sets.
const tableSeed = 1

var full = flag.Bool("full", false, "reconcile large sets in their full size, and print the tables")

// shrink is what large sets are divided by.
func shrink() int {
	switch {
	case *full:
		return 1
	case testing.Short():
		return 50
	}
	return 10
}

// TestTable prints what each way sends in each scenario: the median, where small states allow for
// many pairs. It fails where one side does not hold the union in the end.
//
//	go test ./internal/rivals -run TestTable -v -full
func TestTable(t *testing.T) {
	all := scenarios(shrink())
	table := make([][]string, len(all)+1)
	table[0] = []string{"case", "", "ours", "round trips", "goal", "", "full state", "roaring", "ranges", "iblt"}
	t.Run("scenarios", func(t *testing.T) {
		for i, s := range all {
			t.Run(s.name, func(t *testing.T) {
				t.Parallel()
				goal, medians := measure(t, s, rand.New(rand.NewPCG(tableSeed, uint64(i))))
				row := []string{s.name, s.what}
				for j, cost := range medians {
					row = append(row, digits(cost.bytes))
					if j > 0 {
						continue
					}
					verdict := "met"
					if cost.bytes > goal {
						verdict = "missed"
						if outOfReach[s.name] == "" {
							t.Errorf("ours: %d bytes, the goal is %d", cost.bytes, goal)
						}
					}
					row = append(row, fmt.Sprint(cost.roundTrips()), digits(goal), verdict)
				}
				table[i+1] = row
			})
		}
	})
	if *full {
		fmt.Printf("Bytes in both directions, and round trips after the probe; seed %d.\n\n", tableSeed)
		fmt.Print(markdown(table))
	}
}

// measure applies every way to as many pairs of states as the scenario takes, and returns the
// median of each way's costs.
func measure(t *testing.T, s scenario, r *rand.Rand) (goal int, medians []cost) {
	var costs [][]cost // way by way
	for range s.pairs {
		c := s.make(r)
		goal = c.goal
		if costs == nil {
			costs = make([][]cost, len(c.entries))
		}
		for j, e := range c.entries {
			cost, err := e.reconcile()
			if err != nil {
				t.Errorf("%s: %v", e.name, err)
			}
			costs[j] = append(costs[j], cost)
		}
	}
	for _, each := range costs {
		slices.SortFunc(each, func(a, b cost) int { return cmp.Or(cmp.Compare(a.bytes, b.bytes), cmp.Compare(a.trips, b.trips)) })
		medians = append(medians, each[len(each)/2])
	}
	return goal, medians
}

// markdown aligns a table whose first row is its header. The first column and those without
// a header are words, the others numbers; a row may be shorter than the header.
func markdown(table [][]string) string {
	header := table[0]
	width := make([]int, len(header))
	for _, row := range table {
		for i, text := range row {
			width[i] = max(width[i], len(text))
		}
	}
	var b strings.Builder
	for n, row := range table {
		row = append(row, make([]string, len(header)-len(row))...)
		rule := ""
		for i, text := range row {
			dashes := strings.Repeat("-", width[i]+1)
			if i == 0 || header[i] == "" {
				fmt.Fprintf(&b, "| %-*s ", width[i], text)
				rule += "|-" + dashes
			} else {
				fmt.Fprintf(&b, "| %*s ", width[i], text)
				rule += "|" + dashes + ":"
			}
		}
		b.WriteString("|\n")
		if n == 0 {
			b.WriteString(rule + "|\n")
		}
	}
	return b.String()
}
