package node

import (
	"encoding/binary"
	"encoding/hex"
	"errors"
	"flag"
	"fmt"
	"io"
	"os"
	"os/signal"
	"strings"
	"syscall"

	"gset/crdt"
	"gset/replica"
)

// Main is the whole of a node's main function: it runs the workload with the
// process's arguments, input and output, and exits.
func Main[S crdt.Lattice[S]](name string, w Workload[S]) {
	options, err := ParseFlags(name, os.Args[1:], os.Stderr)
	switch {
	case errors.Is(err, flag.ErrHelp):
		return
	case err != nil:
		os.Exit(2)
	}
	// A broken standard output is an error like any other, reported in words.
	signal.Ignore(syscall.SIGPIPE)
	if options.Backup != "" {
		err = Backup(w, options, os.Stdout)
	} else {
		err = Run(w, options, os.Stdin, os.Stdout, os.Stderr)
	}
	if err != nil {
		fmt.Fprintf(os.Stderr, "%s: %v\n", name, err)
		os.Exit(1)
	}
}

const usage = `Usage: %[1]s [flags]

A Maelstrom node: it reads messages from standard input and writes them to standard
output, one JSON object a line. Run it under a test bench:

  squall test -w %[2]s --bin bin/%[1]s -- -interval 250ms

Flags:

`

// ParseFlags returns the options in a node's arguments. On an error, or -help, it
// writes what is wrong and how to use the flags to usageOut.
func ParseFlags(name string, args []string, usageOut io.Writer) (Options, error) {
	var o Options
	flags := flag.NewFlagSet(name, flag.ContinueOnError)
	flags.SetOutput(usageOut)
	flags.DurationVar(&o.Interval, "interval", replica.DefaultInterval,
		"`T`: how long an update may wait to be told together with others. Under load every\n"+
			"node has an update T and two hops after it was made, at the latest.\n"+
			"Longer: fewer messages. Shorter: lower latency.\n"+
			"0: every update goes straight to every node, in one hop and n-1 messages.")
	flags.DurationVar(&o.Probe, "probe", replica.DefaultProbe,
		"`R`: a node that has proved equality with no other node for R sends a probe.\n"+
			"Shorter: losses and healed partitions are noticed sooner. Longer: an idle\n"+
			"cluster is quieter; it sends at most n/R messages a second.")
	o.Key = benchKey
	flags.Func("key", "hash `key` of the cluster, 32 hexadecimal digits, the same on all nodes. The default is\n"+
		"a public key, written in this program, since a test bench gives nodes no secret to\n"+
		"share. Who knows the key can compute two sets with equal digests; nodes that hold\n"+
		"one each take them for the same and stay apart. Outside a bench, draw a key:\n"+
		"  -key $(openssl rand -hex 16)",
		func(digits string) (err error) {
			o.Key, err = parseKey(digits)
			return err
		})
	flags.StringVar(&o.Data, "data", "",
		"folder in which each node keeps its state, in a folder of its own; made if it is\n"+
			"not there. An update is acknowledged when it is on disk. A node that is killed\n"+
			"and started again has all that it acknowledged. When the disk is full, updates\n"+
			"get error 11; reads and gossip go on, and so do updates when there is room.\n"+
			"Without -data a node's state is in memory: one that is killed starts from\n"+
			"nothing, gets back from other nodes what they have heard, and loses the rest.")
	flags.StringVar(&o.Backup, "backup", "",
		"do not run a node: write what all nodes' folders in -data hold to one `file`. Nodes\n"+
			"may run meanwhile: the file has all that they acknowledged before.")
	flags.StringVar(&o.Restore, "restore", "",
		"join the backup in `file` into the state at the start. Any node can restore any\n"+
			"backup of its cluster, any number of times: what it has already stays.")
	flags.BoolVar(&o.Verbose, "verbose", false,
		"log every message, change of view, suspicion and step of a repair to standard\n"+
			"error. Costs time.")
	flags.Usage = func() {
		fmt.Fprintf(usageOut, usage, name, strings.TrimPrefix(name, "maelstrom-"))
		flags.PrintDefaults()
	}
	if err := flags.Parse(args); err != nil {
		return o, err
	}
	if err := o.validate(flags.Args()); err != nil {
		fmt.Fprintf(usageOut, "%s: %v\n", name, err)
		return o, err
	}
	return o, nil
}

// benchKey is the key of nodes that are given none. It is public.
var benchKey = crdt.Key{0x2061_7465_7367_2c20, 0x7075_626c_6963_6b21}

// parseKey returns the key that 32 hexadecimal digits stand for. All zeros are refused, as
// package replica refuses the zero key.
func parseKey(digits string) (crdt.Key, error) {
	b, err := hex.DecodeString(digits)
	if err != nil || len(b) != 16 {
		return crdt.Key{}, errors.New("not 32 hexadecimal digits")
	}
	key := crdt.Key{binary.BigEndian.Uint64(b), binary.BigEndian.Uint64(b[8:])}
	if key == (crdt.Key{}) {
		return key, errors.New("the zero key is no key")
	}
	return key, nil
}

// validate reports the first flag that makes no sense.
func (o Options) validate(rest []string) error {
	switch {
	case len(rest) > 0:
		return fmt.Errorf("unexpected argument %q", rest[0])
	case o.Interval < 0 || o.Interval > replica.MaxInterval:
		return fmt.Errorf("-interval %v is outside 0 to %v", o.Interval, replica.MaxInterval)
	case o.Backup != "" && o.Data == "":
		return errors.New("-backup needs -data, the folder that has the nodes' data")
	case o.Backup != "" && o.Restore != "":
		return errors.New("-backup runs no node that could -restore")
	case o.Probe < replica.MinProbe || o.Probe > replica.MaxInterval:
		return fmt.Errorf("-probe %v is outside %v to %v", o.Probe, replica.MinProbe, replica.MaxInterval)
	}
	return nil
}
