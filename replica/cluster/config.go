package cluster

import (
	"cmp"
	"context"
	"crypto/rand"
	"encoding/binary"
	"errors"
	"fmt"
	"log/slog"
	"net"
	"time"

	"gset/crdt"
	"gset/internal/store"
	"gset/replica"
	"gset/replica/cluster/internal/wire"
)

// Defaults of a Config.
const (
	DefaultCluster     = "gset"
	DefaultListen      = "127.0.0.1:0" // a free port of loopback
	DefaultJoinTimeout = 30 * time.Second
	DefaultForget      = 24 * time.Hour
	DefaultRepairRate  = 12 << 20 // bytes a second
	DefaultQueue       = 4 << 20  // bytes
	DefaultSubscriber  = 1024     // elements
)

// MaxElement bounds an element together with the name of its set, in bytes.
const MaxElement = crdt.MaxMember

// Config says who a node is, where it listens and whom it joins. Identity or Alone must be given; the
// zero value of every other field stands for a default.
type Config struct {
	// Alone has the node run without a network. It has no peers, nobody can join it, and it has no
	// Identity, Listener, Advertise or Join; Listen is not used. Its folder can be opened by a member
	// of the same Name and Cluster later, who then has the state and the hash key, and begins a
	// cluster that others can join.
	Alone bool

	// Identity returns what the node proves its name by, and who may vouch for its peers. It is
	// called at each handshake, from any goroutine: see Static and Files.
	Identity func() (Identity, error)

	// Name is the node's name, one of the DNS names of its certificate, 1 to crdt.MaxNode bytes.
	// Empty is the first of them, or DefaultName if the node is alone. No two members that are up share a name.
	Name string

	// Cluster is the cluster's name, 1 to 64 bytes. Members of another cluster are refused.
	Cluster string

	// Listen is the TCP address to listen on, "host:port". Port 0 is a free one.
	Listen string

	// Listener, if set, takes the place of Listen. The node closes it, also when Open fails.
	Listener net.Listener

	// Advertise is the address where peers reach the node, "host:port". Empty is the one that it
	// listens on; if that is of no one interface, its first address that is not loopback.
	Advertise string

	// Join is the addresses of some members, "host:port", to begin with. A node without any
	// begins a cluster, or goes on with the one that Dir has. Names are resolved at each try.
	Join []string

	// JoinTimeout is how long Open tries to reach one of Join while it has no hash key.
	JoinTimeout time.Duration

	// Key is the cluster's hash key. Zero is the one that Dir has; else the one that a member
	// of Join tells, over mutual TLS; else, if there is no Join, a random one.
	Key crdt.Key

	// Dir is the folder of the node's log and snapshots, and of the key. It is made if it is not
	// there. If empty the node keeps its state in memory only: it gets everything back from the
	// others after a restart, but for updates that no other member had heard. Such a node counts
	// under a new incarnation after each start, as one with an empty folder does.
	Dir string

	// Salvage opens a damaged store with all that can be read of it. Open refuses it otherwise. The node is then
	// Core.Unfilled, also after further starts, until another member was equal with it once.
	Salvage bool

	// Sync says when updates are written to disk.
	Sync Sync

	// Interval, Probe and Fanout are those of replica.Config.
	Interval time.Duration
	Probe    time.Duration
	Fanout   int

	// Beacon is the least time between two updates by which this node measures the latency of
	// replication: see MemberStatus.Latency. DefaultBeacon suits clusters of up to five members, in larger
	// ones the time is longer in proportion. Zero is none.
	Beacon time.Duration

	// RepairRate is how many bytes a second of repairs go to each peer at most, so that a
	// repair leaves room for updates. Negative is no cap.
	RepairRate int64

	// Queue is how many bytes of updates may wait for a peer, and of repairs, each.
	Queue int

	// Forget is after how long a member that is down, and has not left, is taken off the list.
	Forget time.Duration

	// Subscriber is how many elements may wait for a subscriber.
	Subscriber int

	// Do, if set, runs a function soon in the goroutine that owns the data, one at a time and
	// in order, and never waits for it. Its owner calls Commit of the node's Core after each
	// turn in which it has run some. If nil the node has a goroutine of its own for that.
	Do func(func()) error

	// Observer, if set, is told what happens to the node. It is called in the executor, or by Open,
	// one event at a time. It must be quick, and must not call the node.
	Observer func(Event)

	// Log gets what an operator should know. Nil is none.
	Log *slog.Logger

	unsynced  bool              // see saved
	met       map[string]string // see saved
	storeName string            // saved.Store
	tuning    tuning
}

// tuning is for tests.
type tuning struct {
	probe, gossip, rejoin time.Duration // of memberlist; how often to try to join again
	segment               int64         // of the store
	files                 store.FS

	dial func(ctx context.Context, address string) (net.Conn, error) // nil is TCP
	now  func() time.Time                                            // by which certificates are good; nil is the machine's clock
}

