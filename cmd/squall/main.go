// Command squall is a Maelstrom-compatible test bench for distributed systems
// whose nodes talk JSON over standard input and output, and a simulator of this
// project's replicas in virtual time.
//
//	squall test -w broadcast --bin ./node --node-count 5 --time-limit 20 --rate 10 -- args for the node
//	squall glomers --bin-dir bin
//	squall sim --seeds 10000
//	squall oracle
//
// Its exit status is 0 if the test was valid or every invariant held, 1 if not, 2 if that could
// not be told, 254 if the command line made no sense, 255 if the test could
// not be carried through, and 130 if it was interrupted.
package main

import (
	"context"
	"errors"
	"fmt"
	"os"
	"os/signal"
	"strings"
	"syscall"

	"github.com/alecthomas/kong"

	"gset/internal/bench"
	"gset/internal/bench/checker"
	"gset/internal/bench/workload"
)

// Exit statuses besides those of squall.Validity.
const (
	exitUsage       = 254
	exitFailed      = 255
	exitInterrupted = 130
)

type cli struct {
	Test    testCmd    `cmd:"" help:"Run one test against a node binary."`
	Glomers glomersCmd `cmd:"" help:"Run a table of tests and hold the results against bars."`
	Sim     simCmd     `cmd:"" help:"Run replicas in one process over a simulated network, and look for faults that break an invariant."`
	Oracle  oracleCmd  `cmd:"" help:"Report how much later than possible replicas hold what was added, for each kind of fault."`
}

func main() { os.Exit(run(os.Args[1:])) }

func run(args []string) int {
	var c cli
	// Kong calls this to exit after --help; with flags that make no sense it
	// returns an error instead.
	parser, err := kong.New(&c,
		kong.Name("squall"),
		kong.Description("A Maelstrom-compatible test bench."),
		kong.Vars{"workloads": strings.Join(workload.Workloads(), ", ")},
	)
	if err != nil {
		fmt.Fprintln(os.Stderr, "squall:", err)
		return exitFailed
	}
	parsed, err := parser.Parse(args)
	if err != nil {
		fmt.Fprintf(os.Stderr, "squall: %v\n(squall test --help lists all options)\n", err)
		return exitUsage
	}
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt, syscall.SIGTERM, syscall.SIGHUP)
	defer stop()
	verdict := checker.Valid
	parsed.BindTo(ctx, (*context.Context)(nil))
	err = parsed.Run(&verdict)
	var option *bench.OptionError
	switch {
	case err == nil:
		return verdict.ExitStatus()
	case errors.As(err, &option):
		fmt.Fprintln(os.Stderr, "squall:", err)
		return exitUsage
	case errors.Is(err, bench.ErrInterrupted):
		fmt.Fprintf(os.Stderr, "squall: %v; all nodes have been killed\n", err)
		return exitInterrupted
	}
	fmt.Fprintln(os.Stderr, "squall: the test failed:", err)
	return exitFailed
}
