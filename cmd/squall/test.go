package main

import (
	"context"
	"errors"
	"fmt"
	"os"
	"strconv"
	"strings"
	"time"

	"gset/internal/bench"
	"gset/internal/bench/checker"
	"gset/internal/bench/latency"
	"gset/internal/bench/workload"
	"gset/internal/command"
	"gset/internal/terminal"
)

// testCmd is squall test. Its options are Maelstrom's, but for those in the
// last group.
type testCmd struct {
	Workload        string   `short:"w" placeholder:"NAME" help:"What workload to run: ${workloads}. It must be said: Maelstrom's default, lin-kv, is not among them."`
	Bin             string   `placeholder:"FILE" help:"The program which runs a node; it must be executable, as a script is with chmod +x and a first line such as #!/usr/bin/env python3. It is started in the system's directory for temporary files."`
	NodeCount       *int     `placeholder:"N" help:"Run N nodes, n0 to n(N-1), instead of those that -n, --nodes and --nodes-file name."`
	Nodes           *string  `placeholder:"NAMES" help:"Names of the nodes, with commas between them (default n1,n2,n3,n4,n5)."`
	Node            []string `short:"n" sep:"none" placeholder:"NAME" help:"Name of one node (for a number of nodes: --node-count); may be given many times, and together with --nodes and --nodes-file."`
	NodesFile       string   `placeholder:"FILE" help:"File of nodes' names, one a line."`
	TestCount       int      `default:"1" placeholder:"N" help:"Number of runs; stops at the first that is not valid (default ${default})."`
	TimeLimit       float64  `default:"60" placeholder:"SECONDS" help:"Length of the main phase (default ${default})."`
	Rate            float64  `default:"5" placeholder:"PER-SECOND" help:"Client operations a second, all clients together; 0 for none (default ${default})."`
	Concurrency     string   `default:"1n" placeholder:"C" help:"Number of workers; with an n, a multiple of the nodes (2n) (default ${default})."`
	Latency         int      `default:"0" placeholder:"MS" help:"Mean latency of messages between nodes (default ${default})."`
	LatencyDist     string   `default:"constant" placeholder:"DIST" help:"constant, uniform (0 to twice the mean), or exponential (default ${default})."`
	Nemesis         []string `placeholder:"FAULT" help:"Faults to inject, with commas between them: partition, kill, pause; and, not in Maelstrom, loss, duplicate, slow."`
	NemesisInterval float64  `default:"10" placeholder:"SECONDS" help:"Mean time between nemesis operations (default ${default})."`
	Topology        string   `default:"grid" placeholder:"SHAPE" help:"The topology offered to nodes: line, grid, tree, tree2, tree3, tree4, total (default ${default})."`
	Availability    string   `placeholder:"A" help:"The fraction of operations which must succeed, 0 to 1, or total."`
	LogStderr       bool     `help:"Show what nodes write to standard error."`
	LogNetSend      bool     `help:"Show messages as they are sent."`
	LogNetRecv      bool     `help:"Show messages as they are received."`

	PLoss         float64 `name:"p-loss" default:"0" placeholder:"P" group:"Not in Maelstrom:" help:"Chance of each message between nodes to be lost, 0 to 1 (default ${default})."`
	Strict        bool    `group:"Not in Maelstrom:" help:"Find a test invalid also for what Maelstrom's checkers do not see: values that some node lacks at the end or that one read returns twice, a node that was muted for what it printed, no final read of any node."`
	Seed          int64   `default:"0" placeholder:"N" group:"Not in Maelstrom:" help:"Repeat the operations and faults of the test with this seed; 0 draws one (the default)."`
	ClientTimeout float64 `default:"5" placeholder:"SECONDS" group:"Not in Maelstrom:" help:"How long a client waits for a reply (default ${default}, as in Maelstrom). More is for computers that have much else to do."`
	InitTimeout   float64 `default:"10" placeholder:"SECONDS" group:"Not in Maelstrom:" help:"How long a node has to answer init (default ${default}, as in Maelstrom)."`

	Store string `default:"store" placeholder:"DIR" group:"Not in Maelstrom:" help:"Directory for the results of all tests (default ${default})."`

	ignored

	Args []string `arg:"" optional:"" help:"Arguments for the binary; put -- before them."`
}

// Help is what squall test --help says besides its options.
func (c *testCmd) Help() string {
	return "The verdict is the last that is printed, on standard output. All that the test leaves behind is in a folder of the store, " +
		"to which store/latest leads; README.md says what is in it.\n\n" + exitStatuses
}

