// Command lab examines this project: its nodes under the bench squall, and its replicas in
// virtual time.
//
//	lab glomers --bin-dir bin   a table of tests under squall, held against bars
//	lab sim --seeds 10000       faults that break an invariant, looked for from seeds
//	lab oracle                  how much later than possible updates arrive
//	lab scale --out docs        clusters of 5 to 10,000 members, measured and plotted
//	lab frontier --out docs     messages against latency by interval, measured and plotted
//
// Whoever tests a node of their own needs squall and none of this. The exit status is 0 if
// every bar was met and every invariant held, 1 if not, 254 if the command line made no
// sense, 255 if the command could not be carried through, and 130 if it was interrupted.
package main

import (
	"os"

	"gset/internal/command"
)

type cli struct {
	Glomers  glomersCmd  `cmd:"" help:"Run a table of tests under squall and hold the results against bars."`
	Sim      simCmd      `cmd:"" help:"Run replicas in one process over a simulated network, and look for faults that break an invariant."`
	Oracle   oracleCmd   `cmd:"" help:"Report how much later than possible replicas hold what was added, for each kind of fault."`
	Scale    scaleCmd    `cmd:"" help:"Measure clusters of 5 to 10,000 members in virtual time; writes a page and its plots."`
	Frontier frontierCmd `cmd:"" help:"Measure messages against latency by interval, in virtual time; writes a table and a drawing."`
}

func main() { os.Exit(run(os.Args[1:])) }

func run(args []string) int {
	return command.Run("lab", "Examines this project: its nodes under squall, and its replicas in virtual time.", &cli{}, nil, args)
}
