package gate

import (
	"crypto/tls"
	"errors"
	"net"
	"sync"
	"time"
)

// Listener accepts connections that have done their TLS handshake, each in a goroutine of its own.
type Listener struct {
	net.Listener
	gate   *Gate
	config *tls.Config
	ready  chan *tls.Conn
	closed chan struct{}
	once   sync.Once
	work   sync.WaitGroup
	failed func(from net.Addr, err error)

	reserve reserve // run's

	mu    sync.Mutex
	conns map[net.Conn]struct{} // under way
}

// Listen returns a listener of a gate. failed, if it is not nil, is told of handshakes that failed, from
// any goroutine, and once a second of connections that were refused.
func (g *Gate) Listen(ln net.Listener, config *tls.Config, failed func(from net.Addr, err error)) *Listener {
	if failed == nil {
		failed = func(net.Addr, error) {}
	}
	l := &Listener{
		Listener: ln, gate: g, config: config, failed: failed,
		ready: make(chan *tls.Conn), closed: make(chan struct{}), conns: map[net.Conn]struct{}{},
	}
	l.reserve.take()
	l.work.Go(l.run)
	return l
}

// Accept returns the next connection.
func (l *Listener) Accept() (net.Conn, error) {
	select {
	case c := <-l.ready:
		return c, nil
	case <-l.closed:
		return nil, net.ErrClosed
	}
}

// Close ends the listener and the handshakes under way, and waits for their goroutines.
func (l *Listener) Close() error {
	err := l.Listener.Close()
	l.once.Do(func() {
		l.mu.Lock()
		close(l.closed)
		for c := range l.conns {
			_ = c.Close()
		}
		l.mu.Unlock()
	})
	l.work.Wait()
	return err
}

// run accepts connections. When the system is out of what one needs, it waits a little.
func (l *Listener) run() {
	r := &l.reserve
	defer r.release()
	for {
		c, err := l.Listener.Accept()
		if outOfFiles(err) && r.release() {
			if c, err = l.Listener.Accept(); err == nil && !r.take() {
				_ = c.Close()
				r.take()
				continue
			}
		}
		switch {
		case err == nil:
			l.begin(c)
		case errors.Is(err, net.ErrClosed):
			return
		default:
			select {
			case <-time.After(50 * time.Millisecond):
				r.take()
			case <-l.closed:
				return
			}
		}
	}
}

func (l *Listener) begin(c net.Conn) {
	turn, err := l.gate.Enter(c)
	if err != nil {
		_ = c.Close()
		if l.gate.Tell() {
			l.failed(c.RemoteAddr(), err)
		}
		return
	}
	if !l.hold(c) {
		_ = turn.Done(net.ErrClosed)
		return
	}
	l.work.Go(func() { l.shake(turn, c) })
}

// shake does the handshake, and hands the connection over.
func (l *Listener) shake(turn *Turn, c net.Conn) {
	secure := tls.Server(c, l.config)
	err := turn.Done(secure.Handshake())
	l.release(c)
	if err != nil {
		l.failed(c.RemoteAddr(), err)
		_ = c.Close()
		return
	}
	_ = c.SetDeadline(time.Time{}) // fails on a closed connection only
	select {
	case l.ready <- secure:
	case <-l.closed:
		_ = c.Close()
	}
}

// hold notes a connection that Close has to close.
func (l *Listener) hold(c net.Conn) bool {
	l.mu.Lock()
	defer l.mu.Unlock()
	select {
	case <-l.closed:
		_ = c.Close()
		return false
	default:
	}
	l.conns[c] = struct{}{}
	return true
}

func (l *Listener) release(c net.Conn) {
	l.mu.Lock()
	defer l.mu.Unlock()
	delete(l.conns, c)
}
