package sim

import (
	"cmp"
	"context"
	"fmt"
	"slices"
	"sync"
	"time"

	"gset/internal/bench/quantile"
)

// Load is a cluster and how busy its clients are.
type Load struct {
	Nodes int
	Rate  int // updates a second
}

// ReportOptions say what a report is about.
type ReportOptions struct {
	Plights []string // of Plights
	Loads   []Load
	First   uint64 // seed
	Seeds   uint64 // how many, for each plight and load
	Workers int
}

// Row is what a report says of one plight, under one load, in one phase.
type Row struct {
	Load
	Plight string
	Phase  Phase
	Bound  Bound

	Pairs  int // of an update and a node that was to get it
	Lost   int // of these, that never got there
	Excess struct{ Median, P99, Max time.Duration }
	Worst  Worst

	// Of all phases of the plight: messages until the end of the load by update, and
	// how many there are for one that the rounds could not have done without.
	PerUpdate, OverFloor float64
}

// Worst is the pair with the greatest excess of a row.
type Worst struct {
	Seed uint64
	Pair
}

// Report plays all trials, some at a time, and returns the rows that have any pairs, and
// an error if an invariant did not hold. What is longer than the others comes last.
func Report(ctx context.Context, o ReportOptions) ([]Row, error) {
	var rows []Row
	for _, load := range o.Loads {
		for _, plight := range o.Plights {
			of, err := report(ctx, o, load, plight)
			if err != nil {
				return rows, err
			}
			rows = append(rows, of...)
		}
	}
	return rows, ctx.Err()
}

// report returns the rows of one plight under one load.
func report(ctx context.Context, o ReportOptions, load Load, name string) ([]Row, error) {
	if !slices.Contains(Plights(), name) {
		return nil, fmt.Errorf("sim: plight %q is none of %q", name, Plights())
	}
	var (
		mu                   sync.Mutex
		err                  error
		sent, floor, updates int
		rows                 [Later + 1]Row
		excess               [Later + 1][]time.Duration
	)
	Explore(ctx, o.First, o.Seeds, o.Workers, func(seed uint64) {
		t := Trial{Plight: name, Nodes: load.Nodes, Rate: load.Rate, Seed: seed}
		var h History
		r := Player{History: &h}.Play(t.Schedule())
		pairs := slices.Collect(h.Pairs())
		mu.Lock()
		defer mu.Unlock()
		if r.Violation != nil {
			err = cmp.Or(err, fmt.Errorf("sim: %v: %v", t, r.Violation))
			return
		}
		sent, floor, updates = sent+h.Sent, floor+h.Floor, updates+r.Updates
		for _, p := range pairs {
			phase := t.plight().phase(p)
			row := &rows[phase]
			row.Pairs++
			if p.Lost {
				row.Lost++
				continue
			}
			if e := p.Excess(); e > row.Worst.Excess() || e == row.Worst.Excess() && seed < row.Worst.Seed {
				row.Worst = Worst{seed, p}
			}
			excess[phase] = append(excess[phase], p.Excess())
		}
	})
	var some []Row
	for phase, row := range rows {
		if row.Pairs == 0 {
			continue
		}
		slices.Sort(excess[phase])
		row.Load, row.Plight, row.Phase = load, name, Phase(phase)
		row.Bound = bound(row)
		row.Excess.Median = quantile.At(excess[phase], 0.5)
		row.Excess.P99 = quantile.At(excess[phase], 0.99)
		row.Excess.Max = quantile.At(excess[phase], 1)
		row.PerUpdate, row.OverFloor = float64(sent)/float64(updates), float64(sent)/float64(floor)
		some = append(some, row)
	}
	return some, err
}

// Bound is a promise on a figure of a row; the zero Bound is none.
type Bound struct {
	Figure string // "p50" or "p99"
	Most   time.Duration
}

func (b Bound) String() string {
	if b == (Bound{}) {
		return ""
	}
	return fmt.Sprintf("%s <= %d", b.Figure, b.Most.Milliseconds())
}

// bound returns what is promised of a row.
//
// What was held up by a fault is everywhere after the heal within a probe interval, to
// find out; an interval and the two hops it takes to tell all; and the two of a repair
// before that. In a majorities ring what the hub cannot pass on goes from one to
// the next by repairs. A hub that dies while little goes on is found out within a probe interval. Without faults, the oracle needs one hop and the protocol two
// and an interval, of which half passes on average; or one hop as well if little goes on.
func bound(row Row) Bound {
	switch {
	case row.Phase == Before && row.Plight == "none" && row.Rate < quietRate:
		return Bound{"p50", pushed(row.Nodes)}
	case row.Phase == Before && row.Plight == "none":
		return Bound{"p50", TrialInterval/2 + TrialHop}
	case row.Phase == Before && row.Plight != "loss of 10%":
		return Bound{"p99", TrialInterval + TrialHop}
	case row.Phase == During && row.Plight == "hub crash" && row.Rate < quietRate:
		return Bound{"p99", TrialProbe}
	case row.Phase == During && row.Plight == "majorities-ring":
		return Bound{"p99", 3 * TrialProbe}
	case row.Phase == Healed:
		return Bound{"p99", TrialProbe + TrialInterval + 4*TrialHop}
	}
	return Bound{}
}

// pushed is the median excess of quiet clusters, which push updates eagerly: nothing. But a node's first update goes by way
// of the hub, one hop more, and in a large cluster most of the few there are come first.
func pushed(nodes int) time.Duration {
	if nodes > 10 {
		return TrialHop
	}
	return 0
}

// quietRate is below which updates are mostly pushed eagerly: a fraction of one in an interval.
const quietRate = 4

// Met reports whether the row's bound holds. What never arrives is beyond all bounds.
func (r Row) Met() bool {
	got := map[string]time.Duration{"": 0, "p50": r.Excess.Median, "p99": r.Excess.P99}[r.Bound.Figure]
	return got <= r.Bound.Most && (r.Bound == Bound{} || r.Lost == 0)
}
