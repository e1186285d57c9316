package ordeal

import (
	"net"
	"os/exec"
	"slices"
	"sync"
	"testing"

	"gset/internal/freeport"
)

// relays is a network on loopback: the members connect to one another through relays. A relay cannot tell who
// connects, so a partition cuts one way: what the others send to a host outside the first group is held
// back until the partition ends.
type relays struct{ hosts []*relay }

var _ network = (*relays)(nil)

func (n *relays) kind() string { return "relays on loopback, which cut one way" }

// relay is a host on loopback, and what stands before it.
type relay struct {
	name     string
	listener net.Listener
	target   string

	mu     sync.Mutex
	open   chan struct{} // closed while the relay is open
	ended  chan struct{}
	active sync.WaitGroup
}

func (n *relays) host(t *testing.T, name string) host {
	t.Helper()
	ln, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	r := &relay{name: name, listener: ln, target: freeport.Reserve(t), open: make(chan struct{}), ended: make(chan struct{})}
	close(r.open)
	n.hosts = append(n.hosts, r)
	r.active.Go(r.accept)
	t.Cleanup(func() {
		close(r.ended)
		_ = ln.Close()
		r.active.Wait()
	})
	return r
}

func (r *relay) command(program string, args ...string) *exec.Cmd {
	return exec.Command(program, args...)
}
func (r *relay) listen() string    { return r.target }
func (r *relay) advertise() string { return r.listener.Addr().String() }

// cut closes the relay, or opens it.
func (r *relay) cut(yes bool) {
	r.mu.Lock()
	defer r.mu.Unlock()
	select {
	case <-r.open:
		if yes {
			r.open = make(chan struct{})
		}
	default:
		if !yes {
			close(r.open)
		}
	}
}

// pass waits until the relay is open, and reports whether it is: it is not when the test has ended.
func (r *relay) pass() bool {
	r.mu.Lock()
	open := r.open
	r.mu.Unlock()
	select {
	case <-open:
		return true
	case <-r.ended:
		return false
	}
}

func (r *relay) accept() {
	for {
		c, err := r.listener.Accept()
		if err != nil {
			return
		}
		r.active.Go(func() { r.carry(c) })
	}
}

// carry carries what comes through one connection, both ways.
func (r *relay) carry(in net.Conn) {
	defer func() { _ = in.Close() }()
	if !r.pass() {
		return
	}
	out, err := net.Dial("tcp", r.target)
	if err != nil {
		return
	}
	var both sync.WaitGroup
	over := make(chan struct{})
	both.Go(func() {
		select {
		case <-over:
		case <-r.ended:
		}
		_, _ = in.Close(), out.Close()
	})
	end := sync.OnceFunc(func() { close(over) })
	both.Go(func() { r.copy(out, in, end) })
	both.Go(func() { r.copy(in, out, end) })
	both.Wait()
}

func (r *relay) copy(to, from net.Conn, end func()) {
	defer end()
	buf := make([]byte, 64<<10)
	for {
		n, err := from.Read(buf)
		if err != nil || !r.pass() {
			return
		}
		if _, err := to.Write(buf[:n]); err != nil {
			return
		}
	}
}

func (n *relays) split(_ *testing.T, groups ...[]string) {
	for _, r := range n.hosts {
		group := slices.IndexFunc(groups, func(g []string) bool { return slices.Contains(g, r.name) })
		r.cut(group > 0)
	}
}

func (n *relays) heal(t *testing.T) { n.split(t) }
