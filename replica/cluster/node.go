package cluster

import (
	"context"
	"errors"
	"fmt"
	"math/rand/v2"
	"sync"
	"time"

	"gset/crdt"
	"gset/replica"
	"gset/replica/cluster/internal/link"
	"gset/replica/cluster/internal/wire"
)

// ErrClosed is the error of a call to a node that has been closed.
var ErrClosed = errors.New("cluster: the node is closed")

// Node is one member of a live cluster. Its methods are safe for concurrent use; none of them may
// be called in the node's executor, but for Commit and Core.
type Node struct {
	config    Config
	life      uint64
	address   string // "" if the node is alone, which has none of the next three
	endpoint  *link.Endpoint
	transport *transport
	members   *membership
	core      *Core
	executor  *executor // nil if there is Config.Do
	running   sync.WaitGroup
	ctx       context.Context // ends with Close
	cancel    context.CancelFunc
	timer     *time.Timer
	closing   sync.Once
	result    error // of Close

	// mu is held to change the state, and to read it where no Config.Do does the ordering. The
	// executor does not hold it while the disk writes.
	mu     sync.RWMutex
	closed bool          // nothing is changed any more
	armed  time.Duration // when the timer fires, on the engine's clock; 0 if it is not set

	subscribers subscribers
	refusals    refusals
	failures    failures // of one goroutine: Open's, and then keepJoined's
	lasting     lasting
}

// Open starts a node: it opens the store, listens, and joins the cluster. It returns when the
// node serves; the state of the others comes in behind. It fails on what cannot work: a name that is not
// in the certificate or is taken by a member that is up (ErrNameTaken), a store that is damaged, or
// of another cluster or member, members of another cluster (ErrOtherCluster), no hash key (see
// Config.Key). Members that cannot be reached are no error, if the node has the key; it keeps trying.
func Open(config Config) (*Node, error) { return OpenContext(context.Background(), config) }

// OpenContext is Open that waits for members to join until ctx ends at most; its error is that of ctx then. Afterwards
// ctx does not matter.
func OpenContext(ctx context.Context, config Config) (*Node, error) {
	listener := config.Listener
	n, err := open(ctx, config)
	if err != nil && listener != nil {
		_ = listener.Close()
	}
	return n, err
}

func open(ctx context.Context, config Config) (*Node, error) {
	config, err := config.withDefaults()
	if err != nil {
		return nil, err
	}
	n := &Node{config: config, life: rand.Uint64()}
	n.ctx, n.cancel = context.WithCancel(context.Background())
	if err := n.start(ctx); err != nil {
		n.cancel()
		n.abandon()
		return nil, err
	}
	return n, nil
}

// start does what Open does. What it has started when it fails abandon ends.
func (n *Node) start(ctx context.Context) error {
	err := loadKey(&n.config)
	if err != nil {
		return err
	}
	if n.config.Alone {
		return n.startAlone()
	}
	if err := n.listen(); err != nil {
		return err
	}
	targets, err := n.askSeeds(ctx)
	if err != nil {
		return err
	}
	if err := n.openCore(); err != nil {
		return err
	}
	n.wire()
	if err := n.awaitRefill(); err != nil {
		return err
	}
	if n.members, err = n.newMembership(n.transport); err != nil {
		return fmt.Errorf("cluster: %w", err)
	}
	n.endpoint.Start()
	if len(targets) > 0 {
		if _, err := n.members.list.Join(targets); err != nil {
			n.config.Log.Warn("cluster: not joined yet", "error", err)
		}
	}
	n.members.tryNow() // members of old may be there, if no other is
	n.running.Go(func() { n.members.keepJoined(n.ctx) })
	return nil
}

// listen makes the node's endpoint.
func (n *Node) listen() error {
	if n.config.Listener == nil {
		var err error
		if n.config.Listener, err = link.Listen(n.config.Listen); err != nil {
			return fmt.Errorf("cluster: %w", err)
		}
	}
	ip, port, err := advertised(n.config.Advertise, n.config.Listener.Addr())
	if err != nil {
		_ = n.config.Listener.Close() // err says more
		return err
	}
	n.address = hostPort(ip, port)
	n.transport = newTransport(ip, port)
	n.endpoint = link.New(n.linkConfig(), n.config.Listener)
	n.transport.endpoint = n.endpoint
	return nil
}

