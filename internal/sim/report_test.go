package sim

import (
	"context"
	"runtime"
	"slices"
	"strings"
	"testing"
)

// TestExcessOverTheOracle plays a part of the report of lab oracle and holds it
// against its bounds: after a heal whatever was held up is everywhere within R + T + 4 hops
// of when it could have been, while a majorities ring lasts within 3R, 99 times in 100; and
// without faults half of it is as early as the rules say.
//
//	go run ./cmd/lab oracle
func TestExcessOverTheOracle(t *testing.T) {
	o := ReportOptions{
		Plights: []string{"none", "minority-third", "majorities-ring", "hub crash"},
		Loads:   []Load{{5, 2}, {5, 100}, {25, 2}, {25, 100}},
		First:   1, Seeds: 4, Workers: runtime.GOMAXPROCS(0),
	}
	if testing.Short() {
		o.Loads = []Load{{5, 100}, {25, 2}}
	}
	rows, err := Report(context.Background(), o)
	if err != nil {
		t.Fatal(err)
	}
	var table strings.Builder
	if err := WriteTable(&table, rows, false); err != nil {
		t.Fatal(err)
	}
	t.Log(table.String())
	bounds := 0
	for _, r := range rows {
		if r.Bound != (Bound{}) {
			bounds++
		}
		if !r.Met() {
			t.Errorf("%d nodes, %d/s, %s, %v: %v is missed", r.Nodes, r.Rate, r.Plight, r.Phase, r.Bound)
		}
	}
	if least := 2 * len(o.Plights) * len(o.Loads) * 3 / 4; bounds < least {
		t.Errorf("%d rows have a bound, want %d", bounds, least)
	}
}

func TestATrialIsAValidSchedule(t *testing.T) {
	for _, name := range Plights() {
		a, b := (Trial{name, 5, 100, 1}).Schedule(), (Trial{"none", 5, 100, 1}).Schedule()
		if err := a.Validate(); err != nil {
			t.Errorf("%s: %v", name, err)
		}
		updates := slices.DeleteFunc(a.Events, func(e Event) bool { return e.What != Update })
		if !slices.Equal(updates, b.Events) {
			t.Errorf("%s: other updates than without it", name)
		}
	}
}
