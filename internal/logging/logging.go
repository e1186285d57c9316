// Package logging makes the log of gsetd: lines of text or JSON, no more than a few a second of one kind.
//
//	log, err := logging.New(os.Stderr, logging.Config{Format: "json", Level: slog.LevelInfo})
//	slog.SetDefault(log)
//
// What strangers and broken peers cause is logged line by line, so it must not fill a disk. Of records
// with one message a Burst is written at once, and one a second after that. The next record that is
// written says in "unlogged" how many were not.
package logging

import (
	"context"
	"fmt"
	"io"
	"log/slog"
	"sync"
	"time"
)

// Burst is how many records of one message are written at once.
const Burst = 20

// maxMessages bounds how many messages are told apart: more share one allowance. Messages are constants
// of the program.
const maxMessages = 256

// Config is how to log.
type Config struct {
	Format string // "text" or "json"; empty is text
	Level  slog.Level

	Now func() time.Time // nil is time.Now
}

// New makes a logger that writes to w. It is safe for concurrent use.
func New(w io.Writer, config Config) (*slog.Logger, error) {
	options := &slog.HandlerOptions{Level: config.Level}
	var inner slog.Handler
	switch config.Format {
	case "", "text":
		inner = slog.NewTextHandler(w, options)
	case "json":
		inner = slog.NewJSONHandler(w, options)
	default:
		return nil, fmt.Errorf("a log has the format text or json, and not %q", config.Format)
	}
	if config.Now == nil {
		config.Now = time.Now
	}
	return slog.New(&handler{inner, &limits{now: config.Now, of: map[string]*allowance{}}}), nil
}

// handler is a handler that leaves records out.
type handler struct {
	inner  slog.Handler
	limits *limits
}

// limits are the allowances of messages.
type limits struct {
	now func() time.Time

	mu sync.Mutex
	of map[string]*allowance
}

// allowance says how many records of a message may be written.
type allowance struct {
	tokens   float64
	at       time.Time // of tokens
	unlogged int
}

// take reports whether a record may be written, and how many have not been before it.
func (l *limits) take(message string) (unlogged int, ok bool) {
	l.mu.Lock()
	defer l.mu.Unlock()
	a := l.of[message]
	if a == nil && len(l.of) >= maxMessages {
		message = ""
		a = l.of[message]
	}
	now := l.now()
	if a == nil {
		a = &allowance{tokens: Burst, at: now}
		l.of[message] = a
	}
	a.tokens = min(Burst, a.tokens+max(0, now.Sub(a.at).Seconds()))
	a.at = now
	if a.tokens < 1 {
		a.unlogged++
		return 0, false
	}
	a.tokens--
	unlogged, a.unlogged = a.unlogged, 0
	return unlogged, true
}

// Enabled reports whether the level is logged.
func (h *handler) Enabled(ctx context.Context, level slog.Level) bool {
	return h.inner.Enabled(ctx, level)
}

// Handle writes a record, unless there were too many of its message.
func (h *handler) Handle(ctx context.Context, r slog.Record) error {
	unlogged, ok := h.limits.take(r.Message)
	if !ok {
		return nil
	}
	if unlogged > 0 {
		r = r.Clone()
		r.AddAttrs(slog.Int("unlogged", unlogged))
	}
	return h.inner.Handle(ctx, r)
}

// WithAttrs returns a handler that shares the allowances.
func (h *handler) WithAttrs(attrs []slog.Attr) slog.Handler {
	return &handler{h.inner.WithAttrs(attrs), h.limits}
}

// WithGroup returns a handler that shares the allowances.
func (h *handler) WithGroup(name string) slog.Handler {
	return &handler{h.inner.WithGroup(name), h.limits}
}
