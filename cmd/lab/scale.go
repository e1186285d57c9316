package main

import (
	"context"
	"fmt"
	"os"
	"path/filepath"
	"runtime/debug"
	"time"

	"gset/internal/scale"
)

// scaleCmd is lab scale.
type scaleCmd struct {
	Out  string `default:"docs" placeholder:"DIR" help:"The directory to write SCALE.md and scale/*.svg to (default ${default})."`
	Seed uint64 `default:"1" placeholder:"S" help:"The seed that everything follows from, but what depends on the machine (default ${default})."`
}

// Run measures, and writes the page and its plots.
func (c *scaleCmd) Run(context.Context) error {
	defer debug.SetGCPercent(debug.SetGCPercent(400)) // a simulation makes much garbage and keeps little
	began := time.Now()
	results, err := scale.Sweep(c.Seed, func(what string) {
		fmt.Fprintf(os.Stderr, "%4.0f s  %s\n", time.Since(began).Seconds(), what)
	})
	if err != nil {
		return err
	}
	dir := filepath.Join(c.Out, "scale")
	if err := os.MkdirAll(dir, 0o777); err != nil {
		return err
	}
	if err := plots(dir, results); err != nil {
		return err
	}
	page, err := results.Page()
	if err != nil {
		return err
	}
	return os.WriteFile(filepath.Join(c.Out, "SCALE.md"), page, 0o666)
}