// openCore makes the node's core. The folder has the key before there is a store, and says that
// not all may be written until newCore has taken a new incarnation.
func (n *Node) openCore() (err error) {
	lazy := n.config.Sync == SyncEverySecond
	if err := n.config.checkStore(); err != nil {
		return err
	}
	if err := saveKey(&n.config, n.config.unsynced || lazy); err != nil {
		return err
	}
	if err := n.openMarked(); err != nil {
		return err
	}
	if n.config.unsynced && !lazy {
		return saveKey(&n.config, false)
	}
	return nil
}

// linkConfig returns what the endpoint calls.
func (n *Node) linkConfig() link.Config {
	identity := func() (link.Identity, error) {
		id, err := n.config.Identity()
		return link.Identity(id), err
	}
	return link.Config{
		Cluster: n.config.Cluster, Name: n.config.Name, Life: n.life, Address: n.address,
		Identity: identity, Key: n.config.Key, Now: n.config.tuning.now,
		Admit:       n.admit,
		Received:    n.received,
		Packet:      n.transport.packet,
		Stream:      n.transport.stream,
		Linked:      n.linked,
		Unlinked:    func(name string) { n.later(func(c *Core) { c.memberGone(name) }) },
		Refused:     n.noteRefused,
		Ended:       n.noteEnded,
		Checked:     n.lookAfterIdentity,
		Unreachable: n.unreachable,
		Dial:        n.config.tuning.dial,
		RepairRate:  max(0, n.config.RepairRate),
		QueueBytes:  n.config.Queue,
	}
}

// wire connects the core with what is around it.
func (n *Node) wire() {
	n.core.members.links = noLinks{}
	if !n.config.Alone {
		n.core.members.links = n.endpoint
		n.transport.traffic = n.core.traffic
	}
	n.core.send = n.core.post
	n.core.afterwards = n.rearm
	n.core.OnLearned(n.subscribers.deliver)
	n.core.faults = func(format string, args ...any) {
		n.config.Log.Error("cluster: " + fmt.Sprintf(format, args...))
	}
	n.timer = time.AfterFunc(time.Hour, n.tick)
	if n.config.Do == nil {
		n.executor = newExecutor(n.batch)
		n.running.Go(n.executor.run)
	}
	if n.core.store != nil {
		n.running.Go(n.keepDisk)
	}
	n.later(func(*Core) {}) // arms the timer
}

// batch runs functions, and commits.
func (n *Node) batch(functions []func()) {
	n.mu.Lock()
	for _, f := range functions {
		f()
	}
	deltas, err := n.core.prepare()
	n.mu.Unlock()
	if err == nil {
		err = n.core.write(deltas)
	}
	n.mu.Lock()
	_ = n.core.finish(err) // those who wait are told
	n.mu.Unlock()
}

// Do has f run soon in the node's executor, with a commit behind it. It never waits. It fails with
// ErrClosed, or with an error of Config.Do.
func (n *Node) Do(f func(*Core)) error {
	g := func() {
		if !n.closed {
			f(n.core)
		}
	}
	if n.executor != nil {
		return n.executor.do(g)
	}
	return n.config.Do(g)
}

// later is Do for what may be lost if the executor has no room: everything that the cluster tells a
// node is repeated or repaired.
func (n *Node) later(f func(*Core)) {
	if err := n.Do(f); err != nil && !errors.Is(err, ErrClosed) {
		n.config.Log.Debug("cluster: an event is dropped", "error", err)
	}
}

// Core returns the node's single-threaded part, for the owner of Config.Do.
func (n *Node) Core() *Core { return n.core }

// Commit is Core.Commit, for the owner of Config.Do, who calls it after each turn.
func (n *Node) Commit() error {
	if n.closed {
		return nil
	}
	return n.core.Commit()
}

// idle is how far ahead the timer is set if nothing is due.
const idle = time.Hour

