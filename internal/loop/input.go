package loop

import (
	"errors"
	"io"
)

// scratchTail is how much of a command that is under way is copied into the loop's own read
// buffer, behind which the rest is read. More stays with its connection.
const scratchTail = 4 << 10

// receive reads once from a connection that is ready, and executes what has arrived.
func (l *Loop) receive(c *Conn) {
	c.missed = false
	before := c.in.bytes()
	if len(before) > scratchTail {
		n, err := c.link.read(c.in.room(turnLarge))
		if !l.accept(c, err) {
			return
		}
		c.in.added(n)
		l.stats.Received += uint64(n)
		l.executeHeld(c)
		return
	}
	tail := copy(l.scratch, before)
	n, err := c.link.read(l.scratch[tail : tail+turnInput])
	if !l.accept(c, err) {
		return
	}
	l.stats.Received += uint64(n)
	data := l.scratch[:tail+n]
	c.in.keep(data[l.execute(c, data):])
	l.count(c)
}

// accept says whether a read has brought something to execute.
func (l *Loop) accept(c *Conn, err error) bool {
	switch {
	case err == nil:
		return true
	case errors.Is(err, errAgain):
	case errors.Is(err, io.EOF):
		c.end(io.EOF)
	default:
		c.Close(err)
	}
	return false
}

// executeHeld executes what a connection has received before.
func (l *Loop) executeHeld(c *Conn) {
	c.in.consume(l.execute(c, c.in.bytes()))
	l.count(c)
}

// execute hands the commands in data to the handler, as many as a turn allows, and returns how
// many bytes it has consumed.
func (l *Loop) execute(c *Conn, data []byte) (consumed int) {
	output := len(c.out.Buf)
	defer func() { l.produced += max(0, len(c.out.Buf)-output) }()
	for range turnCommands {
		args, n, err := c.parser.Next(data[consumed:])
		consumed += n
		if err != nil {
			c.Reply().Error("ERR", err.Error())
			c.end(err)
			return len(data)
		}
		if args == nil {
			return consumed
		}
		l.handle(c, args)
		switch {
		case c.ending || c.doomed:
			return len(data)
		case c.blocked:
			return consumed
		case len(c.out.Buf)-output > turnOutput:
			l.resume(c)
			return consumed
		}
	}
	l.resume(c)
	return consumed
}

func (l *Loop) handle(c *Conn, args [][]byte) {
	l.touched = true
	start := len(c.out.Buf)
	c.await = false
	l.handler.Handle(c, args)
	if c.await {
		c.awaits = append(c.awaits, span{start, len(c.out.Buf)})
	}
}

// resume puts a connection on the list of those that may have commands to execute, or something
// to read, that the poller does not report.
func (l *Loop) resume(c *Conn) {
	if !c.listed.work && !c.closed {
		c.listed.work = true
		l.work = append(l.work, c)
	}
}

// serve gives a ready connection, or one on the list of work, its part of the turn. It has one,
// though it may be on both lists.
func (l *Loop) serve(c *Conn) {
	c.missed = c.missed || c.readable
	switch {
	case c.doomed || c.closed || c.ending:
	case c.blocked && c.hangup:
		c.Close(io.EOF)
	case c.served == l.turns || l.produced > turnTotal:
		l.resume(c)
	case c.blocked || c.paused:
		l.watch(c)
	case len(c.in.bytes()) > 0 && !c.parser.Partial():
		c.served = l.turns
		l.executeHeld(c)
		if c.missed {
			l.resume(c)
		}
	case c.missed:
		c.served = l.turns
		l.receive(c)
	}
}
