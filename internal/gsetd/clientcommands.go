package gsetd

import (
	"cmp"
	"errors"
	"fmt"
	"maps"
	"slices"
	"strings"
)

func clientTable() []command {
	const own, all = noScript | loading | stale, admin | noScript | loading | stale
	return []command{
		{"client", -2, 0, noKeys, "connection", "Has commands about connections.", nil},
		{"client|getname", 2, own, noKeys, "connection", "Returns the connection's name.", clientGetName},
		{"client|id", 2, own, noKeys, "connection", "Returns the connection's number.", clientID},
		{"client|info", 2, own, noKeys, "connection", "Returns what CLIENT LIST has of this connection.", clientInfo},
		{"client|kill", -3, all, noKeys, "connection", "Closes connections.", clientKill},
		{"client|list", -2, all, noKeys, "connection", "Returns a line for each connection.", clientList},
		{"client|no-evict", 3, all, noKeys, "connection", "Is accepted, and changes nothing.", clientNoEvict},
		{"client|setinfo", 4, own, noKeys, "connection", "Names the client's library and its version.", clientSetInfo},
		{"client|setname", 3, own, noKeys, "connection", "Names the connection.", clientSetName},
	}
}

func clientID(_ *Server, c *client, _ [][]byte) { c.w.Int(int64(c.ID())) }

func clientGetName(_ *Server, c *client, _ [][]byte) {
	if c.name == "" {
		c.w.Null()
		return
	}
	c.w.BulkString(c.name)
}

func clientSetName(_ *Server, c *client, args [][]byte) {
	if c.setName(args[2]) {
		c.ok()
	}
}

// longestLabel bounds the names that clients give themselves and their libraries, in bytes.
const longestLabel = 1 << 10

// printable reports whether a text may be in a line of CLIENT LIST.
func printable(text []byte) bool {
	return len(text) <= longestLabel && !slices.ContainsFunc(text, func(b byte) bool { return b < '!' || b > '~' })
}

func (c *client) setName(name []byte) (ok bool) {
	if !printable(name) {
		c.err("Client names cannot contain spaces, newlines or special characters.")
		return false
	}
	c.name = string(name)
	return true
}

func clientSetInfo(_ *Server, c *client, args [][]byte) {
	option := strings.ToLower(string(clip(args[2], 16)))
	target := map[string]*string{"lib-name": &c.library, "lib-ver": &c.version}[option]
	switch {
	case target == nil:
		c.err(fmt.Sprintf("Unrecognized option '%s'", clip(args[2], 128)))
	case !printable(args[3]):
		c.err(option + " cannot contain spaces, newlines or special characters.")
	default:
		*target = string(args[3])
		c.ok()
	}
}

func clientNoEvict(_ *Server, c *client, args [][]byte) {
	if !is(args[2], "on") && !is(args[2], "off") {
		c.err(badSyntax)
		return
	}
	c.noEvict = is(args[2], "on")
	c.ok()
}

func clientInfo(s *Server, c *client, _ [][]byte) { c.w.Verbatim(s.line(c)) }

// line is a line of CLIENT LIST.
func (s *Server) line(c *client) string {
	commands, replies := c.Buffered()
	last, flags := "NULL", ""
	if c.last != nil {
		last = c.last.name
	}
	if c.waits != nil {
		flags += "b"
	}
	if c.noEvict {
		flags += "e"
	}
	if c.subscribed() {
		flags += "P"
	}
	return fmt.Sprintf("id=%d addr=%s laddr=%s fd=-1 name=%s age=%d idle=%d flags=%s db=0 sub=%d psub=%d ssub=0 multi=-1 "+
		"qbuf=%d qbuf-free=0 argv-mem=0 multi-mem=0 rbs=0 rbp=0 obl=%d oll=0 omem=%d tot-mem=%d events=r cmd=%s user=%s redir=-1 resp=%d lib-name=%s lib-ver=%s\n",
		c.ID(), address(c.RemoteAddr()), address(c.LocalAddr()), c.name, int64(s.stats.now().Sub(c.opened).Seconds()),
		int64(s.stats.now().Sub(c.used).Seconds()), cmp.Or(flags, "N"), len(c.channels), len(c.patterns),
		commands, replies, replies, commands+replies, last, c.userName(), c.Protocol(), c.library, c.version)
}

