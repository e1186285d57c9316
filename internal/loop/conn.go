package loop

import (
	"crypto/tls"
	"net"

	"gset/internal/resp"
)

// Conn is a client's connection. Its methods may be called in the loop's goroutine only: in the
// Handler, in hooks, and in functions given to Do. A Conn that is closed may still be used; what
// is written to it goes nowhere.
type Conn struct {
	// Data belongs to the Handler.
	Data any

	loop   *Loop
	link   link
	id     uint64
	local  net.Addr
	remote net.Addr

	parser resp.Parser
	in     input
	out    resp.Writer
	sent   int    // bytes of out.Buf that the link has taken
	awaits []span // replies in out.Buf that await the batch's commit
	await  bool   // the command being executed awaits it
	served uint64 // the turn that has served it
	held   int    // bytes that the loop has counted for this connection

	event                               // what the poller has reported
	state                               // what the connection is in
	interest                            // what the link is asked to report
	listed   struct{ dirty, work bool } // on the loop's lists
	cause    error
}

// span is a reply's place in the output.
type span struct{ start, end int }

type event struct{ readable, writable, hangup bool }

type state struct {
	blocked bool // by Block
	paused  bool // too much output waits
	ending  bool // nothing more is read; closes when the output is sent
	doomed  bool // closes at the end of the turn
	closed  bool
	missed  bool // was readable while nothing could be read
}

// interest is what a link reports: that there is something to read, that something can be
// written, that the peer has ended the stream.
type interest struct{ read, write, hup bool }

// ID returns the connection's number, counted from 1 and never reused.
func (c *Conn) ID() uint64 { return c.id }

// LocalAddr returns the address that the client has connected to.
func (c *Conn) LocalAddr() net.Addr { return c.local }

// RemoteAddr returns the client's address.
func (c *Conn) RemoteAddr() net.Addr { return c.remote }

// TLS returns the state of a TLS connection, nil of another.
func (c *Conn) TLS() *tls.ConnectionState {
	if s, ok := c.link.(*stream); ok {
		return s.tls
	}
	return nil
}

// Buffered returns the bytes of commands received and not executed, and of replies not sent.
func (c *Conn) Buffered() (commands, replies int) { return len(c.in.bytes()), c.unsent() }

// Reply returns the writer of the connection's replies. What is appended to it is written at the
// end of the turn. It is valid until the function that asked for it returns.
func (c *Conn) Reply() *resp.Writer {
	if c.doomed || c.closed {
		c.loop.nowhere.Buf = c.loop.nowhere.Buf[:0]
		return &c.loop.nowhere
	}
	if !c.listed.dirty {
		c.listed.dirty = true
		c.loop.dirty = append(c.loop.dirty, c)
	}
	if c.out.Buf == nil {
		c.out.Buf = c.loop.spare.take()
	}
	return &c.out
}

// Protocol returns the version of RESP that the client has chosen, RESP2 at first.
func (c *Conn) Protocol() resp.Protocol { return c.out.Protocol }

// SetProtocol sets the version of RESP for the replies from now on.
func (c *Conn) SetProtocol(p resp.Protocol) { c.out.Protocol = p }

// SetAuthenticated says whether the limits after AUTH hold for the client's next command.
func (c *Conn) SetAuthenticated(yes bool) { c.parser.Authenticated = yes }

// AwaitCommit marks the reply of the command that is being executed as true only if the batch's
// EndBatch succeeds. It is for Handle; a reply that comes later is to be given when the commit
// has succeeded.
func (c *Conn) AwaitCommit() { c.await = true }

// Block keeps the client's next commands waiting until Unblock: for a command whose reply comes
// later, such as WAIT. A blocked client that ends its stream is closed; with goroutines for the
// connection that is found out only if no command waits before the stream's end.
func (c *Conn) Block() { c.blocked = true }

// Unblock ends Block.
func (c *Conn) Unblock() {
	if !c.blocked {
		return
	}
	c.blocked = false
	c.loop.resume(c)
}

// CloseAfterReply reads no further command of the client, and closes the connection when the
// client has been sent what was appended so far.
func (c *Conn) CloseAfterReply() { c.end(ErrClosed) }

// Close closes the connection at the end of the turn. Closed is told the error.
func (c *Conn) Close(err error) {
	if c.doomed || c.closed {
		return
	}
	c.doomed, c.cause = true, err
	c.loop.doomed = append(c.loop.doomed, c)
}

func (c *Conn) end(cause error) {
	if c.ending || c.doomed || c.closed {
		return
	}
	c.ending, c.cause = true, cause
	c.Reply() // have it flushed, and closed then
}
