package link

import (
	"context"
	"crypto/tls"
	"errors"
	"net"
	"sync"
	"sync/atomic"
	"time"

	"gset/crdt"
	"gset/internal/gate"
	"gset/replica/cluster/internal/wire"
)

// Config says who an endpoint is and whom it serves. Functions are called in goroutines of the
// endpoint, several at a time, and must be safe for that.
type Config struct {
	Cluster  string
	Name     string
	Life     uint64
	Address  string                   // where peers reach this member
	Identity func() (Identity, error) // asked at each handshake, and when open links are verified again
	Now      func() time.Time         // by which certificates are good or not, and strangers have their rate; nil is the machine's clock
	Key      crdt.Key                 // zero until it is known; see SetKey

	// Admit has the last word on a member whose certificate, cluster and key are right.
	Admit func(h wire.Hello) (refusal wire.Refusal, reason string)

	Received    func(from string, life uint64, kind wire.Kind, payload []byte) // blocks the link while it runs
	Packet      func(from net.Addr, payload []byte)
	Stream      func(conn net.Conn) bool // takes over the connection, or returns false
	Linked      func(from string, life uint64, address string)
	Unlinked    func(from string)
	Refused     func(Refused)
	Unreachable func(name string, err error) // what is Retried may be lost: a dial has failed, the connection has ended, or the queue is full

	// Ended is told of a connection to this member that has ended before its greeting was done: nobody was refused. Nil is nothing.
	Ended func(address string, err error)

	// Checked is called at the start, and whenever open links were verified again; nil is nothing.
	Checked func()

	// Dial connects to an address. Nil is TCP.
	Dial func(ctx context.Context, address string) (net.Conn, error)

	RepairRate int64 // bytes a second to each peer; 0 is no cap
	QueueBytes int   // of updates that wait for a peer, and of repairs
}

// Times.
const (
	handshakeTimeout = 10 * time.Second
	writeTimeout     = 15 * time.Second
	shortestPause    = 50 * time.Millisecond  // before a peer is dialed again
	longestPause     = 5 * time.Second        // if the peer answers, and not as it should
	longestSilence   = 500 * time.Millisecond // if nothing answers: a cut may heal at any time

	// catchUpTime is for how long after a peer is reached again it is taken to be behind.
	catchUpTime = time.Second

	// connectTimeout is how long a dial waits for TCP. A peer that has been cut off is reached again a pause and
	// this long after the cut has healed, at most: TCP by itself tries again ever more rarely.
	connectTimeout = time.Second

	// recheckEvery is how often the certificates of open links are verified again: it bounds how long
	// a link outlives its certificate, or its authority.
	recheckEvery = 10 * time.Second

	// maxHandshakes is how many handshakes with strangers are under way at a time.
	maxHandshakes = 64
)

// ErrClosed is the error of an endpoint that has been closed.
var ErrClosed = errors.New("endpoint is closed")

// Endpoint is one member's end of all connections. Its methods are safe for concurrent use.
type Endpoint struct {
	config   Config
	listener net.Listener
	server   *tls.Config
	client   *tls.Config
	gate     *gate.Gate // bounds what strangers cost
	running  sync.WaitGroup
	ctx      context.Context // ends with Close
	cancel   context.CancelFunc

	blocked atomic.Pointer[func(name string) bool] // for tests: peers that are cut off

	mu       sync.Mutex
	key      crdt.Key
	closed   bool
	conns    map[net.Conn]struct{} // of the endpoint's own goroutines
	incoming map[string]*incoming
	peers    map[string]*peer
}

// New returns an endpoint that accepts connections from a listener, which it closes.
func New(config Config, listener net.Listener) *Endpoint {
	if config.Dial == nil {
		config.Dial = dialTCP
	}
	if config.Now == nil {
		config.Now = time.Now
	}
	e := &Endpoint{
		config:   config,
		listener: listener,
		gate:     gate.New(gate.Config{Strangers: maxHandshakes, Timeout: handshakeTimeout, Now: config.Now}),
		key:      config.Key,
		conns:    map[net.Conn]struct{}{},
		incoming: map[string]*incoming{},
		peers:    map[string]*peer{},
	}
	e.ctx, e.cancel = context.WithCancel(context.Background())
	e.server, e.client = e.serverTLS(), e.clientTLS()
	return e
}

// Start begins to accept connections.
func (e *Endpoint) Start() {
	e.running.Go(e.accept)
	e.running.Go(e.keepChecking)
}

// SetKey tells the endpoint the cluster's hash key: peers with another one are refused, and
// members that join are told it.
func (e *Endpoint) SetKey(key crdt.Key) {
	e.mu.Lock()
	defer e.mu.Unlock()
	e.key = key
}

func (e *Endpoint) keyNow() crdt.Key {
	e.mu.Lock()
	defer e.mu.Unlock()
	return e.key
}

// Close closes all connections and waits until no goroutine of the endpoint runs.
func (e *Endpoint) Close() error {
	e.mu.Lock()
	if e.closed {
		e.mu.Unlock()
		e.running.Wait()
		return nil
	}
	e.closed = true
	e.cancel()
	for conn := range e.conns {
		_ = conn.Close()
	}
	for _, p := range e.peers {
		p.stop()
	}
	e.mu.Unlock()
	err := e.listener.Close()
	e.running.Wait()
	return err
}

// hold notes a connection that Close has to close. It closes the connection and returns false if
// the endpoint has been closed.
func (e *Endpoint) hold(conn net.Conn) bool {
	e.mu.Lock()
	defer e.mu.Unlock()
	if e.closed {
		_ = conn.Close()
		return false
	}
	e.conns[conn] = struct{}{}
	return true
}

func (e *Endpoint) release(conn net.Conn) {
	e.mu.Lock()
	defer e.mu.Unlock()
	delete(e.conns, conn)
}

// Block cuts off the peers that blocked names, for tests: their connections are closed, and no
// new ones are made. Nil ends that.
func (e *Endpoint) Block(blocked func(name string) bool) {
	if blocked == nil {
		blocked = func(string) bool { return false }
	}
	e.blocked.Store(&blocked)
	e.mu.Lock()
	defer e.mu.Unlock()
	for name, in := range e.incoming {
		if blocked(name) {
			_ = in.conn.Close()
		}
	}
	for name, p := range e.peers {
		if blocked(name) {
			p.hangUp()
		}
		p.kick()
	}
}

func (e *Endpoint) isBlocked(name string) bool {
	b := e.blocked.Load()
	return b != nil && (*b)(name)
}
