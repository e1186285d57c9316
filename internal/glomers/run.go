package glomers

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"sync"

	"gset/internal/bench"
	"gset/internal/bench/checker"
	"gset/internal/bench/history"
	"gset/internal/bench/report"
)

// An Outcome is what came of a row's test.
type Outcome struct {
	Row        Row
	MsgsPerOp  float64
	Floor      float64 // the floor of MsgsPerOp, for the same writes
	BytesPerOp float64 // of the bodies between servers
	OK         float64 // fraction of ok operations
	Missed     []string
	Seed       int64  // of the test
	Dir        string // where the test's store is kept, "" if nowhere

	Valid        bool
	Acknowledged int // writes
	// Lost is how many acknowledged values were lost, or are missing at some node at the end; of counters, by how much a final
	// read is outside what it may be.
	Lost int64

	// Of sets; 0 for counters.

	Latencies checker.Quantiles
	Heal      int64 // milliseconds; see healing
}

// judge holds a test's results against the row's bars.
func judge(row Row, r *report.Results) Outcome {
	ops := slices.Collect(r.History.All())
	o := Outcome{
		Row:        row,
		MsgsPerOp:  r.Net.ServersMsgsPerOp,
		BytesPerOp: r.Net.ServersBytesPerOp,
		Heal:       healing(ops).Milliseconds(),
		OK:         r.Availability.OKFraction,
		Seed:       r.Seed,
		Valid:      r.Valid == checker.Valid,
		Lost:       lost(r),
	}
	for _, op := range ops {
		if op.Type == history.OK && isWrite(op) {
			o.Acknowledged++
		}
	}
	if r.Net.Ops > 0 {
		o.Floor = float64(Floor(ops, row.Nodes, row.interval())) / float64(r.Net.Ops)
	}
	if set := r.Set(); set != nil {
		if set.StableLatencies != nil {
			o.Latencies = *set.StableLatencies
		}
	}
	miss := func(missed bool, what string) {
		if missed {
			o.Missed = append(o.Missed, what)
		}
	}
	miss(r.Valid != checker.Valid, "validity: "+r.Valid.String())
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

// A Table is rows to be tested, and how.
type Table struct {
	Rows     []Row
	Runs     int    // of each row's test
	Parallel int    // how many tests run at once; those that do disturb each other's latencies
	BinDir   string // the directory of the node binaries
	StoreDir string // where the stores of tests are kept that miss a bar or fail; "" keeps none

	Out      io.Writer // gets a line for each test as it ends
	Progress io.Writer // if not nil, a terminal that shows how the test goes, if it is alone

	run func(context.Context, bench.Options) (*report.Results, error) // squall.Run, but for tests
}

// Run runs the tests. It returns ErrMissed if any bar was missed, and other errors if a
// test could not be carried through, which ends the others.
func (t Table) Run(ctx context.Context) error {
	if t.run == nil {
		t.run = bench.Run
	}
	if t.Parallel > 1 {
		t.Progress = nil // they would write over each other
	}
	if _, err := fmt.Fprintln(t.Out, header()); err != nil {
		return err
	}
	ctx, cancel := context.WithCancel(ctx)
	defer cancel()
	var (
		results = results{out: t.Out, tally: make(tally), cancel: cancel}
		testers sync.WaitGroup
		tests   = make(chan Row)
	)
	for range t.Parallel {
		testers.Go(func() {
			for row := range tests {
				results.add(t.test(ctx, row))
			}
		})
	}
	for _, row := range t.Rows {
		for range t.Runs {
			select {
			case tests <- row:
			case <-ctx.Done():
			}
		}
	}
	close(tests)
	testers.Wait()
	failed := results.failed
	if failed == nil && ctx.Err() != nil {
		failed = bench.ErrInterrupted // between two tests
	}
	if failed == nil && t.Runs > 1 {
		failed = results.tally.print(t.Out, t.Rows)
	}
	return cmp.Or(failed, results.missed)
}

// results are those of a table's tests.
type results struct {
	out    io.Writer
	cancel func() // ends the tests that run

	mu     sync.Mutex // guards the rest, and out
	tally  tally
	failed error // the first reason why a test could not be carried through
	missed error
}

// add takes the result of a test.
func (r *results) add(o Outcome, err error) {
	r.mu.Lock()
	defer r.mu.Unlock()
	if r.failed != nil {
		return
	}
	if err == nil {
		r.tally.add(o)
		_, err = fmt.Fprintln(r.out, o)
	}
	if err != nil {
		r.failed = err
		r.cancel()
	}
	if len(o.Missed) > 0 {
		r.missed = ErrMissed
	}
}

// test runs a row's test once. Its store is removed again if it meets all bars.
func (t Table) test(ctx context.Context, row Row) (Outcome, error) {
	store, data, err := t.folders(row)
	if err != nil {
		return Outcome{}, fmt.Errorf("%s: %w", row.Name, err)
	}
	options := row.options(t.BinDir, data)
	options.StoreDir, options.Progress = store, t.Progress
	r, err := t.run(ctx, options)
	if err != nil {
		return Outcome{}, fmt.Errorf("%s: %w", row.Name, err)
	}
	o := judge(row, r)
	if len(o.Missed) > 0 {
		o.Dir = r.Dir
	} else if store != "" {
		if err := os.RemoveAll(store); err != nil {
			return Outcome{}, fmt.Errorf("%s: cannot remove the store of a test that met all bars: %w", row.Name, err)
		}
	}
	return o, nil
}

// folders makes the folder of a test's store, and names the one in it for the nodes' data. Nodes are started elsewhere, and so
// are told the latter's full path.
func (t Table) folders(row Row) (store, data string, err error) {
	if t.StoreDir == "" {
		if row.Data {
			err = errors.New("the nodes' data needs a store")
		}
		return "", "", err
	}
	if store, err = newStore(t.StoreDir, row.Name); err == nil {
		data, err = filepath.Abs(filepath.Join(store, "data"))
	}
	return store, data, err
}

// newStore makes a directory for the store of one test, apart from all others: its links to the
// latest test must not outlive it.
func newStore(root, row string) (string, error) {
	if err := os.MkdirAll(root, 0o777); err != nil {
		return "", fmt.Errorf("cannot make the store: %w", err)
	}
	name := strings.Map(func(c rune) rune {
		if c >= 'a' && c <= 'z' || c >= 'A' && c <= 'Z' || c >= '0' && c <= '9' {
			return c
		}
		return '-'
	}, row)
	dir, err := os.MkdirTemp(root, name+"-*")
	if err != nil {
		return "", fmt.Errorf("cannot make the store: %w", err)
	}
	return dir, nil
}

const columns = "%-15s %16s %6s %5s %8s %12s %10s %12s %13s %14s %5s %5s  %s"

func header() string {
	return fmt.Sprintf(columns, "test", "msgs-per-op", "floor", "ratio", "bytes/op", "median ms", "p95 ms", "p99 ms", "max ms", "heal ms", "lost", "ok", "verdict") +
		"\n" + strings.Repeat("-", 142)
}

// String is the outcome as a line of the table: figures with their bars.
func (o Outcome) String() string {
	verdict, ratio := "met", "-"
	if len(o.Missed) > 0 {
		verdict = fmt.Sprintf("MISSED %s; seed %d", strings.Join(o.Missed, ", "), o.Seed)
		if o.Dir != "" {
			verdict += ", kept in " + o.Dir
		}
	}
	if o.Floor > 0 {
		ratio = fmt.Sprintf("%.2f", o.MsgsPerOp/o.Floor)
	}
	l := o.Latencies
	ofSet := func(figure int64) string {
		if !o.Row.isSet() {
			return "-"
		}
		return fmt.Sprint(figure)
	}
	return fmt.Sprintf(columns, o.Row.Name,
		cell(perOp(o.MsgsPerOp), o.Row.MsgsPerOp), perOp(o.Floor), ratio, fmt.Sprintf("%.0f", o.BytesPerOp),
		cell(ofSet(l.Median), o.Row.Median), cell(ofSet(l.P95), o.Row.P95),
		cell(ofSet(l.P99), o.Row.P99), cell(ofSet(l.Max), o.Row.Max), cell(ofSet(o.Heal), o.Row.Heal),
		ofSet(o.Lost), fmt.Sprintf("%.3g", o.OK), verdict)
}

// perOp is a number of messages with three digits that count, for all that matter.
func perOp(n float64) string {
	if n < 0.1 {
		return fmt.Sprintf("%.4f", n)
	}
	return fmt.Sprintf("%.3f", n)
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
