package main

import (
	"bytes"
	"context"
	"fmt"
	"os"
	"path/filepath"
	"time"

	"gset/internal/bench"
	"gset/internal/frontier"
)

// frontierCmd is lab frontier.
type frontierCmd struct {
	Out   string `default:"docs" placeholder:"DIR" help:"The directory to write frontier.csv and frontier.svg to (default ${default})."`
	Seeds int    `default:"20" placeholder:"N" help:"Number of seeds whose mean is taken; docs/frontier.csv has ${default}, the default."`
}

// Run measures, and writes the table and the drawing.
func (c *frontierCmd) Run(context.Context) error {
	if c.Seeds < 1 {
		return &bench.OptionError{Option: "--seeds", Reason: fmt.Sprintf("%d must be at least 1", c.Seeds)}
	}
	began := time.Now()
	points, err := frontier.Sweep(frontier.Intervals, c.Seeds, func(p frontier.Point) {
		fmt.Fprintf(os.Stderr, "%4.1f s  T=%-6v %6.3f messages an operation, floor %6.3f; median %4.0f ms, max %4.0f ms\n",
			time.Since(began).Seconds(), p.Interval, p.MsgsPerOp, p.Floor, p.Median, p.Max)
	})
	if err != nil {
		return err
	}
	var table bytes.Buffer
	if err := frontier.WriteTable(&table, points); err != nil {
		return err
	}
	// What is drawn is what was written, so that the table alone gives the same drawing.
	if points, err = frontier.ReadTable(bytes.NewReader(table.Bytes())); err != nil {
		return err
	}
	if err := os.MkdirAll(c.Out, 0o777); err != nil {
		return err
	}
	if err := os.WriteFile(filepath.Join(c.Out, "frontier.csv"), table.Bytes(), 0o666); err != nil {
		return err
	}
	return os.WriteFile(filepath.Join(c.Out, "frontier.svg"), frontier.Draw(points), 0o666)
}
