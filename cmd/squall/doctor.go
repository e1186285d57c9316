package main

import (
	"context"
	"errors"
	"fmt"
	"os"
	"slices"
	"time"

	"gset/internal/bench"
	"gset/internal/bench/checker"
	"gset/internal/bench/doctor"
	"gset/internal/bench/workload"
)

// patience is how long an examination may take without a word.
const patience = 2 * time.Second

// doctorCmd is squall doctor.
type doctorCmd struct {
	Bin           string   `arg:"" optional:"" placeholder:"FILE" help:"The binary which runs a node. It is started in the system's directory for temporary files."`
	Workload      string   `short:"w" placeholder:"NAME" help:"The workload whose requests the node shall answer: ${workloads}. Without, the one of which it answers most."`
	InitTimeout   float64  `default:"10" placeholder:"SECONDS" help:"How long the node has to answer init (default ${default}, as in Maelstrom)."`
	ClientTimeout float64  `default:"5" placeholder:"SECONDS" help:"How long the node has for any other reply (default ${default}, as in Maelstrom)."`
	Patient       bool     `help:"Wait as long as that also for a node that does nothing. Without, one that only sleeps is given up after half a second (on Linux)."`
	Args          []string `arg:"" optional:"" help:"Arguments for the binary; put -- before them."`
}

// Help is what squall doctor --help says besides its options.
func (c *doctorCmd) Help() string {
	return "The doctor asks a node what clients ask in a test, without faults. Whether the node bears lost messages, partitions and kills, tests show.\n\n" + exitStatuses
}

// Run examines the node, and finds it invalid if there is something to mend.
func (c *doctorCmd) Run(ctx context.Context, verdict *checker.Validity) error {
	o := doctor.DefaultOptions()
	o.Workload, o.Args, o.Patient = c.Workload, c.Args, c.Patient
	if o.Workload != "" && !slices.Contains(workload.Names(), o.Workload) {
		return &bench.OptionError{Option: "-w", Reason: workload.Explain(o.Workload)}
	}
	if c.Bin == "" {
		return &bench.OptionError{Reason: "name the binary that runs a node, such as: squall doctor ./node"}
	}
	var err error
	if o.Bin, err = bench.FindBinary(c.Bin); err != nil {
		if option := (*bench.OptionError)(nil); errors.As(err, &option) {
			option.Option = "" // which squall test calls --bin
		}
		return err
	}
	if o.InitTimeout, err = seconds("--init-timeout", c.InitTimeout); err != nil {
		return err
	}
	if o.ReplyTimeout, err = seconds("--client-timeout", c.ClientTimeout); err != nil {
		return err
	}
	slow := time.AfterFunc(patience, func() {
		fmt.Fprintf(os.Stderr, "squall doctor: waiting for a node that is busy, or busy starting (%v for init, %v for other replies)\n", o.InitTimeout, o.ReplyTimeout)
	})
	defer slow.Stop()
	report, err := doctor.Examine(ctx, o)
	switch {
	case ctx.Err() != nil:
		return bench.ErrInterrupted
	case err != nil:
		return err
	}
	report.Bin, report.Program = c.Bin, os.Args[0]
	if !report.Healthy() {
		*verdict = checker.Invalid
	}
	return report.Print(os.Stdout)
}
