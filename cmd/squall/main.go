// Command squall is a Maelstrom-compatible test bench for distributed systems
// whose nodes talk JSON over standard input and output.
//
//	squall test -w broadcast --bin ./node --node-count 5 --time-limit 20 --rate 10 -- args for the node
//	squall doctor ./node -- args for the node
//	squall serve
//
// Its exit status is 0 if the test was valid or the node is in order, 1 if not, 2 if that could not be told, 254 if
// the command line made no sense, 255 if the test FAILED, which is that a node or the computer ended it before it was
// over, and 130 if it was interrupted.
package main

import (
	"os"
	"runtime/debug"
	"strings"

	"github.com/alecthomas/kong"

	"gset/internal/bench/workload"
	"gset/internal/command"
)

type cli struct {
	Version kong.VersionFlag `help:"Show the version, and exit."`

	Test   testCmd   `cmd:"" help:"Run one test against a node binary."`
	Doctor doctorCmd `cmd:"" help:"Examine a node binary step by step, and say what to mend."`
	Serve  serveCmd  `cmd:"" help:"Show the runs in a store in a browser, and two of them side by side."`
}

// exitStatuses are those of all commands.
const exitStatuses = "Exit status: 0 if the test is VALID or there is nothing to mend, 1 if it is INVALID or there is, " +
	"2 if it is UNKNOWN since too little was seen to tell, 254 if the command line makes no sense, " +
	"255 if the test FAILED: a node, or the computer, ended it before it was over; 130 if it was INTERRUPTED."

func main() { os.Exit(run(os.Args[1:])) }

func run(args []string) int {
	vars := kong.Vars{"version": version(), "workloads": strings.Join(workload.Names(), ", ")}
	return command.Run("squall", "A Maelstrom-compatible test bench.\n\n"+exitStatuses, &cli{}, vars, args)
}

// version is the module's version, and the commit it was built from, as far as the build knows them.
func version() string {
	info, ok := debug.ReadBuildInfo()
	if !ok {
		return "squall, of an unknown version"
	}
	text := "squall " + info.Main.Version
	for _, setting := range info.Settings {
		if setting.Key == "vcs.revision" {
			text += ", commit " + setting.Value
		}
	}
	return text
}
