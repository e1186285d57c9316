package bench

import (
	"fmt"
	"io"
	"math"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"time"

	"gset/internal/bench/edn"
	"gset/internal/bench/latency"
	"gset/internal/bench/nemesis"
	"gset/internal/bench/network"
	"gset/internal/bench/service"
	"gset/internal/bench/workload"
)

// Options describes one test. [DefaultOptions] gives Maelstrom's defaults;
// [Run] checks what is set.
type Options struct {
	Workload string   // name of a workload, see [workload.Names]
	Bin      string   // the node binary; relative to the current directory, never looked up in PATH
	Args     []string // its arguments

	NodeCount   int           // nodes n0..n(NodeCount-1), whatever Nodes are; 0 means Nodes
	Nodes       []string      // the nodes' names; nil means n1 to n5
	TimeLimit   time.Duration // length of the main phase
	Rate        float64       // client operations per second, over all workers; 0 means none
	Concurrency string        // number of workers, or a multiple of the nodes: "10", "2n"

	Latency     int // mean latency between nodes in milliseconds
	LatencyDist latency.Dist
	// PLoss is the chance of each message between nodes to be lost, 0 to 1.
	// Clients lose none: they sit beside their nodes. Not in Maelstrom.
	PLoss float64

	// Partition and the others say which faults the nemesis injects, see [nemesis.Fault]. Those in the
	// second line are not in Maelstrom.
	Partition, Kill, Pause bool
	Loss, Duplicate, Slow  bool
	NemesisInterval        time.Duration // mean gap between nemesis operations

	Topology     workload.TopologyKind
	Availability *float64 // fraction of operations that must succeed, 1 for all; nil for no check

	// Strict makes the test invalid for what Maelstrom's checkers do not see: values that some node lacks at the end or that one
	// read returns twice, a node that was muted for what it printed, no final read of any node. Not in Maelstrom.
	Strict bool

	LogStderr  bool
	LogNetSend bool
	LogNetRecv bool

	Seed int64 // 0 draws one; see the package documentation

	// StoreDir is the directory that holds the results of all tests; "" writes
	// nothing at all.
	StoreDir string

	// Program is how the user calls squall, for the command line that repeats the test; "" means squall.
	Program string

	// Log receives what the bench has to say while it runs, line by line; nil
	// discards it. Progress, if not nil, is a terminal that shows a status line.
	Log      io.Writer
	Progress io.Writer

	// Maelstrom's constants. They are fields so that tests of the bench need
	// not take as long as tests of nodes.

	Recovery      time.Duration // rest between healing and the final reads: 10 s
	ClientTimeout time.Duration // how long a client waits for a reply: 5 s
	InitTimeout   time.Duration // how long a node has to answer init: 10 s
}

// DefaultOptions returns Maelstrom's defaults. Workload and Bin are left to set.
func DefaultOptions() Options {
	return Options{
		TimeLimit:       60 * time.Second,
		Rate:            5,
		Concurrency:     "1n",
		LatencyDist:     latency.Constant,
		NemesisInterval: 10 * time.Second,
		Topology:        "grid",
		StoreDir:        "store",
		Recovery:        10 * time.Second,
		ClientTimeout:   5 * time.Second,
		InitTimeout:     10 * time.Second,
	}
}

// Limits of options. They are far above what two cores can carry, and low
// enough that nothing overflows.
const (
	maxNodes   = 1000
	maxWorkers = 100_000
	maxLatency = 3_600_000 // an hour, in milliseconds
	maxRate    = 1e9
)

// OptionError says which option cannot be.
type OptionError struct {
	Option string // as on the command line, with its dashes; "" if the reason names it
	Reason string
}

func (e *OptionError) Error() string {
	if e.Option == "" {
		return e.Reason
	}
	return e.Option + ": " + e.Reason
}

// ParseConcurrency returns the number of workers that spec means with the
// given number of nodes.
func ParseConcurrency(spec string, nodes int) (int, error) {
	digits, perNode := strings.CutSuffix(spec, "n")
	bad := func(reason string) (int, error) {
		return 0, &OptionError{"--concurrency", fmt.Sprintf("%q: %s", spec, reason)}
	}
	if digits == "" || strings.Trim(digits, "0123456789") != "" {
		return bad(`must be a whole number, optionally followed by n (such as 3n, three times the number of nodes)`)
	}
	workers, err := strconv.Atoi(digits)
	if err != nil || workers > maxWorkers {
		return bad(fmt.Sprintf("must be at most %d", maxWorkers))
	}
	if perNode {
		workers *= nodes
	}
	switch {
	case workers == 0:
		return bad("must be at least 1, or nobody runs any operation")
	case workers > maxWorkers:
		return bad(fmt.Sprintf("makes %d workers, but must make at most %d", workers, maxWorkers))
	}
	return workers, nil
}

// nodes returns the names of the test's nodes.
func (o *Options) nodes() []string {
	switch {
	case o.NodeCount == 0 && o.Nodes == nil:
		return []string{"n1", "n2", "n3", "n4", "n5"}
	case o.NodeCount == 0:
		return o.Nodes
	}
	names := make([]string, o.NodeCount)
	for i := range names {
		names[i] = "n" + strconv.Itoa(i)
	}
	return names
}

// badNames says why nodes cannot have these names; "" if they can. Names are
// also those of log files.
func badNames(names []string) string {
	if len(names) == 0 || len(names) > maxNodes {
		return fmt.Sprintf("%d nodes, but there must be from 1 to %d", len(names), maxNodes)
	}
	taken := make(map[string]bool)
	for _, name := range names {
		switch {
		case !nodeName.MatchString(name):
			return fmt.Sprintf("%q must be at most 100 letters, digits, dots, dashes or underscores, the first a letter or a digit", name)
		case network.IsClient(name):
			return fmt.Sprintf("%q begins with a c, as the names of clients do", name)
		case slices.Contains(service.Names, name):
			return fmt.Sprintf("%q is the name of a service", name)
		case taken[name]:
			return fmt.Sprintf("%q is there twice", name)
		}
		taken[name] = true
	}
	return ""
}

