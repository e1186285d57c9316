package gsetd

import (
	"crypto/tls"
	"net"
	"strings"
	"time"

	"gset/internal/acl"
	"gset/internal/loop"
	"gset/internal/resp"
)

// conn is what a server asks of a [*loop.Conn].
type conn interface {
	ID() uint64
	LocalAddr() net.Addr
	RemoteAddr() net.Addr
	TLS() *tls.ConnectionState
	Buffered() (commands, replies int)
	Reply() *resp.Writer
	Protocol() resp.Protocol
	SetProtocol(resp.Protocol)
	SetAuthenticated(yes bool)
	AwaitCommit()
	Block()
	Unblock()
	CloseAfterReply()
	Close(err error)
}

var _ conn = (*loop.Conn)(nil)

// client is a connection and what the client has said of itself.
type client struct {
	conn
	w            *resp.Writer // of the command that is executed
	name         string
	library      string // CLIENT SETINFO
	version      string
	user         *acl.User // nil before AUTH
	wrong        int       // passwords it has given
	place        newcomer  // while user is nil
	noEvict      bool
	failed       bool // the command that is executed answers an error
	opened, used time.Time
	last         *entry // the last command
	subscriptions
	waits *waiter // nil if the client is not in WAIT
}

func (s *Server) opened(c conn) *client {
	now := time.Now()
	k := &client{conn: c, opened: now, used: now}
	s.become(k, s.users.Default())
	s.clients[c.ID()] = k
	return k
}

func (s *Server) closed(c *client) {
	delete(s.clients, c.ID())
	s.hub.leave(c)
	s.newcomers.leave(c)
	if c.waits != nil {
		c.waits.end()
	}
}

// fail answers an error.
func (c *client) fail(code, message string) {
	c.failed = true
	c.w.Error(code, message)
}

// err answers an error with the code ERR.
func (c *client) err(message string) { c.fail("ERR", message) }

func (c *client) ok() { c.w.Simple("OK") }

// The errors of more than one command, in Redis' words.
const (
	notInteger = "value is not an integer or out of range"
	badSyntax  = "syntax error"
)

// integer reads an argument, or answers an error.
func (c *client) integer(arg []byte) (n int64, ok bool) {
	if n, ok = parseInt(arg); !ok {
		c.err(notInteger)
	}
	return n, ok
}

// is reports whether an argument is a word, in any case. The word is in lower case.
func is(arg []byte, word string) bool {
	return len(arg) == len(word) && strings.EqualFold(string(arg), word)
}

// address returns the address of an end of a connection, as Redis shows it.
func address(a net.Addr) string {
	if a == nil {
		return "?:0"
	}
	if u, ok := a.(*net.UnixAddr); ok {
		if u.Name == "" {
			return "@:0"
		}
		return u.Name + ":0"
	}
	return a.String()
}