// byID returns all connections in order.
func (s *Server) byID() []*client {
	return slices.SortedFunc(maps.Values(s.clients), func(a, b *client) int { return cmp.Compare(a.ID(), b.ID()) })
}

func clientList(s *Server, c *client, args [][]byte) {
	keep := func(*client) bool { return true }
	switch options := args[2:]; {
	case len(options) == 0:
	case is(options[0], "type") && len(options) == 2:
		kind, ok := c.kind(options[1])
		if !ok {
			return
		}
		keep = func(k *client) bool { return kindOfClient(k) == kind }
	case is(options[0], "id") && len(options) > 1:
		ids := map[uint64]bool{}
		for _, arg := range options[1:] {
			id, ok := parseInt(arg)
			if !ok || id < 1 {
				c.err("Invalid client ID")
				return
			}
			ids[uint64(id)] = true
		}
		keep = func(k *client) bool { return ids[k.ID()] }
	default:
		c.err(badSyntax)
		return
	}
	var b strings.Builder
	for _, k := range s.byID() {
		if keep(k) {
			b.WriteString(s.line(k))
		}
	}
	c.w.Verbatim(b.String())
}

// kind reads a type of client.
func (c *client) kind(arg []byte) (kind string, ok bool) {
	kind = strings.ToLower(string(clip(arg, 128)))
	switch kind {
	case "slave":
		return "replica", true
	case "normal", "pubsub", "master", "replica":
		return kind, true
	}
	c.err(fmt.Sprintf("Unknown client type '%s'", clip(arg, 128)))
	return "", false
}

func kindOfClient(c *client) string {
	if c.subscribed() {
		return "pubsub"
	}
	return "normal"
}

var errKilled = errors.New("closed by CLIENT KILL")

// clientKill closes connections: CLIENT KILL address, or CLIENT KILL and filters, all of which a
// connection must meet.
func clientKill(s *Server, c *client, args [][]byte) {
	if len(args) == 3 {
		for _, k := range s.byID() {
			if address(k.RemoteAddr()) == string(args[2]) {
				s.kill(c, k)
				c.ok()
				return
			}
		}
		c.err("No such client")
		return
	}
	keep, ok := s.filters(c, args[2:])
	if !ok {
		return
	}
	n := int64(0)
	for _, k := range s.byID() {
		if keep(k) {
			n++
			s.kill(c, k)
		}
	}
	c.w.Int(n)
}

// kill closes a connection: the client's own when it has its reply.
func (s *Server) kill(c, k *client) {
	if c == k {
		c.CloseAfterReply()
		return
	}
	k.Close(errKilled)
}

// filters reads the filters of CLIENT KILL.
func (s *Server) filters(c *client, args [][]byte) (keep func(*client) bool, ok bool) {
	var all []func(*client) bool
	skipMe := true
	if len(args)%2 != 0 {
		c.err(badSyntax)
		return nil, false
	}
	for ; len(args) > 0; args = args[2:] {
		value := string(args[1])
		var filter func(*client) bool
		switch {
		case is(args[0], "id"):
			id, isInt := parseInt(args[1])
			if !isInt || id < 1 {
				c.err("client-id should be greater than 0")
				return nil, false
			}
			filter = func(k *client) bool { return k.ID() == uint64(id) }
		case is(args[0], "type"):
			kind, known := c.kind(args[1])
			if !known {
				return nil, false
			}
			filter = func(k *client) bool { return kindOfClient(k) == kind }
		case is(args[0], "addr"):
			filter = func(k *client) bool { return address(k.RemoteAddr()) == value }
		case is(args[0], "laddr"):
			filter = func(k *client) bool { return address(k.LocalAddr()) == value }
		case is(args[0], "user"):
			if s.users.Named(value) == nil {
				c.err(fmt.Sprintf("No such user '%s'", clip(args[1], 128)))
				return nil, false
			}
			filter = func(k *client) bool { return k.userName() == value }
		case is(args[0], "skipme") && (is(args[1], "yes") || is(args[1], "no")):
			skipMe = is(args[1], "yes")
		default:
			c.err(badSyntax)
			return nil, false
		}
		if filter != nil {
			all = append(all, filter)
		}
	}
	return func(k *client) bool {
		return !(skipMe && k == c) && !slices.ContainsFunc(all, func(f func(*client) bool) bool { return !f(k) })
	}, true
}
