package glomers

import (
	"context"
	"errors"
	"io"
	"maps"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"gset/internal/bench"
	"gset/internal/bench/checker"
	"gset/internal/bench/history"
	"gset/internal/bench/journal"
	"gset/internal/bench/latency"
	"gset/internal/bench/report"
)

const ms = time.Millisecond

func TestFloorIsTheLeastThatTellsEveryone(t *testing.T) {
	for _, test := range []struct {
		name     string
		writes   []write
		n        int
		interval time.Duration
		want     int
	}{
		{"nothing to tell", nil, 5, 250 * ms, 0},
		{"nobody to tell", []write{{0, 0}, {0, ms}}, 1, 250 * ms, 0},
		{"one write", []write{{3, 0}}, 5, 250 * ms, 4},
		{"several writes at one node in a round", []write{{3, 0}, {3, 100 * ms}}, 5, 250 * ms, 4},
		{"two nodes in a round", []write{{3, 0}, {1, 249 * ms}}, 5, 250 * ms, 2 + 4},
		{"two nodes in a round each", []write{{3, 0}, {1, 250 * ms}}, 5, 250 * ms, 4 + 4},
		{"no interval", []write{{3, 0}, {3, 1}, {1, 2}}, 5, 0, 3 * 4},
		{"all nodes in a round", []write{{0, 0}, {1, 1}, {2, 2}}, 3, 250 * ms, 3 + 2},
	} {
		if got := floor(test.writes, test.n, test.interval); got != test.want {
			t.Errorf("%s: floor is %d, want %d", test.name, got, test.want)
		}
	}
}

func TestBarsAreMetUpToTheirLimit(t *testing.T) {
	for _, test := range []struct {
		bar    Bar[int64]
		figure int64
		want   bool
	}{
		{Bar[int64]{}, 1 << 40, true},
		{AtMost[int64](300), 300, true},
		{AtMost[int64](300), 301, false},
		{Below[int64](300), 299, true},
		{Below[int64](300), 300, false},
		{AtMost[int64](0), 0, true},
		{AtMost[int64](0), 1, false},
	} {
		if got := test.bar.Met(test.figure); got != test.want {
			t.Errorf("%+v met by %d: %v", test.bar, test.figure, got)
		}
	}
}

// script makes a history of operations that each end at once.
type script []*history.Op

func (s *script) add(at time.Duration, process int, f string, value any) {
	began := len(*s)
	*s = append(*s,
		&history.Op{Index: began, Time: at, Type: history.Invoke, Process: process, F: f, Began: -1},
		&history.Op{Index: began + 1, Time: at + ms, Type: history.OK, Process: process, F: f, Value: value, Began: began})
}

func (s *script) nemesis(at time.Duration, f string) {
	*s = append(*s, &history.Op{Index: len(*s), Time: at, Type: history.Info, Process: history.Nemesis, F: f, Began: -1})
}

func read(elements ...int64) *history.Elements { return history.NewElements(elements...) }

func TestHealingIsTheTimeToTheLastReadThatMissedSomethingOlder(t *testing.T) {
	var s script
	s.add(1*time.Second, 0, "broadcast", int64(0))
	s.nemesis(2*time.Second, "start-partition")
	s.add(3*time.Second, 1, "broadcast", int64(1))
	s.add(4*time.Second, 0, "read", read(0)) // in the partition: it may miss what it likes
	s.nemesis(5*time.Second, "stop-partition")
	s.add(6*time.Second, 2, "broadcast", int64(2))
	s.add(6*time.Second+500*ms, 0, "read", read(0, 2))
	if got, want := healing(s), 1500*ms; got != want {
		t.Errorf("a read misses 1 at 6.5 s, 1.5 s after the heal, but healing is %v", got)
	}
	s.add(8*time.Second, 0, "read", read(0, 1)) // 2 is younger than the heal
	if got, want := healing(s), 1500*ms; got != want {
		t.Errorf("after a read that misses nothing older than the heal, healing is %v, want %v", got, want)
	}
	s.nemesis(9*time.Second, "start-partition")
	s.nemesis(10*time.Second, "stop-partition")
	s.add(13*time.Second, 0, "read", read(0, 1))
	if got, want := healing(s), 3*time.Second; got != want {
		t.Errorf("3 s after the second heal a read misses 2, but healing is %v", got)
	}
	if got := healing(nil); got != 0 {
		t.Errorf("with no history, healing is %v", got)
	}
}

