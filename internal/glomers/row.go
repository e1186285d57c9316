package glomers

import (
	"path/filepath"
	"strconv"
	"strings"
	"time"

	"gset/internal/bench"
	"gset/internal/bench/latency"
)

// A Row is a test and its bars. A bar of zero is none; every row must be valid.
type Row struct {
	Name     string
	Workload string        // "" means broadcast
	Interval time.Duration // the nodes' T; negative means the default, without a flag

	Nodes     int // 0 means squall's five
	Rate      float64
	Latency   int // milliseconds
	Dist      latency.Dist
	Loss      float64
	Partition bool
	Kill      bool
	Pause     bool
	Every     time.Duration // mean gap between the nemesis' operations; 0 means squall's 10 s

	Data   bool // nodes keep their states in a folder, a new one for each test
	Strict bool // each node must have all at the end

	MsgsPerOp     Bar[float64] // between servers
	Median        Bar[int64]   // these three of the stable latency, in milliseconds
	P95, P99, Max Bar[int64]
	Heal          Bar[int64] // milliseconds from a heal until no read missed anything older
	Availability  float64    // least fraction of ok operations
}

// A Bar is what a figure must not exceed, or must stay under. The zero Bar is none.
type Bar[T int64 | float64] struct {
	Limit T
	Under bool // the limit itself is a miss
	Set   bool
}

// AtMost returns the bar of a figure that may reach its limit.
func AtMost[T int64 | float64](limit T) Bar[T] { return Bar[T]{Limit: limit, Set: true} }

// Below returns the bar of a figure that must stay under its limit.
func Below[T int64 | float64](limit T) Bar[T] { return Bar[T]{Limit: limit, Under: true, Set: true} }

// Met reports whether a figure meets the bar.
func (b Bar[T]) Met(figure T) bool {
	return !b.Set || figure < b.Limit || figure == b.Limit && !b.Under
}

// defaultInterval is T where a row sets none; it is the nodes' own default.
const defaultInterval = 250 * time.Millisecond

// noFlag marks a row that runs the nodes without flags.
const noFlag = time.Duration(-1)

// Challenges are those of fly.io/dist-sys, with their bars, and the workloads that it
// has no challenge for. Challenge 4 asks for validity; its bar is this project's own.
func Challenges() []Row {
	big := Row{Interval: noFlag, Nodes: 25, Rate: 100, Latency: 100}
	return []Row{
		{Name: "3a", Interval: noFlag, Nodes: 1, Rate: 10},
		{Name: "3b", Interval: noFlag, Nodes: 5, Rate: 10},
		{Name: "3c", Interval: noFlag, Nodes: 5, Rate: 10, Partition: true},
		big.with("3d", func(r *Row) {
			r.MsgsPerOp, r.Median, r.Max = Below(30.0), Below[int64](400), Below[int64](600)
		}),
		big.with("3e", func(r *Row) {
			r.MsgsPerOp, r.Median, r.Max = Below(20.0), Below[int64](1000), Below[int64](2000)
		}),
		big.with("3d partitioned", func(r *Row) { r.Partition = true }),
		big.with("3e partitioned", func(r *Row) { r.Partition = true }),
		counter().with("4", func(r *Row) { r.MsgsPerOp = AtMost(0.5) }),
		{Name: "g-set", Workload: "g-set", Interval: noFlag, Nodes: 5, Rate: 10, Partition: true},
		{Name: "pn-counter", Workload: "pn-counter", Interval: noFlag, Nodes: 5, Rate: 10, Partition: true},
	}
}

// counter is the test of challenge 4.
func counter() Row {
	return Row{Workload: "g-counter", Interval: noFlag, Nodes: 3, Rate: 100, Partition: true}
}

// Promises are this project's own bars.
func Promises() []Row {
	small := Row{Interval: noFlag, Rate: 10, Nodes: 5}
	big := Row{Interval: noFlag, Nodes: 25, Rate: 100, Latency: 100}
	return []Row{
		small.with("3c, whole", func(r *Row) {
			r.MsgsPerOp, r.Median, r.P95 = AtMost(2.1), AtMost[int64](0), AtMost[int64](20)
		}),
		small.with("3c", func(r *Row) {
			r.Partition, r.MsgsPerOp, r.Availability = true, AtMost(2.5), 1
		}),
		big.with("3d/3e", func(r *Row) {
			r.MsgsPerOp, r.Median, r.Max = AtMost(2.1), AtMost[int64](300), Below[int64](500)
		}),
		big.with("T = 0", func(r *Row) {
			r.Interval, r.MsgsPerOp, r.Max = 0, AtMost(12.8), AtMost[int64](110)
		}),
		big.with("T = 400 ms", func(r *Row) {
			r.Interval, r.MsgsPerOp, r.Median, r.Max = 400*time.Millisecond, AtMost(1.3), Below[int64](400), Below[int64](600)
		}),
		big.with("T = 1500 ms", func(r *Row) {
			r.Interval, r.MsgsPerOp, r.Median, r.Max = 1500*time.Millisecond, AtMost(0.45), Below[int64](1000), Below[int64](2000)
		}),
		big.with("partitioned", func(r *Row) {
			r.Partition, r.MsgsPerOp, r.Heal = true, AtMost(3.0), AtMost[int64](3000)
		}),
		big.with("exponential", func(r *Row) {
			r.Dist, r.MsgsPerOp, r.Max = latency.Exponential, AtMost(2.0), Below[int64](1200)
		}),
		big.with("10% loss", func(r *Row) {
			r.Loss, r.MsgsPerOp, r.P99 = 0.1, AtMost(2.1), Below[int64](2000)
		}),
		counter().with("4", func(r *Row) { r.MsgsPerOp = AtMost(0.5) }),
		counter().with("4, T = 5 s", func(r *Row) {
			r.Interval, r.MsgsPerOp = 5*time.Second, AtMost(0.03)
		}),
		big.with("g-set", func(r *Row) { r.Workload, r.Partition = "g-set", true }),
		big.with("pn-counter", func(r *Row) { r.Workload, r.Partition = "pn-counter", true }),
	}
}

