package bench

import (
	"cmp"
	"fmt"
	"strings"
	"time"

	"gset/internal/bench/shell"
)

// command is the command line that repeats a test.
func (o *Options) command() string {
	d := DefaultOptions()
	words := []string{cmp.Or(o.Program, "squall"), "test", "-w", o.Workload, "--bin", o.Bin}
	add := func(set bool, name string, value any) {
		if set {
			words = append(words, name, fmt.Sprint(value))
		}
	}
	seconds := func(t time.Duration) float64 { return t.Seconds() }
	add(o.NodeCount != 0, "--node-count", o.NodeCount)
	add(o.NodeCount == 0 && o.Nodes != nil, "--nodes", strings.Join(o.Nodes, ","))
	add(true, "--time-limit", seconds(o.TimeLimit))
	add(true, "--rate", o.Rate)
	add(o.Concurrency != d.Concurrency, "--concurrency", o.Concurrency)
	add(o.Latency != 0, "--latency", o.Latency)
	add(o.LatencyDist != d.LatencyDist, "--latency-dist", o.LatencyDist)
	add(o.PLoss != 0, "--p-loss", o.PLoss)
	faults := o.Faults()
	var names []string
	for _, fault := range faults {
		names = append(names, string(fault))
	}
	add(len(faults) > 0, "--nemesis", strings.Join(names, ","))
	add(len(faults) > 0 && o.NemesisInterval != d.NemesisInterval, "--nemesis-interval", seconds(o.NemesisInterval))
	add(o.Topology != d.Topology, "--topology", o.Topology)
	if o.Availability != nil {
		add(true, "--availability", *o.Availability)
	}
	add(o.ClientTimeout != d.ClientTimeout, "--client-timeout", seconds(o.ClientTimeout))
	add(o.InitTimeout != d.InitTimeout, "--init-timeout", seconds(o.InitTimeout))
	if o.Strict {
		words = append(words, "--strict")
	}
	add(o.StoreDir != "" && o.StoreDir != d.StoreDir, "--store", o.StoreDir)
	add(true, "--seed", o.Seed)
	if len(o.Args) > 0 {
		words = append(append(words, "--"), o.Args...)
	}
	return shell.Join(words)
}