// On is for tests: it puts the node's store on another file system, in small log files. The key's file stays
// on the system's.
func (c Config) On(files store.FS) Config {
	c.tuning.files, c.tuning.segment = files, 16<<10
	return c
}

// Sync says when updates are written to disk.
type Sync uint8

// The choices.
const (
	// SyncAlways writes and syncs each batch before its updates are acknowledged.
	SyncAlways Sync = iota

	// SyncEverySecond acknowledges at once, and writes once a second. A crash may lose the
	// updates of the last second, unless another member has heard them. Errors of the disk
	// are those of later updates.
	SyncEverySecond
)

func (c Config) withDefaults() (Config, error) {
	c.Cluster = cmp.Or(c.Cluster, DefaultCluster)
	c.Listen = cmp.Or(c.Listen, DefaultListen)
	c.JoinTimeout = cmp.Or(c.JoinTimeout, DefaultJoinTimeout)
	c.Forget = cmp.Or(c.Forget, DefaultForget)
	c.RepairRate = cmp.Or(c.RepairRate, DefaultRepairRate)
	c.Queue = cmp.Or(c.Queue, DefaultQueue)
	c.Subscriber = cmp.Or(c.Subscriber, DefaultSubscriber)
	c.tuning.rejoin = cmp.Or(c.tuning.rejoin, 5*time.Second)
	if c.Log == nil {
		c.Log = slog.New(slog.DiscardHandler)
	}
	switch {
	case c.Identity == nil && !c.Alone:
		return c, errors.New("cluster: a Config without an Identity")
	case len(c.Cluster) > wire.MaxCluster:
		return c, fmt.Errorf("cluster: the cluster's name has %d bytes, more than %d", len(c.Cluster), wire.MaxCluster)
	case c.Sync > SyncEverySecond:
		return c, fmt.Errorf("cluster: unknown Sync %d", c.Sync)
	case c.Queue < 2*wire.MaxMessage:
		return c, fmt.Errorf("cluster: a queue of %d bytes has no room for two messages of %d", c.Queue, wire.MaxMessage)
	case c.Subscriber < 1 || c.JoinTimeout < 0 || c.Forget < 0 || c.Beacon < 0 || c.Beacon > replica.MaxInterval:
		return c, errors.New("cluster: a bound below zero, or a beacon rarer than once a day")
	}
	if c.Alone {
		return c, c.checkAlone()
	}
	for _, address := range c.Join {
		if err := CheckAddress(address); err != nil {
			return c, fmt.Errorf("cluster: no member can be at the address to join, %q: %w", address, err)
		}
	}
	return c, c.checkName()
}

// CheckAddress refuses an address, HOST:PORT, at which no member can be. The port is a number or the name of a service. The
// host's name is not looked up: it may be known only tomorrow.
func CheckAddress(address string) error {
	host, service, err := net.SplitHostPort(address)
	if err != nil {
		return err
	}
	port, err := net.LookupPort("tcp", service)
	if err == nil && (host == "" || port == 0) {
		err = fmt.Errorf("address %s: it lacks a host or a port", address)
	}
	return err
}

// checkName finds the node's name in its certificate.
func (c *Config) checkName() error {
	id, err := c.Identity()
	if err != nil {
		return fmt.Errorf("cluster: the node's identity: %w", err)
	}
	names, err := id.names()
	if err != nil {
		return fmt.Errorf("cluster: %w", err)
	}
	if c.Name == "" && len(names) > 0 {
		c.Name = names[0]
	}
	switch {
	case len(c.Name) > crdt.MaxNode:
		return fmt.Errorf("cluster: the node's name has %d bytes, more than %d", len(c.Name), crdt.MaxNode)
	case id.Authorities == nil:
		return errors.New("cluster: an Identity without Authorities")
	}
	if err := id.unfit(c.Name); err != nil { // one that has expired is not: it is renewed while the node runs
		return fmt.Errorf("cluster: %w", err)
	}
	return nil
}

// newKey draws a hash key.
func newKey() crdt.Key {
	for {
		var b [16]byte
		_, _ = rand.Read(b[:]) // never fails
		key := crdt.Key{binary.LittleEndian.Uint64(b[:8]), binary.LittleEndian.Uint64(b[8:])}
		if key != (crdt.Key{}) {
			return key
		}
	}
}

// engine returns the configuration of the node's replica.
func (c *Config) engine(incarnation uint64) (replica.Config, error) {
	members, err := replica.NewMembers(replica.ID(c.Name))
	return replica.Config{
		Self:        replica.ID(c.Name),
		Members:     members,
		Interval:    c.Interval,
		Probe:       c.Probe,
		Fanout:      c.Fanout,
		MaxMessage:  wire.MaxMessage,
		Reliable:    true, // a link is a TCP connection
		Incarnation: incarnation,
		Alone:       c.Alone,
	}, err
}