// rearm sets the timer for what is due next. It is called at the end of each commit.
func (n *Node) rearm() {
	if n.closed {
		return
	}
	if n.core.made != nil || len(n.core.outbox) > 0 { // a function that was told of the commit made an update
		n.later(func(*Core) {})
	}
	wait := n.core.deadline()
	wait, slack := min(wait, idle), time.Millisecond
	if wait == idle {
		slack = idle // nothing is due: it may fire too early
	}
	at := n.core.clock() + wait
	if n.armed != 0 && n.armed <= at && at-n.armed < slack {
		return
	}
	n.armed = at
	n.timer.Reset(wait)
}

// tick is called by the timer.
func (n *Node) tick() {
	err := n.Do(func(c *Core) {
		n.armed = 0
		c.tick()
	})
	if err != nil && n.ctx.Err() == nil { // the executor has no room
		n.timer.Reset(10 * time.Millisecond)
	}
}

// received takes in a frame from a peer. It waits while too many wait for the executor.
func (n *Node) received(from string, life uint64, kind wire.Kind, payload []byte) {
	done := make(chan struct{})
	event := func(c *Core) { c.heardWord(from, life, kind, payload) }
	if kind != wire.Message {
		n.core.traffic.of(kind).received(payload)
		if kind != wire.Leaving && len(payload) != wire.MaxDigest {
			n.noteRefused(link.Refused{Name: from, Refusal: wire.Unavailable, Reason: fmt.Sprintf("%v has a digest of %d bytes", kind, len(payload))})
			return
		}
	} else {
		m, err := replica.Decode(n.core.empty(), payload)
		if err != nil {
			n.noteRefused(link.Refused{Name: from, Reason: err.Error(), Refusal: wire.Unavailable})
			return
		}
		n.core.traffic.messages[m.Kind].received(payload)
		event = func(c *Core) {
			if m.Kind == replica.Probe && n.endpoint.CatchesUp(from) {
				return // what the peer lacks is on its way, and a repair would bring it once more
			}
			m.Queued = c.queued(from, &m, n.endpoint)
			if err := c.receive(from, m, len(payload)); err != nil {
				n.noteRefused(link.Refused{Name: from, Reason: err.Error(), Refusal: wire.Unavailable})
			}
		}
	}
	err := n.Do(func(c *Core) {
		defer close(done)
		event(c)
	})
	if err != nil {
		return
	}
	select {
	case <-done:
	case <-n.ctx.Done():
	}
}

// linked is told that a member has opened a link to this node. admit has found out that nobody
// else answers to its name.
func (n *Node) linked(name string, life uint64, address string) {
	n.endpoint.SetAddress(name, address)
	n.later(func(c *Core) { c.memberLinked(name, life, address) })
	n.members.linked(name, address)
}

func (n *Node) unreachable(name string, err error) {
	n.config.Log.Debug("cluster: a member cannot be reached", "name", name, "error", err)
	n.later(func(c *Core) { c.unreachable(name) })
}

// Name returns the node's name.
func (n *Node) Name() string { return n.config.Name }

// Addr returns the address that the node advertises, "host:port": "" if it is alone.
func (n *Node) Addr() string { return n.address }

// CheckCertificates verifies at once the certificates of peers that have open links, as the node does
// every ten seconds: links end whose certificates are no longer good.
func (n *Node) CheckCertificates() {
	if n.endpoint != nil {
		n.endpoint.Recheck()
	}
}

// CertificateExpires returns until when peers accept the node's certificate; see Identity.Expires. It is zero if the
// node is alone, and if no member that trusts the same authorities accepts the certificate as this node's.
func (n *Node) CertificateExpires() time.Time {
	if n.config.Alone {
		return time.Time{}
	}
	id, err := n.config.Identity()
	if err != nil {
		return time.Time{}
	}
	at, _ := n.lasting.of(id, n.config.Name)
	return at
}

// Key returns the cluster's hash key. It is a secret of the members.
func (n *Node) Key() crdt.Key { return n.config.Key }

// abandon ends what start has started before it failed.
func (n *Node) abandon() {
	if n.endpoint != nil {
		_ = n.endpoint.Close() // start's error says more
	}
	if n.core == nil {
		return
	}
	if n.timer != nil {
		n.timer.Stop()
	}
	if n.executor != nil {
		n.executor.close()
	}
	n.running.Wait()
	if n.core.store != nil {
		_ = n.core.store.Close()
	}
}