// Kept are tests of nodes that are cut off, killed and paused, all at once, and keep what they have acknowledged.
func Kept() []Row {
	var rows []Row
	for _, workload := range []string{"broadcast", "g-set", "g-counter", "pn-counter"} {
		rows = append(rows, Row{
			Name: workload + ", kept", Workload: workload, Interval: noFlag, Nodes: 5, Rate: 50,
			Partition: true, Kill: true, Pause: true, Every: 2 * time.Second, Data: true, Strict: true,
		})
	}
	return rows
}

// with returns a changed copy under a name.
func (r Row) with(name string, change func(*Row)) Row {
	r.Name = name
	change(&r)
	return r
}

// interval is the nodes' T.
func (r Row) interval() time.Duration {
	if r.Interval == noFlag {
		return defaultInterval
	}
	return r.Interval
}

// workload is the row's workload by its name.
func (r Row) workload() string {
	if r.Workload == "" {
		return "broadcast"
	}
	return r.Workload
}

// isSet tells whether the row's workload is a set, of which it can be told when it held
// what.
func (r Row) isSet() bool { return r.workload() == "broadcast" || r.workload() == "g-set" }

// Node is the name of the binary that the row tests.
func (r Row) Node() string { return "maelstrom-" + r.workload() }

// options returns the row's test of its node binary, in the given directory. The nodes' data is in dataDir.
func (r Row) options(binDir, dataDir string) bench.Options {
	o := bench.DefaultOptions()
	o.Workload, o.Bin = r.workload(), filepath.Join(binDir, r.Node())
	o.TimeLimit, o.Rate, o.NodeCount = 20*time.Second, r.Rate, r.Nodes
	o.Latency, o.PLoss, o.Partition = r.Latency, r.Loss, r.Partition
	o.Kill, o.Pause, o.Strict = r.Kill, r.Pause, r.Strict
	if r.Every > 0 {
		o.NemesisInterval = r.Every
	}
	if r.Dist != "" {
		o.LatencyDist = r.Dist
	}
	if r.Interval != noFlag {
		o.Args = []string{"-interval", r.Interval.String()}
	}
	if r.Data {
		o.Args = append(o.Args, "-data", dataDir)
	}
	return o
}

// Command returns the options of the row's test as they are given to squall test, or to
// maelstrom test if it has no loss and is not strict. FOLDER stands for a new folder.
func (r Row) Command() []string {
	o := r.options("", "FOLDER")
	args := []string{"-w", o.Workload, "--node-count", strconv.Itoa(o.NodeCount),
		"--time-limit", "20", "--rate", strconv.FormatFloat(o.Rate, 'f', -1, 64)}
	if o.Latency > 0 {
		args = append(args, "--latency", strconv.Itoa(o.Latency))
	}
	if r.Dist != "" {
		args = append(args, "--latency-dist", string(r.Dist))
	}
	args = append(args, r.nemesis()...)
	if r.Strict {
		args = append(args, "--strict")
	}
	if r.Loss > 0 {
		args = append(args, "--p-loss", strconv.FormatFloat(r.Loss, 'f', -1, 64))
	}
	if len(o.Args) > 0 {
		args = append(append(args, "--"), o.Args...)
	}
	return args
}

// nemesis returns the options of the faults that the row's nemesis injects.
func (r Row) nemesis() (args []string) {
	var faults []string
	for _, f := range []struct {
		name string
		on   bool
	}{{"partition", r.Partition}, {"kill", r.Kill}, {"pause", r.Pause}} {
		if f.on {
			faults = append(faults, f.name)
		}
	}
	if len(faults) > 0 {
		args = append(args, "--nemesis", strings.Join(faults, ","))
	}
	if r.Every > 0 {
		args = append(args, "--nemesis-interval", strconv.FormatFloat(r.Every.Seconds(), 'f', -1, 64))
	}
	return args
}