func TestJudgeNamesEveryBarThatIsMissed(t *testing.T) {
	row := Row{Name: "all", Nodes: 5, MsgsPerOp: AtMost(1.0), Median: Below[int64](1), P95: Below[int64](1),
		P99: Below[int64](1), Max: Below[int64](1), Availability: 1}
	r := &report.Results{
		Valid:        checker.Invalid,
		Net:          journal.NetStats{Ops: 10, ServersMsgsPerOp: 2},
		Availability: checker.Availability{OKFraction: 0.5},
		Workload:     &checker.Set{Lost: []int64{7}, StableLatencies: &checker.Quantiles{Median: 1, P95: 2, P99: 3, Max: 4}},
		History:      &history.History{},
	}
	line := judge(row, r).String()
	for _, want := range []string{"MISSED", "validity: invalid", "msgs-per-op", "median", "p95", "p99", "max", "availability", "2.000 (<= 1)", "4 (< 1)"} {
		if !strings.Contains(line, want) {
			t.Errorf("the line lacks %q:\n%s", want, line)
		}
	}
	row = Row{Name: "none", Nodes: 5}
	r.Valid = checker.Valid
	if o := judge(row, r); len(o.Missed) > 0 {
		t.Errorf("a row without bars missed %v", o.Missed)
	}
}

func TestAMissShowsInTheFigure(t *testing.T) {
	row := counter().with("4, T = 5 s", func(r *Row) { r.MsgsPerOp = AtMost(0.03) })
	r := &report.Results{Net: journal.NetStats{Ops: 2000, ServersMsgsPerOp: 0.0304}, History: &history.History{}}
	if line := judge(row, r).String(); !strings.Contains(line, " 0.0304 (<= 0.03) ") || !strings.Contains(line, "MISSED") {
		t.Errorf("got %s", line)
	}
}

func TestNothingOfSetsIsToldOfCounters(t *testing.T) {
	r := &report.Results{
		Net:      journal.NetStats{Ops: 100, ServersMsgsPerOp: 0.25, ServersBytesPerOp: 31.4},
		Workload: &checker.Counter{},
		History:  &history.History{},
	}
	line := judge(counter().with("4", func(*Row) {}), r).String()
	if got := strings.Join(strings.Fields(line), " "); got != "4 0.250 0.0000 - 31 - - - - - - 0 met" {
		t.Errorf("got %s", got)
	}
	// What cannot be told must not be demanded.
	for _, row := range append(Challenges(), Promises()...) {
		if !row.isSet() && (row.Median.Set || row.P95.Set || row.P99.Set || row.Max.Set || row.Heal.Set) {
			t.Errorf("%s of %s has a bar for latencies", row.Name, row.Workload)
		}
	}
}

func TestWritesAreThoseOfEveryWorkload(t *testing.T) {
	var s script
	s.add(0, 0, "broadcast", int64(0))
	s.add(1*ms, 6, "add", int64(0))
	s.add(2*ms, 2, "read", int64(0))
	if got, want := writes(s, 5), []write{{0, 0}, {1, ms}}; !slices.Equal(got, want) {
		t.Errorf("got %v, want %v", got, want)
	}
}

// fake carries out no test, but says what came of it.
func fake(r *report.Results, err error) func(context.Context, bench.Options) (*report.Results, error) {
	return func(context.Context, bench.Options) (*report.Results, error) { return r, err }
}

func TestTableRunsEveryRowAsOftenAsTold(t *testing.T) {
	for _, parallel := range []int{1, 2, 100} {
		var (
			out              strings.Builder
			mu               sync.Mutex
			tested           = map[string]int{}
			running, highest int
		)
		table := Table{Rows: Challenges(), Runs: 3, Parallel: parallel, BinDir: "some/bin", Out: &out}
		// As many tests as may run at once must do so before any of them ends.
		full := make(chan struct{})
		total := len(table.Rows) * table.Runs
		table.run = func(_ context.Context, o bench.Options) (*report.Results, error) {
			mu.Lock()
			tested[o.Bin]++
			running++
			if highest = max(highest, running); highest == min(parallel, total) && running == highest {
				select {
				case <-full:
				default:
					close(full)
				}
			}
			mu.Unlock()
			<-full
			mu.Lock()
			running--
			mu.Unlock()
			return &report.Results{History: &history.History{}}, nil
		}
		if err := table.Run(t.Context()); err != nil {
			t.Fatal(err)
		}
		want := map[string]int{"some/bin/maelstrom-broadcast": 21, "some/bin/maelstrom-g-counter": 3,
			"some/bin/maelstrom-g-set": 3, "some/bin/maelstrom-pn-counter": 3}
		if !maps.Equal(tested, want) || highest != min(parallel, total) {
			t.Errorf("%d at once: tested %v, %d at once", parallel, tested, highest)
		}
		if got := strings.Count(out.String(), " met\n"); got != total {
			t.Errorf("%d at once: %d of %d tests in the table:\n%s", parallel, got, total, out.String())
		}
	}
}

