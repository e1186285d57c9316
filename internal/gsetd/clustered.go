package gsetd

import (
	"context"
	"errors"
	"math/big"
	"net"
	"strconv"
	"time"

	"gset/crdt"
	"gset/internal/store"
	"gset/replica/cluster"
)

// Clustered is a Node of package cluster: a member of a cluster, or alone.
type Clustered struct {
	node    *cluster.Node
	core    *cluster.Core
	view    cluster.View // of the last call of View
	durable Durability
	joined  bool // there was nobody to join, or another member was met
}

var _ Node = (*Clustered)(nil)

// OpenCluster returns a Config.Open for a node, which must be closed when Run has returned. opened is told of it. With
// refill a damaged store is salvaged. The node is then Loading, also after further starts, until its state and
// that of another member were equal once: it holds then what the other one had heard of its updates. A
// node that is alone stays Loading.
func OpenCluster(config cluster.Config, refill bool, opened func(*Clustered)) func(do func(func()) error) (Node, error) {
	return OpenClusterContext(context.Background(), config, refill, opened)
}

// OpenClusterContext is OpenCluster of a node that waits for members to join until ctx ends at most.
func OpenClusterContext(ctx context.Context, config cluster.Config, refill bool, opened func(*Clustered)) func(do func(func()) error) (Node, error) {
	return func(do func(func()) error) (Node, error) {
		config.Do = do
		n := &Clustered{durable: Always, joined: len(config.Join) == 0}
		switch {
		case config.Dir == "":
			n.durable = Never
		case config.Sync == cluster.SyncEverySecond:
			n.durable = EverySecond
		}
		var err error
		n.node, err = cluster.OpenContext(ctx, config)
		if damage := (*store.DamageError)(nil); refill && errors.As(err, &damage) && config.Listener == nil {
			config.Salvage = true
			n.node, err = cluster.OpenContext(ctx, config)
		}
		if err != nil {
			return nil, err
		}
		n.core = n.node.Core()
		opened(n)
		return n, nil
	}
}

// View returns the state.
func (n *Clustered) View() View {
	if state := n.core.Whole(); state != nil {
		return whole{state}
	}
	n.view = n.core.View()
	return &n.view // in memory of its own it would be garbage after each command
}

// whole is a state in one part.
type whole struct{ *crdt.Collections }

// Sum returns the value of a counter, if an int64 holds it.
func (w whole) Sum(counter string) (int64, bool) { return w.Collections.Sum(counter) }

// Value returns the value of a counter.
func (w whole) Value(counter string) *big.Int { return w.Collections.Value(counter) }

// Add adds elements to a set.
func (n *Clustered) Add(set string, elements ...[]byte) (added int, err error) {
	return n.core.Add(set, elements...)
}

// Increment adds to a counter.
func (n *Clustered) Increment(counter string, by uint64) error { return n.core.Increment(counter, by) }

// Decrement takes away from a counter.
func (n *Clustered) Decrement(counter string, by uint64) error { return n.core.Decrement(counter, by) }

// Commit commits the turn's updates, and what other members have sent. If it fails the updates are
// not made.
func (n *Clustered) Commit() error { return n.node.Commit() }

// Memory returns the bytes that the state takes.
func (n *Clustered) Memory() int { return n.core.Memory() }

// Loading reports whether a salvaged store is still to be refilled.
func (n *Clustered) Loading() bool { return n.core.Unfilled() }

// Await waits for n other members.
func (n *Clustered) Await(members int, done func(held int)) (cancel func() (held int)) {
	return n.core.Await(members, done)
}

// Learned has f called with what is new.
func (n *Clustered) Learned(f func(*crdt.Collections)) { n.core.OnLearned(f) }

// Addr returns the address where other members reach this one: "" if it is alone.
func (n *Clustered) Addr() string { return n.node.Addr() }

// Backup writes the state to a file while the node goes on; see cluster.Node.
func (n *Clustered) Backup(file string) error { return n.node.Backup(file) }

// Restore joins a backup as an update; see cluster.Node. It needs the loop, and is not called in it.
func (n *Clustered) Restore(ctx context.Context, file string) error { return n.node.Restore(ctx, file) }

// Leave ends the membership in order; see cluster.Node. It needs the loop, and is not called in it. Close is still
// to be called.
func (n *Clustered) Leave(ctx context.Context) error { return n.node.Leave(ctx) }

// CheckCertificates verifies at once the certificates of members that have open links to this one.
func (n *Clustered) CheckCertificates() { n.node.CheckCertificates() }

// CertificateExpires returns until when other members accept this one's certificate; see cluster.Node. It is safe for
// concurrent use.
func (n *Clustered) CertificateExpires() time.Time { return n.node.CertificateExpires() }

// Close ends the membership as a crash would: others go on calling this member.
func (n *Clustered) Close() error { return n.node.Close() }

// errUnsaved is the problem of a disk that does not take what other members send.
var errUnsaved = errors.New("the disk does not take what other members send")

// Status tells what INFO shows.
func (n *Clustered) Status() Status {
	from := n.node.StatusOf(n.core)
	n.joined = n.joined || len(from.Members) > 0
	s := Status{
		Cluster: from.Cluster, Name: from.Name, Durable: n.durable, CertificateExpires: from.CertificateExpires,
		Disk: from.Disk, Member: &from, Joined: n.joined && !from.Estranged,
	}
	for _, m := range from.Members {
		host, port, _ := net.SplitHostPort(m.Address)
		number, _ := strconv.Atoi(port)
		s.Members = append(s.Members, Member{Name: m.Name, Host: host, Port: number, Connected: m.Connected, Equal: m.Equal})
	}
	if d := from.Disk; d != nil {
		s.Commits, s.Deltas, s.LogBytes, s.SnapshotBytes = d.Commits, d.Deltas, d.LogBytes, d.SnapshotBytes
		if d.Unsaved {
			s.Problem = errUnsaved
		}
	}
	return s
}
