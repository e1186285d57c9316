package glomers

import (
	"context"
	"errors"
	"fmt"
	"io"
	"slices"
	"strings"

	"gset/internal/squall"
)

// An Outcome is what came of a row's test.
type Outcome struct {
	Row       Row
	MsgsPerOp float64
	Floor     float64 // the floor of MsgsPerOp, for the same writes
	Latencies squall.Quantiles
	Heal      int64 // milliseconds; see healing
	Lost      int
	OK        float64 // fraction of ok operations
	Missed    []string
}

// judge holds a test's results against the row's bars.
func judge(row Row, r *squall.Results) Outcome {
	history := slices.Collect(r.History.All())
	o := Outcome{
		Row:       row,
		MsgsPerOp: r.Net.ServersMsgsPerOp,
		Heal:      healing(history).Milliseconds(),
		OK:        r.Availability.OKFraction,
	}
	if r.Net.Ops > 0 {
		o.Floor = float64(floor(writes(history, row.Nodes), row.Nodes, row.interval())) / float64(r.Net.Ops)
	}
	if set := r.Set(); set != nil {
		o.Lost = len(set.Lost)
		if set.StableLatencies != nil {
			o.Latencies = *set.StableLatencies
		}
	}
	miss := func(missed bool, what string) {
		if missed {
			o.Missed = append(o.Missed, what)
		}
	}
	miss(r.Valid != squall.Valid, "validity: "+r.Valid.String())
	miss(!row.MsgsPerOp.Met(o.MsgsPerOp), "msgs-per-op")
	miss(!row.Median.Met(o.Latencies.Median), "median")
	miss(!row.P95.Met(o.Latencies.P95), "p95")
	miss(!row.P99.Met(o.Latencies.P99), "p99")
	miss(!row.Max.Met(o.Latencies.Max), "max")
	miss(!row.Heal.Met(o.Heal), "heal")
	miss(o.OK < row.Availability, "availability")
	return o
}

// ErrMissed is the error of a table with a bar that was missed.
var ErrMissed = errors.New("a bar was missed")

// Run runs every row's test the given number of times, one after another, and
// prints a line for each to out as it ends. Progress, if not nil, is a terminal
// that shows how the test goes. Run returns ErrMissed if any bar was missed, and
// other errors if a test could not be carried through.
func Run(ctx context.Context, rows []Row, runs int, bin string, out, progress io.Writer) error {
	if _, err := fmt.Fprintln(out, header()); err != nil {
		return err
	}
	var missed error
	for _, row := range rows {
		for range runs {
			options := row.options(bin)
			options.StoreDir, options.Progress = "", progress
			r, err := squall.Run(ctx, options)
			if err != nil {
				return fmt.Errorf("%s: %w", row.Name, err)
			}
			o := judge(row, r)
			if len(o.Missed) > 0 {
				missed = ErrMissed
			}
			if _, err := fmt.Fprintln(out, o); err != nil {
				return err
			}
		}
	}
	return missed
}

const columns = "%-14s %16s %6s %5s %12s %10s %12s %13s %14s %5s %5s  %s"

func header() string {
	return fmt.Sprintf(columns, "test", "msgs-per-op", "floor", "ratio", "median ms", "p95 ms", "p99 ms", "max ms", "heal ms", "lost", "ok", "verdict") +
		"\n" + strings.Repeat("-", 132)
}

// String is the outcome as a line of the table: figures with their bars.
func (o Outcome) String() string {
	verdict, ratio := "met", "-"
	if len(o.Missed) > 0 {
		verdict = "MISSED " + strings.Join(o.Missed, ", ")
	}
	if o.Floor > 0 {
		ratio = fmt.Sprintf("%.2f", o.MsgsPerOp/o.Floor)
	}
	l := o.Latencies
	return fmt.Sprintf(columns, o.Row.Name,
		cell(fmt.Sprintf("%.3f", o.MsgsPerOp), o.Row.MsgsPerOp), fmt.Sprintf("%.2f", o.Floor), ratio,
		cell(fmt.Sprint(l.Median), o.Row.Median), cell(fmt.Sprint(l.P95), o.Row.P95),
		cell(fmt.Sprint(l.P99), o.Row.P99), cell(fmt.Sprint(l.Max), o.Row.Max), cell(fmt.Sprint(o.Heal), o.Row.Heal),
		fmt.Sprint(o.Lost), fmt.Sprintf("%.3g", o.OK), verdict)
}

// cell is a figure and its bar.
func cell[T int64 | float64](figure string, bar Bar[T]) string {
	switch {
	case !bar.Set:
		return figure
	case bar.Under:
		return fmt.Sprintf("%s (< %v)", figure, bar.Limit)
	}
	return fmt.Sprintf("%s (<= %v)", figure, bar.Limit)
}