// options turns the command line into a test.
func (c *testCmd) options() (bench.Options, error) {
	o := bench.DefaultOptions()
	o.Workload, o.Bin, o.Args = c.Workload, c.Bin, c.Args
	o.StoreDir = c.Store
	o.Rate, o.Concurrency = c.Rate, c.Concurrency
	o.Latency, o.LatencyDist = c.Latency, latency.Dist(c.LatencyDist)
	o.Topology = workload.TopologyKind(c.Topology)
	o.LogStderr, o.LogNetSend, o.LogNetRecv = c.LogStderr, c.LogNetSend, c.LogNetRecv
	o.PLoss, o.Seed, o.Strict = c.PLoss, c.Seed, c.Strict
	switch {
	case c.Bin == "":
		return o, &bench.OptionError{Option: "--bin", Reason: "name the binary that runs a node, such as: squall test -w broadcast --bin ./node"}
	case c.NodeCount != nil && *c.NodeCount == 0:
		return o, &bench.OptionError{Option: "--node-count", Reason: "0 must be at least 1"}
	case c.NodeCount != nil:
		o.NodeCount = *c.NodeCount
	}
	if c.TestCount < 1 {
		return o, &bench.OptionError{Option: "--test-count", Reason: fmt.Sprintf("%d must be at least 1", c.TestCount)}
	}
	var err error
	if o.Nodes, err = c.names(); err != nil {
		return o, err
	}
	if err := c.durations(&o); err != nil {
		return o, err
	}
	if c.Nemesis != nil {
		if err := o.SetFaults(strings.Join(c.Nemesis, ",")); err != nil {
			return o, err
		}
	}
	if o.Availability, err = availability(c.Availability); err != nil {
		return o, err
	}
	err = o.Validate()
	if option := (*bench.OptionError)(nil); errors.As(err, &option) && option.Option == "--nodes" {
		option.Option = c.givenBy()
	}
	return o, err
}

// durations sets what is given in seconds.
func (c *testCmd) durations(o *bench.Options) error {
	for _, t := range []struct {
		option  string
		seconds float64
		to      *time.Duration
	}{
		{"--time-limit", c.TimeLimit, &o.TimeLimit},
		{"--nemesis-interval", c.NemesisInterval, &o.NemesisInterval},
		{"--client-timeout", c.ClientTimeout, &o.ClientTimeout},
		{"--init-timeout", c.InitTimeout, &o.InitTimeout},
	} {
		var err error
		if *t.to, err = seconds(t.option, t.seconds); err != nil {
			return err
		}
	}
	return nil
}

// maxSeconds keeps durations from overflowing.
const maxSeconds = 1e9

func seconds(option string, s float64) (time.Duration, error) {
	if !(s > 0 && s <= maxSeconds) {
		return 0, &bench.OptionError{Option: option, Reason: fmt.Sprintf("%v must be a positive number of seconds, at most %v", s, maxSeconds)}
	}
	return time.Duration(s * float64(time.Second)), nil
}

func availability(s string) (*float64, error) {
	switch s {
	case "":
		return nil, nil
	case "total":
		all := 1.0
		return &all, nil
	}
	a, err := strconv.ParseFloat(s, 64)
	if err != nil {
		return nil, &bench.OptionError{Option: "--availability", Reason: fmt.Sprintf("%q must be total or a number from 0 to 1", s)}
	}
	return &a, nil
}

// Run carries out the test, as often as it shall be, and stores the verdict of
// the last.
func (c *testCmd) Run(ctx context.Context, verdict *checker.Validity) error {
	o, err := c.options()
	if err != nil {
		return err
	}
	c.ignored.say(os.Stderr)
	c.sayNodes(os.Stderr)
	o.Log, o.Program = os.Stdout, os.Args[0]
	if terminal.Is(os.Stdout) {
		o.Progress = os.Stdout
	}
	for range c.TestCount {
		r, err := bench.Run(ctx, o)
		if ended := (*bench.EndedError)(nil); errors.As(err, &ended) {
			fmt.Fprintf(os.Stdout, "\n%v\n", ended)
			return &command.Told{Err: ended}
		}
		if err != nil {
			return err
		}
		*verdict = r.Valid
		if err := r.Print(os.Stdout); err != nil || *verdict != checker.Valid {
			return err
		}
	}
	return nil
}