func TestTableSaysWhetherABarWasMissed(t *testing.T) {
	table := Table{Rows: []Row{counter()}, Runs: 1, Parallel: 1, Out: io.Discard}
	table.run = fake(&report.Results{Valid: checker.Unknown, History: &history.History{}}, nil)
	if err := table.Run(t.Context()); !errors.Is(err, ErrMissed) {
		t.Errorf("error %v", err)
	}
}

func TestATestThatFailsEndsTheOthers(t *testing.T) {
	wrong := errors.New("all is lost")
	table := Table{Rows: []Row{{Name: "good"}, {Name: "bad"}, {Name: "good"}, {Name: "good"}}, Runs: 10, Parallel: 3, Out: io.Discard}
	var calls atomic.Int32
	table.run = func(ctx context.Context, _ bench.Options) (*report.Results, error) {
		if calls.Add(1) == 3 {
			return nil, wrong
		}
		<-ctx.Done()
		return nil, bench.ErrInterrupted
	}
	if err := table.Run(t.Context()); !errors.Is(err, wrong) {
		t.Errorf("error %v", err)
	}
	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	table.run = fake(nil, bench.ErrInterrupted)
	if err := table.Run(ctx); !errors.Is(err, bench.ErrInterrupted) {
		t.Errorf("error %v", err)
	}
}

// A row's command line and its options must say the same, since one is run under
// squall and the other under Maelstrom.
func TestCommandsNameEveryOption(t *testing.T) {
	for _, row := range append(Challenges(), Promises()...) {
		line := strings.Join(row.Command(), " ")
		for want, holds := range map[string]bool{
			"--nemesis partition":        row.Partition,
			"--latency 100":              row.Latency == 100,
			"--latency-dist exponential": row.Dist == latency.Exponential,
			"--p-loss 0.1":               row.Loss > 0,
			"-- -interval":               row.Interval != noFlag,
			"--rate 100":                 row.Rate == 100,
			"--node-count 25":            row.Nodes == 25,
			"-w g-counter ":              row.Workload == "g-counter",
			"-w broadcast ":              row.Workload == "",
		} {
			if strings.Contains(line, want) != holds {
				t.Errorf("%s: %q in %q should be %v", row.Name, want, line, holds)
			}
		}
	}
}

func TestOnlyARowThatMissedKeepsItsStoreAndTellsItsSeed(t *testing.T) {
	for _, valid := range []checker.Validity{checker.Valid, checker.Invalid} {
		root := t.TempDir()
		var out strings.Builder
		table := Table{Rows: []Row{{Name: "3c, T = 5 s"}}, Runs: 2, Parallel: 1, StoreDir: root, Out: &out}
		table.run = func(_ context.Context, o bench.Options) (*report.Results, error) {
			dir := filepath.Join(o.StoreDir, "broadcast")
			if err := os.Mkdir(dir, 0o777); err != nil {
				return nil, err
			}
			return &report.Results{Valid: valid, Seed: 17, Dir: dir, History: &history.History{}}, nil
		}
		if err := table.Run(t.Context()); err != nil && !errors.Is(err, ErrMissed) {
			t.Fatal(err)
		}
		kept, err := filepath.Glob(filepath.Join(root, "*", "broadcast"))
		if err != nil {
			t.Fatal(err)
		}
		want := 2
		if valid == checker.Valid {
			want = 0
		}
		if len(kept) != want {
			t.Errorf("%v: kept %v", valid, kept)
		}
		for _, dir := range kept {
			if line := "MISSED validity: invalid; seed 17, kept in " + dir + "\n"; !strings.Contains(out.String(), line) {
				t.Errorf("%q is not in\n%s", line, out.String())
			}
		}
	}
}
