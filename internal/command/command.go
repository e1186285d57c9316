// Package command is what this module's command lines with several commands share: how
// they are parsed, how they are interrupted, and what they exit with.
package command

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
)

// Exit statuses besides those of [checker.Validity].
const (
	ExitUsage       = 254 // the command line made no sense
	ExitFailed      = 255 // what was asked for ended before it was over
	ExitInterrupted = 130
)

// Run parses the arguments of the program of the given name into grammar, a pointer to a
// struct that kong understands, runs the command that was chosen, and returns the program's
// exit status. Errors go to standard error and name the program and the command.
//
// What a command finds out goes to standard output, whatever it is.
//
// A command's method Run may take a context.Context, which ends on an interrupt, and a
// *checker.Validity, in which it leaves its verdict: Run returns that one's exit status,
// unless there is an error. With --help it does not return.
func Run(program, description string, grammar any, vars kong.Vars, args []string) int {
	parser, err := kong.New(grammar, kong.Name(program), kong.Description(description), vars)
	if err != nil {
		fmt.Fprintf(os.Stderr, "%s: %v\n", program, err)
		return ExitFailed
	}
	parsed, err := parser.Parse(args)
	if err != nil {
		name := program
		var wrong *kong.ParseError
		if errors.As(err, &wrong) && wrong.Context != nil && wrong.Context.Selected() != nil {
			name += " " + wrong.Context.Selected().Name
		}
		fmt.Fprintf(os.Stderr, "%s: %v\n(%s --help lists all options)\n", name, err, name)
		return ExitUsage
	}
	name := program + " " + strings.Fields(parsed.Command())[0]
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
		fmt.Fprintf(os.Stderr, "%s: %v\n", name, err)
		return ExitUsage
	}
	if told := (*Told)(nil); !errors.As(err, &told) {
		fmt.Fprintf(os.Stderr, "%s: %v\n", name, err)
	}
	if errors.Is(err, bench.ErrInterrupted) {
		return ExitInterrupted
	}
	return ExitFailed
}

// Told is an error that the user has been told of: it only makes the exit status.
type Told struct{ Err error }

func (t *Told) Error() string { return t.Err.Error() }

// Unwrap returns the error.
func (t *Told) Unwrap() error { return t.Err }
