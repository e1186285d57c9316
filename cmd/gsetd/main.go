// Command gsetd serves sets and counters that only grow to Redis clients.
//
//	gsetd serve --dir /var/lib/gset      serves 127.0.0.1:7379
//	gsetd config                         prints all settings, as a configuration file
//	gsetd trial                          serves a cluster of three nodes on loopback
//	gsetd backup --dir /var/lib/gset F   writes all that a store has to a file, also while it is served
//	gsetd certs DIR                      makes an authority and certificates for a trial cluster
//	gsetd user NAME read:a* write:a*     prints a line for the file of --users, and the password
//	gsetd version                        prints the version
//	gsetd restore --dir /var/lib/gset F  joins a backup into a store, also a member's, that is not being served
//
// The exit status is 0 after an orderly end, 1 if something failed, and 254 if the command line
// made no sense.
package main

import (
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"os/signal"
	"runtime"
	"slices"
	"strconv"
	"syscall"

	"github.com/alecthomas/kong"

	"gset/internal/acl"
)

const (
	exitFailed = 1
	exitUsage  = 254
)

type cli struct {
	Serve   serveCmd   `cmd:"" help:"Serve Redis clients until interrupted."`
	Config  configCmd  `cmd:"" help:"Print all settings that serve would have, with what each is for and where it comes from, as a file for --config."`
	Inspect inspectCmd `cmd:"" help:"Print what a store or a backup holds: whose it is, how much, and whether it is damaged. Nothing is written."`
	Diff    diffCmd    `cmd:"" help:"Print what each of two lacks of the other: backups, stores, running nodes. The exit status is 1 if they differ, and 2 if that cannot be told."`
	Bench   benchCmd   `cmd:"" help:"Put load on a running node and measure how long replies take, and until elements are readable at other members. What it adds stays."`
	Trial   trialCmd   `cmd:"" help:"Serve a cluster of three nodes on loopback, with certificates made on the spot, until interrupted."`
	Backup  backupCmd  `cmd:"" help:"Write all that a store has to one file. The store may be served meanwhile."`
	Certs   certsCmd   `cmd:"" help:"Make a certificate authority in a folder, and certificates of it for members and clients; or further ones of the authority that is there."`
	User    userCmd    `cmd:"" help:"Print a line for the file of --users: a user with a password that is drawn, and with rights."`
	Version versionCmd `cmd:"" help:"Print the version, as --version does."`
	Restore restoreCmd `cmd:"" help:"Join a backup into a store, also a member's, which keeps all it has. The store must not be served meanwhile."`
}

// storeFlags say which store.
type storeFlags struct {
	Config  kong.ConfigFlag `help:"File with settings, in YAML; gsetd config prints one." type:"existingfile" placeholder:"FILE"`
	Dir     string          `help:"Folder of the store. Without one, serve keeps all data in memory only, and it is gone when gsetd ends." type:"folder" placeholder:"DIR"`
	Name    string          `help:"Name of this node, if it is alone; a member of a cluster has its certificate's, and an old folder the one that it has." default:"gsetd"`
	Cluster string          `help:"Name of the cluster." default:"local"`
}

func main() {
	runtime.MemProfileRate = 0 // nobody reads that profile, whose table takes 1.4 MB
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt, syscall.SIGTERM)
	defer stop()
	os.Exit(run(ctx, os.Args[1:], os.Stdout, os.Stderr))
}

// run carries out a command line until ctx is done.
func run(ctx context.Context, args []string, out, problems io.Writer) int {
	var from origins
	parser, err := kong.New(&cli{}, kong.Name("gsetd"), kong.Writers(out, problems), kong.NamedMapper("folder", kong.MapperFunc(decodeFolder)),
		kong.Vars{"minpassword": strconv.Itoa(acl.MinPassword), "peerlisten": ownPeerListen},
		kong.Configuration(from.load), kong.Resolvers(overruled), kong.PostBuild(withEnvironment),
		kong.Description("Serves sets and counters that only grow to Redis clients."))
	if err != nil {
		fmt.Fprintf(problems, "gsetd: %v\n", err)
		return exitFailed
	}
	if slices.Equal(args, []string{"--version"}) {
		args = []string{"version"}
	}
	parsed, err := parser.Parse(args)
	if err != nil {
		if parse := (*kong.ParseError)(nil); errors.As(err, &parse) {
			err = from.explain(parse.Context, err)
		}
		fmt.Fprintf(problems, "gsetd: %v\n(gsetd --help lists all options)\n", err)
		return exitUsage
	}
	parsed.BindTo(ctx, (*context.Context)(nil))
	parsed.BindTo(out, (*io.Writer)(nil))
	parsed.Bind(problemWriter{problems})
	err = parsed.Run()
	if err == nil {
		return 0
	}
	if errors.Is(err, errDiffer) {
		return exitDiffer
	}
	fmt.Fprintf(problems, "gsetd: %v\n", from.explain(parsed, err))
	switch {
	case errors.Is(err, errTrouble):
		return exitTrouble
	case errors.Is(err, errUsage):
		return exitUsage
	}
	return exitFailed
}

// errUsage is wrapped by errors of a command line that makes no sense.
var errUsage = errors.New("refused")
