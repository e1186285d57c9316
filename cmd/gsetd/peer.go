package main

import (
	"context"
	"fmt"
	"log/slog"
	"time"

	"gset/internal/gsetd"
	"gset/replica/cluster"
)

// peerFlags say how the node is a member of a cluster. Without a certificate it is alone.
type peerFlags struct {
	Listen    string        `help:"Address that other members connect to." default:"127.0.0.1:0"`
	Advertise string        `help:"Address where other members reach this one, if it is not --peer-listen." placeholder:"HOST:PORT"`
	Join      []string      `help:"Addresses of some members of the cluster to join." placeholder:"HOST:PORT"`
	Beacon    time.Duration `help:"Least time between two updates by which this member measures how long the others take to hold an update; 0 for none." default:"5s"`
	Cert      string        `help:"File with this member's certificate chain, PEM. Its DNS name is the member's name." type:"existingfile"`
	Key       string        `help:"File with the certificate's key, PEM." type:"existingfile"`
	CA        string        `help:"File with certificates of the authorities that vouch for members, PEM." type:"existingfile"`

	Leave time.Duration `help:"How long a member that is interrupted waits until another one holds all that it has acknowledged, to leave its cluster in order; 0 to end at once, as if it had crashed." default:"5s"`
}

// on reports whether the node is a member of a cluster.
func (f *peerFlags) on() bool { return f.Cert != "" }

func (f *peerFlags) check() error {
	if all := f.Cert != "" && f.Key != "" && f.CA != ""; all || f.Cert+f.Key+f.CA == "" && len(f.Join) == 0 {
		return nil
	}
	return fmt.Errorf("%w: a member of a cluster needs --peer-cert, --peer-key and --peer-ca", errUsage)
}

// leave has a member leave its cluster in order. It refuses updates from then on. If no other member answers in
// time it ends all the same: the others take it for one that is down.
func (f *peerFlags) leave(node *gsetd.Clustered) {
	if !f.on() || f.Leave <= 0 {
		return
	}
	ctx, cancel := context.WithTimeout(context.Background(), f.Leave)
	defer cancel()
	if err := node.Leave(ctx); err != nil {
		slog.Warn("the others take this member for one that is down", "error", err)
	}
}

// node returns the configuration of the node: a member's, whose name is the certificate's, or that of one that is alone.
func (cmd *serveCmd) node() cluster.Config {
	log := slog.Default()
	c := cluster.Config{Cluster: cmd.Cluster, Dir: cmd.Dir, Log: log}
	if cmd.Fsync == "everysec" {
		c.Sync = cluster.SyncEverySecond
	}
	f := &cmd.Peer
	if !f.on() {
		c.Alone, c.Name = true, cmd.Name
		return c
	}
	c.Identity = cluster.Files(f.Cert, f.Key, f.CA, func(err error) { log.Error("certificates stay as they were", "error", err) })
	c.Listen, c.Advertise, c.Join, c.Beacon = f.Listen, f.Advertise, f.Join, f.Beacon
	return c
}
