package loop

import (
	"context"
	"crypto/tls"
	"errors"
	"net"
	"time"
)

// Serve accepts clients from a listener, which then belongs to the loop: of TCP, of Unix
// sockets, or of another kind such as that of tls.NewListener. On Linux the loop itself reads
// and writes the connections of the first two; others have goroutines. Any goroutine may call
// it, before Run or while it runs.
func (l *Loop) Serve(ln net.Listener) error {
	polled, err := l.listen(ln)
	if err != nil || polled {
		return err
	}
	if !l.spawn(func() { l.acceptFrom(ln) }, func() { _ = ln.Close() }) {
		return errors.Join(ErrStopped, ln.Close())
	}
	return nil
}

// Adopt serves one connection by goroutines. It belongs to the loop from then on. A
// [*tls.Conn] makes its handshake first.
func (l *Loop) Adopt(nc net.Conn) error {
	if !l.enter() {
		_ = nc.SetDeadline(time.Now().Add(time.Second))
		if _, isTLS := nc.(*tls.Conn); !isTLS {
			_, _ = nc.Write(tooMany)
		}
		return errors.Join(ErrTooMany, nc.Close())
	}
	if !l.spawn(func() { l.openStream(nc) }, nil) {
		l.open.Add(-1)
		return errors.Join(ErrStopped, nc.Close())
	}
	return nil
}

// spawn starts a goroutine that Run waits for, unless the loop has ended. When it ends, it calls
// shutdown.
func (l *Loop) spawn(f, shutdown func()) bool {
	l.mu.Lock()
	defer l.mu.Unlock()
	if l.ended {
		return false
	}
	if shutdown != nil {
		l.shutdown = append(l.shutdown, shutdown)
	}
	l.workers.Go(f)
	return true
}

// acceptFrom adopts what a listener accepts, until the listener is closed. When the system is
// out of what a connection needs, it waits: for longer and longer, up to a second.
func (l *Loop) acceptFrom(ln net.Listener) {
	const shortest, longest = 5 * time.Millisecond, time.Second
	wait := shortest
	for {
		nc, err := ln.Accept()
		if err == nil {
			wait = shortest
			_ = l.Adopt(nc) // it has closed what it did not adopt
			continue
		}
		if errors.Is(err, net.ErrClosed) {
			return
		}
		select {
		case <-time.After(wait):
			wait = min(2*wait, longest)
		case <-l.ctx.Done():
			return
		}
	}
}

// openStream opens an adopted connection and reads from it, in a goroutine of its own.
func (l *Loop) openStream(nc net.Conn) {
	s := newStream(l, nc)
	inner := nc
	if tc, ok := nc.(*tls.Conn); ok {
		ctx, cancel := context.WithTimeout(l.ctx, l.config.HandshakeTimeout)
		defer cancel()
		if err := tc.HandshakeContext(ctx); err != nil {
			l.open.Add(-1)
			l.badTLS.Add(1)
			_ = tc.NetConn().Close()
			return
		}
		state := tc.ConnectionState()
		s.tls = &state
		inner = tc.NetConn()
	}
	if tcp, ok := inner.(*net.TCPConn); ok {
		l.keepAlive(tcp)
	}
	if !l.do(func() { s.conn = l.add(s, nc.LocalAddr(), nc.RemoteAddr()) }) {
		l.open.Add(-1)
		_ = nc.Close()
		return
	}
	l.workers.Go(s.writer)
	s.reader()
}

// keepAlive has the kernel find out when a client is gone without a word.
func (l *Loop) keepAlive(tcp *net.TCPConn) {
	_ = tcp.SetKeepAliveConfig(net.KeepAliveConfig{
		Enable: true, Idle: l.config.KeepAlive, Interval: l.config.KeepAlive / keepAliveProbes, Count: keepAliveProbes,
	})
	limitSilence(tcp, 2*l.config.KeepAlive)
}

// keepAliveProbes is how many unanswered probes end a connection.
const keepAliveProbes = 4
