package gsetd_test

import (
	"bufio"
	"errors"
	"fmt"
	"io"
	"net"
	"slices"
	"strconv"
	"strings"
	"sync"
	"testing"
	"time"

	"gset/internal/gsetd"
	"gset/replica/cluster"
)

// alone returns a Config.Open for a node without peers, which is closed when the test ends.
func alone(t testing.TB, config cluster.Config) func(do func(func()) error) (gsetd.Node, error) {
	config.Alone = true
	return gsetd.OpenCluster(config, false, func(n *gsetd.Clustered) {
		t.Cleanup(func() {
			if err := n.Close(); err != nil {
				t.Errorf("Close: %v", err)
			}
		})
	})
}

// played is a node without peers, whose loop is the test.
type played struct {
	gsetd.Node
	mu      sync.Mutex
	waiting []func()
	closed  bool
}

// openPlayed opens a node that is closed when the test ends.
func openPlayed(t testing.TB) *played {
	t.Helper()
	p := new(played)
	node, err := alone(t, cluster.Config{})(p.do)
	if err != nil {
		t.Fatal(err)
	}
	p.Node = node
	t.Cleanup(func() {
		p.mu.Lock()
		defer p.mu.Unlock()
		p.closed = true
	})
	return p
}

func (p *played) do(f func()) error {
	p.mu.Lock()
	defer p.mu.Unlock()
	if p.closed {
		return net.ErrClosed
	}
	p.waiting = append(p.waiting, f)
	return nil
}

// Commit runs what waits, and commits.
func (p *played) Commit() error {
	p.mu.Lock()
	waiting := p.waiting
	p.waiting = nil
	p.mu.Unlock()
	for _, f := range waiting {
		f()
	}
	return p.Node.Commit()
}

// serve runs a server until the test ends, and returns its address. By default its node is alone, in memory.
func serve(t testing.TB, config gsetd.Config) (addr string) {
	t.Helper()
	_, addr = serveServer(t, config)
	return addr
}

// serveServer runs a server until the test ends.
func serveServer(t testing.TB, config gsetd.Config) (s *gsetd.Server, addr string) {
	t.Helper()
	if config.Open == nil && config.Node == nil {
		config.Open = alone(t, cluster.Config{})
	}
	s, stop := start(t, config)
	t.Cleanup(stop)
	return s, s.Address()
}

// start runs a server until stop is called.
func start(t testing.TB, config gsetd.Config) (s *gsetd.Server, stop func()) {
	t.Helper()
	ln, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	config.Address = ln.Addr().String()
	s, err = gsetd.New(config)
	if err != nil {
		t.Fatal(errors.Join(err, ln.Close()))
	}
	if err := s.Serve(ln); err != nil {
		t.Fatal(err)
	}
	ended := make(chan error, 1)
	go func() { ended <- s.Run() }()
	return s, sync.OnceFunc(func() {
		s.Stop()
		if err := <-ended; err != nil {
			t.Errorf("Run: %v", err)
		}
	})
}

// reply is a reply of RESP2 or RESP3: its type's byte, its text, and its parts.
type reply struct {
	kind  byte
	text  string
	null  bool
	parts []reply
}

// String shows a reply in one line.
func (r reply) String() string {
	switch {
	case r.null:
		return "null"
	case r.kind == '$' || r.kind == '=':
		return strconv.Quote(r.text)
	case strings.IndexByte("*~>%", r.kind) < 0:
		return string(r.kind) + r.text
	}
	var parts []string
	for _, p := range r.parts {
		parts = append(parts, p.String())
	}
	return string(r.kind) + "[" + strings.Join(parts, " ") + "]"
}

// sorted returns the reply with its parts in the order of their text.
func (r reply) sorted() reply {
	r.parts = slices.Clone(r.parts)
	slices.SortFunc(r.parts, func(a, b reply) int { return strings.Compare(a.String(), b.String()) })
	return r
}

// readReply reads one reply.
func readReply(in *bufio.Reader) (reply, error) {
	line, err := in.ReadString('\n')
	if err != nil {
		return reply{}, err
	}
	line = strings.TrimSuffix(line, "\r\n")
	if line == "" {
		return reply{}, errors.New("empty line")
	}
	r := reply{kind: line[0], text: line[1:]}
	switch r.kind {
	case '+', '-', ':', '#', ',':
		return r, nil
	case '_':
		r.null = true
		return r, nil
	case '$', '=', '*', '~', '>', '%':
	default:
		return r, fmt.Errorf("reply begins with %q", line)
	}
	n, err := strconv.Atoi(r.text)
	if err != nil || n < 0 {
		r.null = true
		return r, err
	}
	if r.kind == '$' || r.kind == '=' {
		b := make([]byte, n+2)
		_, err := io.ReadFull(in, b)
		r.text = string(b[:n])
		return r, err
	}
	if r.kind == '%' {
		n *= 2
	}
	r.text = ""
	for range n {
		part, err := readReply(in)
		if err != nil {
			return r, err
		}
		r.parts = append(r.parts, part)
	}
	return r, nil
}

// appendCommand appends a command as an array of bulks.
func appendCommand(b []byte, args ...string) []byte {
	b = fmt.Appendf(b, "*%d\r\n", len(args))
	for _, arg := range args {
		b = fmt.Appendf(b, "$%d\r\n%s\r\n", len(arg), arg)
	}
	return b
}

// peer is a client in a test.
type peer struct {
	t  testing.TB
	nc net.Conn
	in *bufio.Reader
}

func dial(t testing.TB, network, addr string) *peer {
	t.Helper()
	nc, err := net.Dial(network, addr)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = nc.Close() })
	if err := nc.SetDeadline(time.Now().Add(5 * time.Minute)); err != nil {
		t.Fatal(err)
	}
	return &peer{t, nc, bufio.NewReader(nc)}
}

func (p *peer) send(raw []byte) {
	p.t.Helper()
	if _, err := p.nc.Write(raw); err != nil {
		p.t.Fatal(err)
	}
}

func (p *peer) read() reply {
	p.t.Helper()
	r, err := readReply(p.in)
	if err != nil {
		p.t.Fatal(err)
	}
	return r
}

// do executes a command, whose arguments have no spaces.
func (p *peer) do(command string) reply {
	p.t.Helper()
	return p.call(strings.Fields(command)...)
}

func (p *peer) call(args ...string) reply {
	p.t.Helper()
	p.send(appendCommand(nil, args...))
	return p.read()
}

// expect executes a command and compares what it answers.
func (p *peer) expect(command, want string) {
	p.t.Helper()
	if got := p.do(command).String(); got != want {
		p.t.Errorf("%s: %s, want %s", command, got, want)
	}
}
