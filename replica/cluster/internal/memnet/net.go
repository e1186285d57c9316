package memnet

import (
	"context"
	"net"
	"sync"
	"sync/atomic"
	"syscall"
	"time"
)

// Net is a network. Its methods are safe for concurrent use.
type Net struct {
	latency time.Duration // of each hop

	mu    sync.Mutex
	hosts map[string]*Host // by address, while they listen
	next  int
}

// New returns a network whose hops take so long.
func New(latency time.Duration) *Net { return &Net{latency: latency, hosts: map[string]*Host{}} }

// Host is one end of connections: a listener, and what dials. It has an address of its own.
type Host struct {
	net     *Net
	addr    *net.TCPAddr
	written atomic.Int64

	mu     sync.Mutex
	ready  *sync.Cond
	queue  []net.Conn
	closed bool
}

// Host returns a new host, which listens.
func (n *Net) Host() *Host {
	n.mu.Lock()
	defer n.mu.Unlock()
	n.next++
	h := &Host{net: n, addr: &net.TCPAddr{IP: net.IPv4(10, 0, byte(n.next>>8), byte(n.next)), Port: 7070}}
	h.ready = sync.NewCond(&h.mu)
	n.hosts[h.addr.String()] = h
	return h
}

// Written returns how many bytes the host has written to connections, accepted and dialed.
func (h *Host) Written() int64 { return h.written.Load() }

// Addr returns the host's address.
func (h *Host) Addr() net.Addr { return h.addr }

// Accept waits for a connection.
func (h *Host) Accept() (net.Conn, error) {
	h.mu.Lock()
	defer h.mu.Unlock()
	for len(h.queue) == 0 && !h.closed {
		h.ready.Wait()
	}
	if h.closed {
		return nil, &net.OpError{Op: "accept", Net: "tcp", Addr: h.addr, Err: net.ErrClosed}
	}
	conn := h.queue[0]
	h.queue = h.queue[1:]
	return conn, nil
}

// Close ends listening.
func (h *Host) Close() error {
	h.net.mu.Lock()
	delete(h.net.hosts, h.addr.String())
	h.net.mu.Unlock()
	h.mu.Lock()
	defer h.mu.Unlock()
	h.closed = true
	for _, conn := range h.queue {
		_ = conn.Close()
	}
	h.queue = nil
	h.ready.Broadcast()
	return nil
}

// Dial connects to the host at an address, which takes a hop there and back. It is refused if nobody listens there.
func (h *Host) Dial(ctx context.Context, address string) (net.Conn, error) {
	timer := time.NewTimer(2 * h.net.latency)
	defer timer.Stop()
	select {
	case <-timer.C:
	case <-ctx.Done():
		return nil, ctx.Err()
	}
	h.net.mu.Lock()
	to := h.net.hosts[address]
	h.net.mu.Unlock()
	if to != nil {
		near, far := pair(h, to)
		if to.admit(far) {
			return near, nil
		}
	}
	return nil, &net.OpError{Op: "dial", Net: "tcp", Source: h.addr, Err: syscall.ECONNREFUSED}
}

func (h *Host) admit(conn net.Conn) bool {
	h.mu.Lock()
	defer h.mu.Unlock()
	if h.closed {
		return false
	}
	h.queue = append(h.queue, conn)
	h.ready.Signal()
	return true
}
