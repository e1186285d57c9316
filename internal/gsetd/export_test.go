package gsetd

import (
	"crypto/tls"
	"fmt"
	"net"
	"slices"
	"strings"
	"time"

	"gset/internal/resp"
)

var (
	CPUTime = cpuTime
	Glob    = glob
)

// Address returns where the server is reached.
func (s *Server) Address() string { return s.config.Address }

// Beat does what the timer does ten times a second, at a time of the test's.
func (s *Server) Beat(now time.Time) { s.inLoop(func() { s.beat(now) }) }

// Play executes the commands of a stream on a node without a network, each as a turn of its own, and
// returns the replies and the error of the protocol.
func Play(node Node, stream []byte) (replies []byte, err error) {
	s := newServer(Config{Node: node, MaxMemory: 1 << 20}, func(f func()) error { return nil })
	c := &playedConn{}
	c.parser.Authenticated = true
	k := s.opened(c)
	for !c.closed {
		args, n, err := c.parser.Next(stream)
		stream = stream[n:]
		if err != nil || args == nil {
			s.closed(k)
			return c.out.Buf, err
		}
		s.execute(k, args)
		if err := s.endBatch(); err != nil {
			return nil, err
		}
	}
	s.closed(k)
	return c.out.Buf, nil
}

// PlayTurns executes a stream of valid commands, so many a turn.
func PlayTurns(node Node, stream []byte, turn int) {
	s := newServer(Config{Node: node}, nil)
	c := &playedConn{}
	c.parser.Authenticated = true
	k := s.opened(c)
	for i := 1; len(stream) > 0; i++ {
		args, n, err := c.parser.Next(stream)
		if err != nil || args == nil {
			panic("not a stream of whole commands")
		}
		stream = stream[n:]
		s.execute(k, args)
		if i%turn == 0 {
			_ = s.endBatch()
			c.out.Buf = c.out.Buf[:0]
		}
	}
	_ = s.endBatch()
}

// playedConn is a connection without a network.
type playedConn struct {
	parser resp.Parser
	out    resp.Writer
	closed bool
}

func (c *playedConn) ID() uint64                  { return 1 }
func (c *playedConn) LocalAddr() net.Addr         { return nil }
func (c *playedConn) RemoteAddr() net.Addr        { return &net.UnixAddr{} }
func (c *playedConn) TLS() *tls.ConnectionState   { return nil }
func (c *playedConn) Buffered() (int, int)        { return 0, len(c.out.Buf) }
func (c *playedConn) Reply() *resp.Writer         { return &c.out }
func (c *playedConn) Protocol() resp.Protocol     { return max(c.out.Protocol, resp.RESP2) }
func (c *playedConn) SetProtocol(p resp.Protocol) { c.out.Protocol = p }
func (c *playedConn) SetAuthenticated(yes bool)   { c.parser.Authenticated = yes }
func (c *playedConn) AwaitCommit()                {}
func (c *playedConn) Block()                      { c.closed = true }
func (c *playedConn) Unblock()                    { c.closed = false }
func (c *playedConn) CloseAfterReply()            { c.closed = true }
func (c *playedConn) Close(error)                 { c.closed = true }

// CommandPage returns docs/COMMANDS.md: a table of the commands of each group, by name.
func CommandPage() string {
	s := newServer(Config{Node: noNode{}}, nil)
	var groups, refused []string
	rows := map[string][]string{}
	for _, e := range s.ordered {
		for _, one := range append([]*entry{e}, e.list()...) {
			name := strings.ToUpper(strings.ReplaceAll(one.name, "|", " "))
			switch {
			case one.group == "refused":
				refused = append(refused, name)
				continue
			case one.run == nil: // it has subcommands, which have rows of their own
				continue
			case rows[one.group] == nil:
				groups = append(groups, one.group)
			}
			rows[one.group] = append(rows[one.group], fmt.Sprintf("| %s | %d | %s |\n", name, one.arity, strings.ReplaceAll(one.about, "|", `\|`)))
		}
	}
	var b strings.Builder
	b.WriteString(commandsIntroduction)
	for _, group := range slices.Sorted(slices.Values(groups)) {
		fmt.Fprintf(&b, "\n## Of the group %s\n\n| command | arity | |\n|---|--:|---|\n%s", group, strings.Join(rows[group], ""))
	}
	fmt.Fprintf(&b, "\n## Refused\n\nNothing can be removed or overwritten, so these commands of Redis are answered with an error that says so: %s.\n", strings.Join(refused, ", "))
	return b.String()
}

const commandsIntroduction = `# Commands

What gsetd has for clients. ` + "`go test ./internal/gsetd -run CommandsDocumented -rewrite`" + ` writes this page from the table of commands, whose
groups are Redis', and a test compares them; a running node has the same for ` + "`COMMAND DOCS`, `COMMAND INFO` and `COMMAND LIST`" + `. The arity is the number of
arguments with the name; a negative one is the least number.
`
