package main

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"net"
	"slices"
	"sync"
	"time"

	"gset/internal/gsetd"
	"gset/replica/cluster"
)

// peerFlags say how the node is a member of a cluster. Without a certificate it is alone.
type peerFlags struct {
	Listen    string        `help:"Address that other members connect to." default:"${peerlisten}"`
	Advertise string        `help:"Address where other members reach this one, if it is not --peer-listen." placeholder:"HOST:PORT"`
	Join      []string      `help:"Addresses of some members of the cluster to join." placeholder:"HOST:PORT"`
	Beacon    time.Duration `help:"Least time between two updates by which this member measures how long the others take to hold an update; 0 for none." default:"5s"`
	memberFlags

	Leave time.Duration `help:"How long a member that is interrupted waits until another one holds all that it has acknowledged, to leave its cluster in order; 0 to end at once, as if it had crashed." default:"5s"`
}

// memberFlags say by what a member proves its name.
type memberFlags struct {
	Cert string `help:"File with this member's certificate chain, PEM. Its DNS name is the member's name." type:"existingfile"`
	Key  string `help:"File with the certificate's key, PEM." type:"existingfile"`
	CA   string `help:"File with certificates of the authorities that vouch for members, PEM." type:"existingfile"`
}

// on reports whether the node is a member of a cluster.
func (f *memberFlags) on() bool { return f.Cert != "" }

func (f *memberFlags) check() error {
	if all := f.Cert != "" && f.Key != "" && f.CA != ""; all || f.Cert+f.Key+f.CA == "" {
		return nil
	}
	return errNoMember
}

var errNoMember = fmt.Errorf("%w: a member of a cluster needs --peer-cert, --peer-key and --peer-ca", errUsage)

// ownPeerListen is the default of --peer-listen.
const ownPeerListen = "127.0.0.1:0"

func (f *peerFlags) check() error {
	if err := f.memberFlags.check(); err != nil {
		return err
	}
	switch {
	case f.Beacon < 0 || f.Leave < 0:
		return fmt.Errorf("%w: --peer-beacon and --peer-leave are not below zero", errUsage)
	case f.on():
		return f.checkAddresses()
	case len(f.Join) > 0 || f.Advertise != "" || f.Listen != ownPeerListen:
		return errNoMember
	}
	return nil
}

// checkAddresses refuses addresses that no try could reach. Names are not looked up: a host may get its address later.
func (f *peerFlags) checkAddresses() error {
	if err := checkHostPort(f.Listen); err != nil {
		return fmt.Errorf("%w: --peer-listen: %w", errUsage, err)
	}
	if f.Advertise != "" {
		if err := cluster.CheckAddress(f.Advertise); err != nil {
			return fmt.Errorf("%w: --peer-advertise: %w", errUsage, err)
		}
	}
	for _, address := range f.Join {
		if err := cluster.CheckAddress(address); err != nil {
			return fmt.Errorf("%w: --peer-join: %w", errUsage, err)
		}
	}
	return nil
}

// checkHostPort refuses what is not of the form HOST:PORT; to listen at, either may be left open.
func checkHostPort(address string) error {
	_, port, err := net.SplitHostPort(address)
	if err == nil {
		_, err = net.LookupPort("tcp", port)
	}
	return err
}

// node returns who the node of a folder is: a member, whose name is its certificate's, or one that is alone.
func (f *storeFlags) node(member *memberFlags) cluster.Config {
	log := slog.Default()
	c := cluster.Config{Cluster: f.Cluster, Dir: f.Dir, Log: log}
	if !member.on() {
		c.Alone, c.Name = true, f.Name
		return c
	}
	c.Identity = cluster.Files(member.Cert, member.Key, member.CA, func(err error) { log.Error("certificates stay as they were", "error", err) })
	return c
}

// errNobody ends the wait of a member that is the last one up.
var errNobody = errors.New("no other member is up")

// leave has a member leave its cluster in order. It refuses updates from then on. If no other member answers in
// time it ends all the same: the others take it for one that is down. The last one that is up waits for nobody.
func (f *peerFlags) leave(server *gsetd.Server, node *gsetd.Clustered) {
	if !f.on() || f.Leave <= 0 {
		return
	}
	ctx, cancel := context.WithTimeout(context.Background(), f.Leave)
	defer cancel()
	waiting, end := context.WithCancelCause(ctx)
	var watch sync.WaitGroup
	watch.Go(func() {
		if awaitNobody(waiting, server) {
			end(errNobody)
		}
	})
	err := node.Leave(waiting)
	end(nil)
	watch.Wait()
	switch {
	case err == nil:
	case context.Cause(waiting) == errNobody:
		slog.Info("no other member is up: this one waits for none")
	default:
		slog.Warn("the others take this member for one that is down", "error", err)
	}
}

// lookForMembers is how often a member that leaves looks whether another one is up.
const lookForMembers = 100 * time.Millisecond

// awaitNobody reports that no other member is up, as soon as it is so, or that ctx has ended before.
func awaitNobody(ctx context.Context, server *gsetd.Server) bool {
	ticker := time.NewTicker(lookForMembers)
	defer ticker.Stop()
	for {
		now, err := server.Snapshot(ctx)
		if err != nil {
			return false
		}
		if !slices.ContainsFunc(now.Status.Member.Members, func(m cluster.MemberStatus) bool { return !m.Down }) {
			return true
		}
		select {
		case <-ctx.Done():
			return false
		case <-ticker.C:
		}
	}
}

// node returns the configuration of the node that is served.
func (cmd *serveCmd) node() cluster.Config {
	f := &cmd.Peer
	c := cmd.storeFlags.node(&f.memberFlags)
	if cmd.Fsync == "everysec" {
		c.Sync = cluster.SyncEverySecond
	}
	if f.on() {
		c.Listen, c.Advertise, c.Join, c.Beacon = f.Listen, f.Advertise, f.Join, f.Beacon
	}
	return c
}
