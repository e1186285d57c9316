package gsetd

import (
	"fmt"

	"gset/internal/acl"
	"gset/internal/resp"
)

func connectionTable() []command {
	const first = noScript | loading | stale | fast | noAuth | allowBusy
	return append([]command{
		{"auth", -2, first, noKeys, "connection", "Authenticates the connection.", auth},
		{"echo", 2, loading | stale | fast, noKeys, "connection", "Returns its argument.", echo},
		{"hello", -1, first, noKeys, "connection", "Chooses the protocol, and may authenticate.", hello},
		{"ping", -1, fast | whileSubscribed, noKeys, "connection", "Tells that the server is there.", ping},
		{"quit", -1, first | whileSubscribed, noKeys, "connection", "Ends the connection.", quit},
		{"reset", 1, first | whileSubscribed, noKeys, "connection", "Sets the connection back to how it was at its beginning.", reset},
		{"select", 2, loading | stale | fast, noKeys, "connection", "Chooses a database, of which there is the one of number 0.", selectDB},
	}, clientTable()...)
}

func ping(_ *Server, c *client, args [][]byte) {
	if len(args) > 2 {
		c.err("wrong number of arguments for 'ping' command")
		return
	}
	switch {
	case c.subscribed() && c.Protocol() == resp.RESP2:
		c.w.Array(2)
		c.w.BulkString("pong")
		if len(args) == 1 {
			c.w.BulkString("")
		} else {
			c.w.Bulk(args[1])
		}
	case len(args) == 1:
		c.w.Simple("PONG")
	default:
		c.w.Bulk(args[1])
	}
}

func echo(_ *Server, c *client, args [][]byte) { c.w.Bulk(args[1]) }

func quit(_ *Server, c *client, _ [][]byte) {
	c.ok()
	c.CloseAfterReply()
}

func selectDB(_ *Server, c *client, args [][]byte) {
	switch n, ok := c.integer(args[1]); {
	case !ok:
	case n != int64(int32(n)):
		c.err("value is out of range, value must between -2147483648 and 2147483647")
	case n != 0:
		c.err("DB index is out of range")
	default:
		c.ok()
	}
}

// reset sets back what the client has chosen. The name goes, too.
func reset(s *Server, c *client, _ [][]byte) {
	s.hub.leave(c)
	c.name, c.noEvict = "", false
	s.become(c, s.users.Default())
	c.SetProtocol(resp.RESP2)
	c.w.Simple("RESET")
}

func auth(s *Server, c *client, args [][]byte) {
	switch {
	case len(args) > 3:
		c.err(badSyntax)
	case len(args) == 2 && s.users.Default() != nil:
		c.err("AUTH <password> called without any password configured for the default user. Are you sure your configuration is correct?")
	case len(args) == 2:
		s.login(c, []byte(acl.DefaultName), args[1])
	default:
		s.login(c, args[1], args[2])
	}
	if !c.failed {
		c.ok()
	}
}

func hello(s *Server, c *client, args [][]byte) {
	version := int64(c.Protocol())
	if len(args) > 1 {
		var ok bool
		version, ok = parseInt(args[1])
		switch {
		case !ok:
			c.err("Protocol version is not an integer or out of range")
			return
		case version != 2 && version != 3:
			c.fail("NOPROTO", "unsupported protocol version")
			return
		}
		if !s.helloOptions(c, args[2:]) {
			return
		}
	}
	if c.user == nil {
		c.fail("NOAUTH", "HELLO must be called with the client already authenticated, otherwise the HELLO <proto> AUTH <user> <pass> option can be used to authenticate the client and select the RESP protocol version at the same time")
		return
	}
	c.SetProtocol(resp.Protocol(version))
	c.w.Map(7)
	c.pair("server", "redis")
	c.pair("version", redisVersion)
	c.w.BulkString("proto")
	c.w.Int(version)
	c.w.BulkString("id")
	c.w.Int(int64(c.ID()))
	c.pair("mode", "standalone")
	c.pair("role", "master")
	c.w.BulkString("modules")
	c.w.Array(0)
}

// pair answers a key and its value.
func (c *client) pair(key, value string) {
	c.w.BulkString(key)
	c.w.BulkString(value)
}

func (s *Server) helloOptions(c *client, options [][]byte) (ok bool) {
	for len(options) > 0 {
		switch {
		case is(options[0], "auth") && len(options) >= 3:
			if s.login(c, options[1], options[2]); c.failed {
				return false
			}
			options = options[3:]
		case is(options[0], "setname") && len(options) >= 2:
			if !c.setName(options[1]) {
				return false
			}
			options = options[2:]
		default:
			c.err(fmt.Sprintf("Syntax error in HELLO option '%s'", clip(options[0], len(options[0]))))
			return false
		}
	}
	return true
}
