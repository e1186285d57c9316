package bench

import (
	"errors"
	"math"
	"strings"
	"testing"
	"time"

	"gset/internal/bench/latency"
)

func TestConcurrency(t *testing.T) {
	for spec, want := range map[string]int{"1n": 5, "2n": 10, "7": 7, "100000": 100_000} {
		if got, err := ParseConcurrency(spec, 5); err != nil || got != want {
			t.Errorf("%s: %d, %v", spec, got, err)
		}
	}
	for _, spec := range []string{"", "n", "-1", "1.5", "3m", "2nn", "0", "0n", "100001", "50000n", "99999999999999999999", " 1"} {
		if got, err := ParseConcurrency(spec, 5); err == nil {
			t.Errorf("%q makes %d workers", spec, got)
		}
	}
}

func TestOptionsThatCannotBe(t *testing.T) {
	half, two := 0.5, 2.0
	for _, test := range []struct {
		change func(*Options)
		want   string // "" if it can be
	}{
		{func(o *Options) {}, ""},
		{func(o *Options) { o.Availability = &half }, ""},
		{func(o *Options) { o.Rate = 0 }, ""},
		{func(o *Options) { o.Workload = "lin-kv" }, `-w: "lin-kv" needs checkers that only Maelstrom has (maelstrom test -w lin-kv ...); squall has broadcast, echo`},
		{func(o *Options) { o.Workload = "txn" }, `-w: there is no workload "txn"; there are broadcast, echo`},
		{func(o *Options) { o.Workload = "" }, `-w: say which workload to run: broadcast, echo`},
		{func(o *Options) { o.Bin = "" }, "--bin: the path of the node binary is missing"},
		{func(o *Options) { o.NodeCount = -1 }, "--node-count: -1 must be from 1 to 1000"},
		{func(o *Options) { o.NodeCount = 1001 }, "--node-count: 1001 must be"},
		{func(o *Options) { o.Nodes = []string{"n1", "a.b-c_9", "Seven"} }, ""},
		{func(o *Options) { o.Nodes, o.NodeCount = []string{"c1"}, 2 }, ""}, // the count is what counts
		{func(o *Options) { o.Nodes = []string{} }, "--nodes: 0 nodes, but there must be from 1 to 1000"},
		{func(o *Options) { o.Nodes = make([]string, 1001) }, "--nodes: 1001 nodes, but"},
		{func(o *Options) { o.Nodes = []string{"n1", ""} }, `--nodes: "" must be at most 100 letters`},
		{func(o *Options) { o.Nodes = []string{"../n1"} }, `--nodes: "../n1" must be at most`},
		{func(o *Options) { o.Nodes = []string{"n1", "c1"} }, `--nodes: "c1" begins with a c`},
		{func(o *Options) { o.Nodes = []string{"lin-tso"} }, `--nodes: "lin-tso" is the name of a service`},
		{func(o *Options) { o.Nodes = []string{"n1", "n2", "n1"} }, `--nodes: "n1" is there twice`},
		{func(o *Options) { o.TimeLimit = 0 }, "--time-limit: 0s must be positive"},
		{func(o *Options) { o.Rate = -1 }, "--rate: -1 must be"},
		{func(o *Options) { o.Rate = math.NaN() }, "--rate: NaN must be"},
		{func(o *Options) { o.Latency = -1 }, "--latency: -1 must be"},
		{func(o *Options) { o.LatencyDist = "normal" }, `--latency-dist: "normal" must be constant, uniform, or exponential`},
		{func(o *Options) { o.PLoss = 1.1 }, "--p-loss: 1.1 must be from 0 to 1"},
		{func(o *Options) { o.NemesisInterval = -time.Second }, "--nemesis-interval: -1s must be positive"},
		{func(o *Options) { o.Topology = "ring" }, `--topology: "ring" must be one of grid, line, total, tree, tree2, tree3, tree4`},
		{func(o *Options) { o.Availability = &two }, "--availability: 2 must be total or a number from 0 to 1"},
		{func(o *Options) { o.Concurrency = "0" }, `--concurrency: "0": must be at least 1`},
	} {
		o := DefaultOptions()
		o.Workload, o.Bin = "broadcast", "node"
		test.change(&o)
		err := o.Validate()
		var option *OptionError
		switch {
		case test.want == "" && err == nil:
		case !errors.As(err, &option) || test.want == "" || !strings.HasPrefix(err.Error(), test.want):
			t.Errorf("error %v, want %s", err, test.want)
		}
	}
}

func TestDefaultsAreMaelstroms(t *testing.T) {
	o := DefaultOptions()
	if o.TimeLimit != time.Minute || o.Rate != 5 || o.Concurrency != "1n" || o.Latency != 0 || o.LatencyDist != latency.Constant ||
		o.Partition || o.NemesisInterval != 10*time.Second || o.Topology != "grid" || o.Availability != nil || o.Nodes != nil ||
		o.Recovery != 10*time.Second || o.ClientTimeout != 5*time.Second || o.InitTimeout != 10*time.Second {
		t.Errorf("%+v", o)
	}
	if got := strings.Join(o.nodes(), " "); got != "n1 n2 n3 n4 n5" {
		t.Errorf("nodes %s", got)
	}
	o.Nodes = []string{"b", "a"}
	if got := strings.Join(o.nodes(), " "); got != "b a" {
		t.Errorf("nodes %s", got)
	}
	o.NodeCount = 3
	if got := strings.Join(o.nodes(), " "); got != "n0 n1 n2" {
		t.Errorf("nodes %s", got)
	}
}
