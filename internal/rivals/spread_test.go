package rivals

import (
	"fmt"
	"math/rand/v2"
	"slices"
	"testing"
)

// soon is how many round trips after the probe nine pairs in ten should need at most.
const soon = 1.5

// TestSpread prints what our own way sends over many pairs of states of a scenario, in
// bytes, and how many of them are equal within 1.5 round trips after the probe. The sets
// are a tenth of the table's; they differ in as many elements.
//
//	go test ./internal/rivals -run TestSpread -v -full
func TestSpread(t *testing.T) {
	pairs := 100
	if testing.Short() {
		pairs = 10
	}
	table := [][]string{{"case", "", "pairs", "mean", "p90", "max", "within 1.5 round trips"}}
	for i, s := range scenarios(max(shrink(), 10)) {
		if s.name != "healed partition" && s.name != "random" && s.name != "counters" {
			continue
		}
		var sizes []int
		total, inTime := 0, 0
		for seed := range uint64(pairs) {
			cost, err := s.make(rand.New(rand.NewPCG(seed, uint64(i)))).entries[0].reconcile()
			if err != nil {
				t.Errorf("%s, seed %d: %v", s.name, seed, err)
			}
			sizes = append(sizes, cost.bytes)
			total += cost.bytes
			if cost.roundTrips() <= soon {
				inTime++
			}
		}
		slices.Sort(sizes)
		if inTime*10 < pairs*9 {
			t.Errorf("%s: %d of %d pairs within %v round trips, the goal is nine in ten", s.name, inTime, pairs, soon)
		}
		table = append(table, []string{s.name, s.what, digits(pairs), digits(total / pairs),
			digits(sizes[(pairs-1)*9/10]), digits(sizes[pairs-1]), fmt.Sprintf("%d%%", 100*inTime/pairs)})
	}
	if *full {
		fmt.Println("Bytes of ours in both directions, over pairs with seeds from 0.")
		fmt.Println()
		fmt.Print(markdown(table))
	}
}
