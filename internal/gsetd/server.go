package gsetd

import (
	"errors"
	"log/slog"
	"net"
	"time"

	"gset/internal/acl"
	"gset/internal/gate"
	"gset/internal/loop"
	"gset/internal/resp"
)

// Config is how to run a Server. Only Node or Open is required.
type Config struct {
	Node Node

	// Open, if Node is nil, opens the node. It is given what has the loop run a function in its
	// goroutine. The loop runs no function before Run, so Open must not wait for one.
	Open func(do func(f func()) error) (Node, error)

	// Backup, if set, writes a backup of the node for BGSAVE. It is called in a goroutine of its own,
	// one at a time, and Run waits for it.
	Backup func() error

	// Users are the users, with their passwords and rights. If it is nil there is one user, default,
	// who may do everything and has Password, or none. A client that must authenticate may use
	// no other command than AUTH, HELLO, RESET and QUIT before.
	Users    *acl.Users
	Password string

	// MaxMemory is how many bytes the state, what waits for the disk, and the buffers of all
	// connections may take. Above it commands that add are refused with OOM. Zero is no limit.
	MaxMemory int64

	// Lean has Run set how much garbage Go's collector leaves in the process' memory; see collector.
	Lean bool

	MaxConns int // zero is the default of package loop
	Limits   resp.Limits
	Address  string // that clients connect to; for INFO and CONFIG GET

	Log *slog.Logger // gets what an operator should know; nil is none

	// Of TLS, for INFO; nil without. Called in the loop's goroutine.
	Handshakes         func() gate.Stats
	CertificateExpires func() time.Time
}

// Server serves Redis clients from a Node. Serve gives it listeners, and Run runs it.
type Server struct {
	config   Config
	node     Node
	loop     *loop.Loop
	commands map[string]*entry
	ordered  []*entry // by name

	// What follows belongs to the loop's goroutine.
	clients   map[uint64]*client
	users     *acl.Users
	newcomers newcomers
	failure   error     // of the last commit, which may have had nothing to write
	failing   failing   // of the last commits that had something to write
	waits     []*waiter // WAIT in this turn
	hub       hub
	memory    memory
	collector collector
	backups   backups
	stats     stats
	started   time.Time

	webRequest time.Time // when one was logged
	runID      string
	functions  func(func()) error // has the loop run a function
}

// ErrNoNode is returned by New without a node or a way to open one.
var ErrNoNode = errors.New("gsetd: no node")

// New makes a server. Run must be called, also if only to end the server after Stop. The node is
// the caller's to close, after Run has returned; if New fails there is none.
func New(config Config) (*Server, error) {
	if config.Node == nil && config.Open == nil {
		return nil, ErrNoNode
	}
	var s *Server // no connection is open before Run
	l, err := loop.New(loop.Config{
		Handler:       handler{&s},
		Opened:        func(c *loop.Conn) { c.Data = s.opened(c) },
		Closed:        func(c *loop.Conn, _ error) { s.closed(c.Data.(*client)) },
		Timer:         func(now time.Time) { s.tick(now) },
		CommitFailed:  commitFailed,
		Limits:        config.Limits,
		NeedsPassword: true, // or not: see become
		MaxConns:      config.MaxConns,
	})
	if err != nil {
		return nil, err
	}
	if config.Node == nil {
		if config.Node, err = config.Open(l.Do); err != nil {
			s = newServer(Config{Node: noNode{}}, l.Do)
			l.Stop()
			return nil, errors.Join(err, l.Run())
		}
	}
	s = newServer(config, l.Do)
	s.loop = l
	return s, nil
}

// handler is a server as the loop sees it, which is made before the server.
type handler struct{ s **Server }

func (h handler) Handle(c *loop.Conn, args [][]byte) { (*h.s).execute(c.Data.(*client), args) }
func (h handler) EndBatch() error                    { return (*h.s).endBatch() }

// newServer makes a server without a loop.
func newServer(config Config, do func(func()) error) *Server {
	s := &Server{
		config:    config,
		node:      config.Node,
		clients:   map[uint64]*client{},
		started:   time.Now(),
		runID:     drawRunID(),
		functions: do,
		users:     config.Users,
	}
	if s.users == nil {
		s.users = acl.Single(config.Password)
	}
	if config.Log == nil {
		s.config.Log = slog.New(slog.DiscardHandler)
	}
	s.stats.base = s.started
	s.stats.errors = map[string]uint64{}
	s.hub.init()
	s.index()
	s.memory.measure(s.node)
	if config.Lean {
		s.collector.start()
	}
	s.node.Learned(s.hub.learn)
	return s
}

// Serve accepts clients from a listener, which then belongs to the server: see [loop.Loop.Serve].
func (s *Server) Serve(ln net.Listener) error { return s.loop.Serve(ln) }

// Run serves until Stop. It returns when all connections are closed and all updates that were
// acknowledged are committed.
func (s *Server) Run() error {
	s.loop.SetTimer(time.Now().Add(tickInterval))
	err := s.loop.Run()
	s.backups.work.Wait()
	return err
}

// Stop has Run end, when a backup that is being written is done. Any goroutine may call it.
func (s *Server) Stop() {
	err := s.functions(func() {
		s.backups.ends = true
		if !s.backups.running {
			s.loop.Stop()
		}
	})
	if err != nil {
		s.loop.Stop()
	}
}

// endBatch commits the turn's updates. Then it tells subscribers of them, and begins to wait
// for other members to have them. While the node cannot commit, updates are refused; each turn,
// of which there are ten a second at least, asks the node again.
func (s *Server) endBatch() error {
	s.stats.clock = 0
	s.noteFailure(s.node.Commit())
	s.hub.deliver()
	s.startWaits()
	return s.failure
}

// failing is a disk that does not take updates.
type failing struct {
	err     error  // of the last commit that had something to write; nil if it succeeded
	commits uint64 // to the disk, when it failed
}

// noteFailure notes the error of a commit. The disk fails until it has taken something: a commit without an update
// succeeds at a full disk, too. What changes is logged.
func (s *Server) noteFailure(err error) {
	s.failure = err
	switch {
	case err != nil:
		if s.failing.err == nil {
			s.config.Log.Error("updates are refused: the disk does not take them", "error", err)
		}
		s.failing = failing{err, s.commits()}
	case s.failing.err != nil && (s.commits() > s.failing.commits || s.node.Status().Disk == nil):
		s.failing = failing{}
		s.config.Log.Info("updates are taken again")
	}
}

// commits returns how often something was written to the disk.
func (s *Server) commits() uint64 { return s.node.Status().Commits }

// commitFailed is the reply to an update that could not be committed. It may still take effect, as a
// node may keep it and try again.
func commitFailed(w *resp.Writer, err error) {
	w.Error("MISCONF", "The update is not on disk, and may or may not be made later: "+err.Error())
}

const tickInterval = 100 * time.Millisecond

// tick is called by the loop's timer.
func (s *Server) tick(now time.Time) {
	s.loop.SetTimer(now.Add(tickInterval))
	s.beat(now)
}

// beat does what is done ten times a second.
func (s *Server) beat(now time.Time) {
	s.stats.denied.late += s.newcomers.expire(now)
	if s.memory.due(now) {
		s.memory.measure(s.node)
	}
	s.collector.step()
	if s.loop != nil {
		l := s.loop.Stats()
		s.memory.buffers = int64(l.Held)
		s.stats.sample(now, l)
	}
}
