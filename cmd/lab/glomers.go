package main

import (
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"strings"

	"gset/internal/bench"
	"gset/internal/bench/checker"
	"gset/internal/glomers"
	"gset/internal/terminal"
)

// glomersCmd is lab glomers.
type glomersCmd struct {
	BinDir   string `default:"bin" placeholder:"DIR" help:"The directory of the nodes: maelstrom-broadcast, maelstrom-g-set, maelstrom-g-counter, maelstrom-pn-counter (default ${default})."`
	Table    string `default:"challenges" enum:"challenges,promises,kept" help:"Which tests and bars: those of the challenges; promises, this project's own, which are tighter; or kept, nodes that are killed and keep what they acknowledged (default ${default})."`
	Only     string `placeholder:"NAME" help:"Only the row of this name."`
	Runs     int    `default:"1" placeholder:"N" help:"How often to run each test (default ${default})."`
	Parallel int    `default:"1" placeholder:"N" help:"How many tests to run at once. They take processor time from each other: more than one is for validity in bulk, not for latencies (default ${default})."`
	Store    string `default:"store/glomers" placeholder:"DIR" help:"Where to keep the stores of tests that miss a bar or fail (default ${default})."`
	Commands bool   `help:"Run nothing; print each row's name, its node's and the options of its test, with tabs between them."`
}

// maxParallel bounds the tests that run at once, each with its processes.
const maxParallel = 100

// Run runs a table of tests. Its verdict is invalid if a bar is missed.
func (c *glomersCmd) Run(ctx context.Context, verdict *checker.Validity) error {
	rows, err := c.rows()
	if err != nil {
		return err
	}
	if c.Runs < 1 {
		return &bench.OptionError{Option: "--runs", Reason: fmt.Sprintf("%d must be at least 1", c.Runs)}
	}
	if c.Parallel < 1 || c.Parallel > maxParallel {
		return &bench.OptionError{Option: "--parallel", Reason: fmt.Sprintf("%d must be from 1 to %d", c.Parallel, maxParallel)}
	}
	if c.Commands {
		for _, row := range rows {
			if _, err := fmt.Printf("%s\t%s\t%s\n", row.Name, row.Node(), strings.Join(row.Command(), " ")); err != nil {
				return err
			}
		}
		return nil
	}
	var progress io.Writer
	if terminal.Is(os.Stdout) {
		progress = os.Stdout
	}
	table := glomers.Table{Rows: rows, Runs: c.Runs, Parallel: c.Parallel, BinDir: c.BinDir, StoreDir: c.Store, Out: os.Stdout, Progress: progress}
	err = table.Run(ctx)
	if errors.Is(err, glomers.ErrMissed) {
		*verdict = checker.Invalid
		_, err = fmt.Println("\nA bar was missed.")
	}
	return err
}

func (c *glomersCmd) rows() ([]glomers.Row, error) {
	rows := map[string]func() []glomers.Row{"challenges": glomers.Challenges, "promises": glomers.Promises, "kept": glomers.Kept}[c.Table]()
	if c.Only == "" {
		return rows, nil
	}
	for _, row := range rows {
		if row.Name == c.Only {
			return []glomers.Row{row}, nil
		}
	}
	return nil, &bench.OptionError{Option: "--only", Reason: fmt.Sprintf("%q is no row of the table of %s", c.Only, c.Table)}
}
