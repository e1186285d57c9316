package main

import (
	"fmt"
	"io"
)

// ignored are options of Jepsen and Maelstrom that mean nothing here. Scripts give them.
type ignored struct {
	NoSSH                 bool   `name:"no-ssh" hidden:""`
	LeaveDBRunning        bool   `name:"leave-db-running" hidden:""`
	LoggingJSON           bool   `name:"logging-json" hidden:""`
	StrictHostKeyChecking bool   `hidden:""`
	Username              string `hidden:""`
	Password              string `hidden:""`
	SSHPrivateKey         string `name:"ssh-private-key" hidden:""`
	ConsistencyModels     string `hidden:""`
	KeyCount              string `hidden:""`
	MaxTxnLength          string `hidden:""`
	MaxWritesPerKey       string `hidden:""`
	CrashClients          bool   `hidden:""`
}

// say names the options that were given for nothing.
func (i ignored) say(w io.Writer) {
	const machines, transactions = "nodes are processes of this computer", "it is for Maelstrom's workloads of transactions and logs"
	for _, option := range []struct {
		name  string
		given bool
		why   string
	}{
		{"--no-ssh", i.NoSSH, machines}, {"--leave-db-running", i.LeaveDBRunning, "all nodes end with the test"},
		{"--logging-json", i.LoggingJSON, "the log is plain text"}, {"--strict-host-key-checking", i.StrictHostKeyChecking, machines},
		{"--username", i.Username != "", machines}, {"--password", i.Password != "", machines},
		{"--ssh-private-key", i.SSHPrivateKey != "", machines}, {"--consistency-models", i.ConsistencyModels != "", transactions},
		{"--key-count", i.KeyCount != "", transactions}, {"--max-txn-length", i.MaxTxnLength != "", transactions},
		{"--max-writes-per-key", i.MaxWritesPerKey != "", transactions}, {"--crash-clients", i.CrashClients, transactions},
	} {
		if option.given {
			fmt.Fprintf(w, "squall test: %s is ignored: %s\n", option.name, option.why)
		}
	}
}
