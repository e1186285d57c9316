package main

import (
	"fmt"
	"io"
	"os"
	"strings"

	"gset/internal/bench"
)

// maxNodesFile bounds a file of nodes' names, in bytes.
const maxNodesFile = 1 << 20

// names merges the nodes' names as Jepsen does: those of the file, of --nodes and of each --node.
// It returns nil if none is given.
func (c *testCmd) names() ([]string, error) {
	var names []string
	if c.NodesFile != "" {
		f, err := os.Open(c.NodesFile)
		if err != nil {
			return nil, &bench.OptionError{Option: "--nodes-file", Reason: err.Error()}
		}
		defer f.Close()
		text, err := io.ReadAll(io.LimitReader(f, maxNodesFile+1))
		if err != nil || len(text) > maxNodesFile {
			return nil, &bench.OptionError{Option: "--nodes-file", Reason: fmt.Sprintf("%s: must be a file of at most %d bytes (%v)", c.NodesFile, maxNodesFile, err)}
		}
		names = append(names, strings.Fields(string(text))...)
	}
	if c.Nodes != nil {
		for name := range strings.SplitSeq(*c.Nodes, ",") {
			names = append(names, strings.TrimSpace(name))
		}
	}
	return append(names, c.Node...), nil
}

// ignored are options of Jepsen that mean nothing here. Scripts give them.
type ignored struct {
	NoSSH                 bool   `name:"no-ssh" hidden:""`
	LeaveDBRunning        bool   `name:"leave-db-running" hidden:""`
	LoggingJSON           bool   `name:"logging-json" hidden:""`
	StrictHostKeyChecking bool   `hidden:""`
	Username              string `hidden:""`
	Password              string `hidden:""`
	SSHPrivateKey         string `name:"ssh-private-key" hidden:""`
}

// say names the options that were given for nothing.
func (i ignored) say(w io.Writer) {
	for _, option := range []struct {
		name  string
		given bool
	}{
		{"--no-ssh", i.NoSSH}, {"--leave-db-running", i.LeaveDBRunning}, {"--logging-json", i.LoggingJSON},
		{"--strict-host-key-checking", i.StrictHostKeyChecking}, {"--username", i.Username != ""},
		{"--password", i.Password != ""}, {"--ssh-private-key", i.SSHPrivateKey != ""},
	} {
		if option.given {
			fmt.Fprintf(w, "squall test: %s means nothing here and is ignored\n", option.name)
		}
	}
}