var nodeName = regexp.MustCompile(`^[A-Za-z0-9][A-Za-z0-9._-]{0,99}$`)

// faults maps each fault to the option that asks for it.
func (o *Options) faults() map[nemesis.Fault]*bool {
	return map[nemesis.Fault]*bool{
		nemesis.Partition: &o.Partition, nemesis.Kill: &o.Kill, nemesis.Pause: &o.Pause,
		nemesis.Loss: &o.Loss, nemesis.Duplicate: &o.Duplicate, nemesis.Slow: &o.Slow,
	}
}

// Faults returns the faults that the nemesis injects, in the order of [nemesis.Faults].
func (o *Options) Faults() []nemesis.Fault {
	var all []nemesis.Fault
	for _, fault := range nemesis.Faults {
		if *o.faults()[fault] {
			all = append(all, fault)
		}
	}
	return all
}

// SetFaults has the nemesis inject the faults that are named, with commas between them, and no
// others.
func (o *Options) SetFaults(names string) error {
	for _, on := range o.faults() {
		*on = false
	}
	for name := range strings.SplitSeq(names, ",") {
		on := o.faults()[nemesis.Fault(strings.TrimSpace(name))]
		if on == nil {
			return &OptionError{"--nemesis", fmt.Sprintf("%q must be one of partition, kill, pause, loss, duplicate, slow", name)}
		}
		*on = true
	}
	return nil
}

// Validate returns an [OptionError] for the first option that cannot be.
func (o *Options) Validate() error {
	bad := func(option, format string, args ...any) error {
		return &OptionError{option, fmt.Sprintf(format, args...)}
	}
	finite := func(x float64) bool { return !math.IsNaN(x) && !math.IsInf(x, 0) }
	if !slices.Contains(workload.Names(), o.Workload) {
		return bad("-w", "%s", workload.Explain(o.Workload))
	}
	switch {
	case o.Bin == "":
		return bad("--bin", "the path of the node binary is missing")
	case o.NodeCount < 0 || o.NodeCount > maxNodes:
		return bad("--node-count", "%d must be from 1 to %d", o.NodeCount, maxNodes)
	case o.NodeCount == 0 && o.Nodes != nil:
		if reason := badNames(o.Nodes); reason != "" {
			return bad("--nodes", "%s", reason)
		}
	}
	switch {
	case o.TimeLimit <= 0:
		return bad("--time-limit", "%v must be positive", o.TimeLimit)
	case !finite(o.Rate) || o.Rate < 0 || o.Rate > maxRate:
		return bad("--rate", "%v must be from 0 to %v operations per second", o.Rate, maxRate)
	case o.Latency < 0 || o.Latency > maxLatency:
		return bad("--latency", "%d must be from 0 to %d milliseconds", o.Latency, maxLatency)
	case !slices.Contains(latency.Dists, o.LatencyDist):
		return bad("--latency-dist", "%q must be constant, uniform, or exponential", o.LatencyDist)
	case !finite(o.PLoss) || o.PLoss < 0 || o.PLoss > 1:
		return bad("--p-loss", "%v must be from 0 to 1", o.PLoss)
	case o.NemesisInterval <= 0:
		return bad("--nemesis-interval", "%v must be positive", o.NemesisInterval)
	case o.Availability != nil && (!finite(*o.Availability) || *o.Availability < 0 || *o.Availability > 1):
		return bad("--availability", "%v must be total or a number from 0 to 1", *o.Availability)
	case o.ClientTimeout <= 0 || o.InitTimeout <= 0 || o.Recovery < 0:
		return bad("timeouts", "must be positive, and the recovery not negative")
	}
	if !slices.Contains(workload.Topologies(), string(o.Topology)) {
		return bad("--topology", "%q must be one of %s", o.Topology, strings.Join(workload.Topologies(), ", "))
	}
	_, err := ParseConcurrency(o.Concurrency, len(o.nodes()))
	return err
}

// edn is the options by their names on the command line, durations in seconds.
func (o *Options) edn() edn.Map {
	faults := edn.Set{}
	for _, fault := range o.Faults() {
		faults = append(faults, edn.Keyword(fault))
	}
	var availability any
	if o.Availability != nil {
		availability = *o.Availability
	}
	args, nodes := edn.Vector{}, edn.Vector{}
	for _, arg := range o.Args {
		args = append(args, arg)
	}
	for _, node := range o.nodes() {
		nodes = append(nodes, node)
	}
	return edn.Map{
		{edn.Keyword("workload"), o.Workload},
		{edn.Keyword("bin"), o.Bin},
		{edn.Keyword("args"), args},
		{edn.Keyword("nodes"), nodes},
		{edn.Keyword("time-limit"), o.TimeLimit.Seconds()},
		{edn.Keyword("rate"), o.Rate},
		{edn.Keyword("concurrency"), o.Concurrency},
		{edn.Keyword("latency"), o.Latency},
		{edn.Keyword("latency-dist"), string(o.LatencyDist)},
		{edn.Keyword("p-loss"), o.PLoss},
		{edn.Keyword("nemesis"), faults},
		{edn.Keyword("nemesis-interval"), o.NemesisInterval.Seconds()},
		{edn.Keyword("topology"), string(o.Topology)},
		{edn.Keyword("availability"), availability},
		{edn.Keyword("client-timeout"), o.ClientTimeout.Seconds()},
		{edn.Keyword("init-timeout"), o.InitTimeout.Seconds()},
	}
}
