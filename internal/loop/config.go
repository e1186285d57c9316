package loop

import (
	"errors"
	"time"

	"gset/internal/resp"
)

// Handler executes commands. Its methods run in the loop's goroutine, one at a time.
type Handler interface {
	// Handle executes one command of c and appends its reply to c.Reply(). args is never
	// empty; it is valid until Handle returns. What takes long keeps all clients waiting.
	Handle(c *Conn, args [][]byte)

	// EndBatch is called once all commands, functions and the timer of a turn have run and
	// before any of their replies is written: the place of a group commit. If it fails,
	// each reply that was marked by AwaitCommit is replaced by an error reply.
	EndBatch() error
}

// Config is how to run a loop. Only Handler is required.
type Config struct {
	Handler Handler

	// Hooks, all called in the loop's goroutine.
	Opened func(c *Conn)            // a connection was accepted; set its Limits and Data here
	Closed func(c *Conn, err error) // a connection has gone, and why; io.EOF if the client left
	Timer  func(now time.Time)      // the time given to SetTimer has come

	// CommitFailed writes the error reply in place of one that awaited the commit that has
	// failed. The default is ERR and the error's text.
	CommitFailed func(w *resp.Writer, err error)

	Limits resp.Limits // of a command; see resp

	// NeedsPassword says that connections begin unauthenticated, under Redis' limits for
	// them, until SetAuthenticated.
	NeedsPassword bool

	// MaxConns is how many connections may be open; one more is told so and closed.
	// Default 10,000, as in Redis.
	MaxConns int

	// PauseOutput is how many bytes of replies may wait for a client to read them before the
	// loop reads no more of that client's commands. A client that writes all of a pipeline
	// before it reads must not meet it: a million short replies are 7 MB. Default 16 MiB.
	PauseOutput int

	// MaxOutput is how many bytes may wait before a client is disconnected. One that gets
	// only replies to commands exceeds it by a single huge reply; one that is sent messages,
	// by not reading. Default 256 MiB.
	MaxOutput int

	// MaxBuffered bounds what is received and not yet executed, and what waits to be sent, of
	// all connections together. Above it the connection that holds most is disconnected.
	// Default 1 GiB.
	MaxBuffered int

	// MaxFunctions is how many functions may wait to be run by Do. Default 65,536.
	MaxFunctions int

	// KeepAlive is how long a TCP connection may be silent before the kernel probes it. A
	// connection whose peer answers nothing is closed after twice that time. Default 60 s.
	KeepAlive time.Duration

	// HandshakeTimeout is how long a TLS client may take for its handshake. Default 10 s.
	HandshakeTimeout time.Duration

	portable bool // for tests: goroutines for each connection on Linux, too
}

// What one connection may do in one turn of the loop, so that no client keeps others waiting.
const (
	turnCommands = 1024      // commands executed
	turnOutput   = 256 << 10 // bytes of replies after which no further command is begun
	turnInput    = 64 << 10  // bytes read, if no large command is under way
	turnTotal    = 16 << 20  // bytes of replies to all after which connections wait for the next turn
	turnLarge    = 256 << 10 // bytes read of a large command
	turnCalls    = 1024      // functions of Do, of all goroutines together
	turnAccepts  = 64        // connections accepted, for each listener
)

func (c Config) withDefaults() Config {
	set := func(value *int, otherwise int) {
		if *value <= 0 {
			*value = otherwise
		}
	}
	set(&c.MaxConns, 10_000)
	set(&c.PauseOutput, 16<<20)
	set(&c.MaxOutput, 256<<20)
	set(&c.MaxBuffered, 1<<30)
	set(&c.MaxFunctions, 1<<16)
	if c.KeepAlive <= 0 {
		c.KeepAlive = time.Minute
	}
	if c.HandshakeTimeout <= 0 {
		c.HandshakeTimeout = 10 * time.Second
	}
	if c.CommitFailed == nil {
		c.CommitFailed = func(w *resp.Writer, err error) { w.Error("ERR", err.Error()) }
	}
	return c
}

// Why a connection was closed, as Closed is told, beside the errors of the system, of TLS and
// of resp, and io.EOF.
var (
	ErrSlowReader = errors.New("client does not read its replies")
	ErrMemory     = errors.New("connections hold too much memory, this one the most")
	ErrTooMany    = errors.New("max number of clients reached")
	ErrClosed     = errors.New("closed by a command")
	ErrStopped    = errors.New("loop has stopped")
)

// ErrBusy is returned by Do when too many functions wait.
var ErrBusy = errors.New("too many functions wait for the loop")
