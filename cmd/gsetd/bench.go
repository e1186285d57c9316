package main

import (
	"context"
	"fmt"
	"io"
	"strings"
	"time"

	"gset/internal/loadgen"
)

type benchCmd struct {
	clientFlags
	Command   string        `help:"What to send: sadd of new elements, sismember, incr, get, ping." enum:"sadd,sismember,incr,get,ping" default:"sadd"`
	Set       string        `help:"Set to add to, and beginning of the names of a counter and of a second set." default:"gsetd-bench"`
	Clients   int           `help:"Connections." default:"50"`
	Pipeline  int           `help:"Commands that a client sends at a time." default:"1"`
	Rate      float64       `help:"Commands a second of all clients; 0 is as many as they can." default:"0"`
	For       time.Duration `help:"How long." default:"10s"`
	Addresses []string      `arg:"" help:"Address of the node that gets the load, and of other members, where elements are looked for." placeholder:"HOST:PORT"`
}

// Help warns.
func (cmd *benchCmd) Help() string {
	return "What it adds stays for good, as all data does: use it on a cluster that can be thrown away."
}

// Run puts load on a node, and prints how it was borne.
func (cmd *benchCmd) Run(ctx context.Context, out io.Writer) error {
	if cmd.Clients < 1 || cmd.Pipeline < 1 || cmd.Rate < 0 || cmd.For <= 0 {
		return fmt.Errorf("%w: --clients, --pipeline and --for are above zero, and --rate is not below", errUsage)
	}
	report, err := loadgen.Run(ctx, loadgen.Config{
		Dial: cmd.dial, Addresses: cmd.Addresses,
		Command: cmd.Command, Set: cmd.Set, Clients: cmd.Clients, Pipeline: cmd.Pipeline, Rate: cmd.Rate, For: cmd.For,
	})
	if report == nil || err != nil && report.Commands == report.Errors {
		return err
	}
	fmt.Fprintf(out, "%s: %d in %v, %.0f a second; %d errors\n", strings.ToUpper(cmd.Command),
		report.Commands, report.Took.Round(time.Millisecond), float64(report.Commands)/report.Took.Seconds(), report.Errors)
	printQuantiles(out, "reply", &report.Latency)
	for _, address := range cmd.Addresses[1:] {
		printQuantiles(out, "readable at "+address, report.Readable[address])
	}
	if report.FirstError != nil {
		fmt.Fprintf(out, "the first error: %v\n", report.FirstError)
	}
	if err == nil && report.Commands == report.Errors {
		err = fmt.Errorf("nothing succeeded: %w", report.FirstError)
	}
	return err
}

func printQuantiles(out io.Writer, what string, q *loadgen.Quantiles) {
	rounded := func(share float64) time.Duration { return q.At(share).Round(time.Microsecond) }
	fmt.Fprintf(out, "%s: p50 %v, p99 %v, max %v, of %d\n", what, rounded(0.5), rounded(0.99), rounded(1), q.Count)
}
