package gsetd

import (
	"bytes"
	"fmt"
	"strings"
	"time"

	"gset/internal/resp"
)

// execute executes a command and appends its reply.
func (s *Server) execute(c *client, args [][]byte) {
	now := s.stats.begin()
	c.w, c.failed = c.Reply(), false
	start := len(c.w.Buf)
	e := s.find(c, args)
	switch {
	case e == nil:
	case !s.allowed(c, e, args):
		e.usage.rejected++
	default:
		c.last = e
		e.run(s, c, args)
		e.usage.done(s.stats.elapsed(now), c.failed)
	}
	c.used = s.stats.now()
	s.stats.processed++
	if c.failed {
		s.stats.countError(c.w.Buf[min(start, len(c.w.Buf)):])
	}
}

// longestName is the number of bytes of the longest command and subcommand.
const longestName = 32

// find returns the command that the arguments call, or answers an error.
func (s *Server) find(c *client, args [][]byte) *entry {
	var room [longestName]byte
	name := lower(room[:0], args[0])
	e := c.last
	if e == nil || e.name != string(name) {
		e = s.commands[string(name)]
	}
	switch {
	case e == nil && isWebRequest(args):
		s.endWebRequest(c)
		return nil
	case e == nil:
		c.err(unknownCommand(args))
		return nil
	}
	if e.subs != nil && len(args) > 1 {
		sub := e.subs[string(lower(room[:0], args[1]))]
		if sub == nil {
			c.err(fmt.Sprintf("unknown subcommand '%s'. Try %s HELP.", clip(args[1], 128), strings.ToUpper(string(args[0]))))
			return nil
		}
		e = sub
	}
	if e.arity > 0 && len(args) != e.arity || len(args) < -e.arity || e.run == nil {
		c.err("wrong number of arguments for '" + e.name + "' command")
		e.usage.rejected++
		return nil
	}
	return e
}

// lower appends the bytes of a name in lower case; of one that is too long for a name, nothing.
func lower(room, name []byte) []byte {
	if len(name) > longestName {
		return nil
	}
	for _, b := range name {
		if 'A' <= b && b <= 'Z' {
			b += 'a' - 'A'
		}
		room = append(room, b)
	}
	return room
}

// unknownCommand is Redis' text, which shows the beginning of the arguments.
func unknownCommand(args [][]byte) string {
	const shown = 128
	var b strings.Builder
	for _, arg := range args[1:] {
		if b.Len() >= shown {
			break
		}
		fmt.Fprintf(&b, "'%s' ", clip(arg, shown-b.Len()))
	}
	return fmt.Sprintf("unknown command '%s', with args beginning with: %s", clip(args[0], shown), b.String())
}

// clip returns at most n bytes of an argument, and none from a zero byte on, where C's text ends.
func clip(arg []byte, n int) []byte {
	arg = arg[:min(n, len(arg))]
	if end := bytes.IndexByte(arg, 0); end >= 0 {
		return arg[:end]
	}
	return arg
}

// allowed reports whether the client may execute the command now, or answers an error.
func (s *Server) allowed(c *client, e *entry, args [][]byte) bool {
	switch {
	case c.user == nil:
		if e.flags&noAuth != 0 {
			return true
		}
		s.stats.denied.noAuth++
		c.fail("NOAUTH", "Authentication required.")
	case !c.user.Everything && !s.permitted(c, e, args): // it has answered the error
	case e.flags&denyOOM != 0 && s.memory.full(s.config.MaxMemory, args):
		s.stats.refused++
		c.fail("OOM", "command not allowed when used memory > 'maxmemory'.")
	case e.flags&denyOOM != 0 && s.failure != nil:
		c.fail("MISCONF", "Nothing is written while the disk does not take it; reads go on. The error was: "+s.failure.Error())
	case c.subscribed() && c.Protocol() == resp.RESP2 && e.flags&whileSubscribed == 0:
		c.err(fmt.Sprintf("Can't execute '%s': only (P|S)SUBSCRIBE / (P|S)UNSUBSCRIBE / PING / QUIT / RESET are allowed in this context", e.name))
	case e.flags&loading == 0 && s.node.Loading():
		c.fail("LOADING", "Redis is loading the dataset in memory: this node's disk was damaged, and other members have not refilled it yet")
	default:
		return true
	}
	return false
}

// begin returns the time when a command begins, in nanoseconds since the server was started. In
// a turn that is when the one before has ended, so that each command costs one reading of a clock.
func (st *stats) begin() time.Duration {
	if st.clock == 0 {
		st.read()
	}
	return st.clock
}

// read reads the monotonic clock alone, which costs half of what time.Now does.
func (st *stats) read() { st.clock = time.Since(st.base) }

func (st *stats) elapsed(since time.Duration) time.Duration {
	st.read()
	return st.clock - since
}

// now returns the time as of the last reading of the clock in this turn.
func (st *stats) now() time.Time { return st.base.Add(st.clock) }
