package main

import (
	"context"
	"encoding/json"
	"fmt"
	"os"
	"runtime"
	"runtime/debug"
	"slices"
	"strings"

	"gset/internal/bench"
	"gset/internal/bench/checker"
	"gset/internal/sim"
)

// oracleCmd is lab oracle.
type oracleCmd struct {
	Seed   uint64   `default:"1" placeholder:"S" help:"The first seed (default ${default})."`
	Seeds  uint64   `default:"20" placeholder:"N" help:"How many seeds to play for each fault and load (default ${default})."`
	Nodes  []int    `default:"5,25" placeholder:"N,..." help:"Sizes of the cluster (default ${default})."`
	Rates  []int    `default:"2,100" placeholder:"R,..." help:"Updates a second (default ${default})."`
	Faults []string `placeholder:"FAULT,..." help:"Faults as the table names them (all)."`
	Worst  bool     `help:"Show the worst pair of each row as well."`
	Save   string   `placeholder:"FILE" help:"Write the schedule of the first seed, the first fault, size and rate to this file, for lab sim --play --trace, and play nothing."`
}

// Help is what lab oracle --help says besides the options.
func (*oracleCmd) Help() string {
	return `For each kind of fault, replicas run in virtual time under a steady load, for 20 s; the fault lasts
from second 5 to second 15. One hop takes 100 ms, T is 250 ms and R is 2 s. An oracle says how early each
update could have been at each node over the links that were up, and the table says by how many
milliseconds the replicas exceed that.

  before            made before the fault; all there is, without faults
  as it strikes     under way, or waiting to be told, as the fault began
  while it lasts    could get there during the fault
  after the heal    could not get there before the end of the fault
  later on          made when it was over

The exit status is 1 if a bound is missed.`
}

// Run writes the report. Its verdict is invalid if a bound is missed.
func (c *oracleCmd) Run(ctx context.Context, verdict *checker.Validity) error {
	o, err := c.options()
	if err != nil {
		return &bench.OptionError{Reason: err.Error()}
	}
	if c.Save != "" {
		return c.save(o)
	}
	defer debug.SetGCPercent(debug.SetGCPercent(800))
	rows, err := sim.Report(ctx, o)
	if tableErr := sim.WriteTable(os.Stdout, rows, c.Worst); tableErr != nil {
		return tableErr
	}
	switch {
	case ctx.Err() != nil:
		return bench.ErrInterrupted
	case err != nil:
		return err
	}
	if slices.ContainsFunc(rows, func(r sim.Row) bool { return !r.Met() }) {
		*verdict = checker.Invalid
	}
	return nil
}

// options turns the command line into options of a report.
func (c *oracleCmd) options() (sim.ReportOptions, error) {
	o := sim.ReportOptions{Plights: sim.Plights(), First: c.Seed, Seeds: c.Seeds, Workers: runtime.GOMAXPROCS(0)}
	if len(c.Faults) > 0 {
		o.Plights = c.Faults
	}
	for _, fault := range o.Plights {
		if !slices.Contains(sim.Plights(), fault) {
			return o, fmt.Errorf("fault %q is none of %s", fault, strings.Join(sim.Plights(), ", "))
		}
	}
	for _, nodes := range c.Nodes {
		for _, rate := range c.Rates {
			if nodes < 2 || nodes > 100 || rate < 1 || rate > 1000 {
				return o, fmt.Errorf("%d nodes and %d updates a second are not 2 to 100 and 1 to 1000", nodes, rate)
			}
			o.Loads = append(o.Loads, sim.Load{Nodes: nodes, Rate: rate})
		}
	}
	if c.Seeds == 0 || len(o.Loads) == 0 {
		return o, fmt.Errorf("there is nothing to play")
	}
	return o, nil
}

// save writes a trial's schedule.
func (c *oracleCmd) save(o sim.ReportOptions) error {
	t := sim.Trial{Plight: o.Plights[0], Nodes: o.Loads[0].Nodes, Rate: o.Loads[0].Rate, Seed: c.Seed}
	data, err := json.MarshalIndent(t.Schedule(), "", "  ")
	if err != nil {
		return err
	}
	return os.WriteFile(c.Save, append(data, '\n'), 0o644)
}
