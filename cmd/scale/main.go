// Command scale measures clusters of 5 to 10,000 members in virtual time, and writes
// what it finds as a page and its plots.
//
//	go run ./cmd/scale -out docs
//
// It is a command of its own since the plots bring in many packages that no other needs.
package main

import (
	"flag"
	"fmt"
	"os"
	"path/filepath"
	"runtime/debug"
	"time"

	"gset/internal/scale"
)

func main() {
	out := flag.String("out", "docs", "the directory to write SCALE.md and scale/*.svg to")
	seed := flag.Uint64("seed", 1, "the seed that everything follows from, but what depends on the machine")
	flag.Parse()
	if err := run(*out, *seed); err != nil {
		fmt.Fprintln(os.Stderr, "scale:", err)
		os.Exit(1)
	}
}

func run(out string, seed uint64) error {
	debug.SetGCPercent(400) // a simulation makes much garbage and keeps little
	began := time.Now()
	results, err := scale.Sweep(seed, func(what string) {
		fmt.Fprintf(os.Stderr, "%4.0f s  %s\n", time.Since(began).Seconds(), what)
	})
	if err != nil {
		return err
	}
	dir := filepath.Join(out, "scale")
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
	return os.WriteFile(filepath.Join(out, "SCALE.md"), page, 0o666)
}
