package loop

import (
	"bufio"
	"net"
	"path/filepath"
	"testing"

	"golang.org/x/sys/unix"
)

type ponger struct{}

func (ponger) Handle(c *Conn, args [][]byte) { c.Reply().Simple("PONG") }
func (ponger) EndBatch() error               { return nil }

func ping(t *testing.T, conn net.Conn) {
	t.Helper()
	if _, err := conn.Write([]byte("PING\r\n")); err != nil {
		t.Fatal(err)
	}
	if line, err := bufio.NewReader(conn).ReadString('\n'); line != "+PONG\r\n" || err != nil {
		t.Fatal(line, err)
	}
}

func dial(t *testing.T, ln net.Listener) net.Conn {
	t.Helper()
	conn, err := net.Dial(ln.Addr().Network(), ln.Addr().String())
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = conn.Close() })
	return conn
}

// serveHere runs a loop for the listener until the test ends.
func serveHere(t *testing.T, ln net.Listener, config Config) *Loop {
	t.Helper()
	config.Handler = ponger{}
	l, err := New(config)
	if err != nil {
		t.Fatal(err)
	}
	if err := l.Serve(ln); err != nil {
		t.Fatal(err)
	}
	ended := make(chan error, 1)
	go func() { ended <- l.Run() }()
	t.Cleanup(func() {
		l.Stop()
		if err := <-ended; err != nil {
			t.Error(err)
		}
	})
	return l
}

func here(t *testing.T, l *Loop, f func()) {
	t.Helper()
	done := make(chan struct{})
	if err := l.Do(func() { defer close(done); f() }); err != nil {
		t.Fatal(err)
	}
	<-done
}

func listenTCP(t *testing.T) net.Listener {
	t.Helper()
	ln, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	return ln
}

// A listener that found no file descriptor does not spin, and accepts again when a connection
// is closed.
func TestAStalledListenerGoesOnWhenAConnectionCloses(t *testing.T) {
	ln := listenTCP(t)
	closed := make(chan struct{}, 2)
	l := serveHere(t, ln, Config{Closed: func(*Conn, error) { closed <- struct{}{} }})
	first := dial(t, ln)
	ping(t, first)
	p := l.poller.(*epoll)
	here(t, l, func() {
		for _, s := range p.listeners {
			s.stall()
		}
	})
	second := dial(t, ln) // the kernel connects it
	here(t, l, func() {
		if p.stalled.IsZero() || len(l.conns) != 1 {
			t.Errorf("stalled since %v, %d connections", p.stalled, len(l.conns))
		}
	})
	_ = first.Close()
	<-closed
	ping(t, second)
}

func TestAStalledListenerGoesOnAfterAWhile(t *testing.T) {
	ln := listenTCP(t)
	l := serveHere(t, ln, Config{})
	here(t, l, func() {
		for _, s := range l.poller.(*epoll).listeners {
			s.stall()
		}
	})
	ping(t, dial(t, ln))
}

func TestUnixSocketsArePolled(t *testing.T) {
	ln, err := net.Listen("unix", filepath.Join(t.TempDir(), "s"))
	if err != nil {
		t.Fatal(err)
	}
	l := serveHere(t, ln, Config{})
	ping(t, dial(t, ln))
	here(t, l, func() {
		for c := range l.conns {
			if _, ok := c.link.(*socket); !ok || c.LocalAddr().Network() != "unix" || c.RemoteAddr().Network() != "unix" {
				t.Errorf("%T, %v, %v", c.link, c.LocalAddr(), c.RemoteAddr())
			}
		}
	})
}

// The kernel is asked to find out when a client has gone without a word.
func TestHalfOpenConnectionsAreProbed(t *testing.T) {
	ln := listenTCP(t)
	l := serveHere(t, ln, Config{})
	client := dial(t, ln)
	ping(t, client)
	here(t, l, func() {
		for c := range l.conns {
			fd := c.link.(*socket).fd
			for _, o := range []struct{ level, option, want int }{
				{unix.SOL_SOCKET, unix.SO_KEEPALIVE, 1},
				{unix.IPPROTO_TCP, unix.TCP_KEEPIDLE, 60},
				{unix.IPPROTO_TCP, unix.TCP_KEEPINTVL, 15},
				{unix.IPPROTO_TCP, unix.TCP_KEEPCNT, 4},
				{unix.IPPROTO_TCP, unix.TCP_USER_TIMEOUT, 120_000},
				{unix.IPPROTO_TCP, unix.TCP_NODELAY, 1},
			} {
				if got, err := unix.GetsockoptInt(fd, o.level, o.option); got != o.want || err != nil {
					t.Errorf("option %d is %d, %v, want %d", o.option, got, err, o.want)
				}
			}
			if c.RemoteAddr().String() != client.LocalAddr().String() || c.LocalAddr().String() != client.RemoteAddr().String() {
				t.Errorf("from %v to %v", c.RemoteAddr(), c.LocalAddr())
			}
		}
	})
}

// A client with nothing under way costs no buffers.
func TestAnIdleConnectionHoldsNoBuffers(t *testing.T) {
	ln := listenTCP(t)
	l := serveHere(t, ln, Config{})
	for range 10 {
		ping(t, dial(t, ln))
	}
	here(t, l, func() {
		if l.held != 0 || len(l.conns) != 10 {
			t.Errorf("%d bytes held by %d connections", l.held, len(l.conns))
		}
	})
}

// A client for which the process has no descriptor is told so, and keeps nobody waiting; clients that are served are served on.
func TestAClientWithoutADescriptorIsToldSo(t *testing.T) {
	ln := listenTCP(t)
	l := serveHere(t, ln, Config{})
	first := dial(t, ln)
	ping(t, first)
	second, third := unconnected(t), unconnected(t)
	here(t, l, func() {}) // what the turn before has done is done
	refill := exhaust(t)
	for _, fd := range []int{second, third} {
		if err := unix.Connect(fd, sockaddr(ln)); err != nil {
			t.Fatal(err)
		}
		var text [128]byte
		n, err := unix.Read(fd, text[:])
		if got := string(text[:max(n, 0)]); got != string(tooMany) {
			t.Errorf("%q, %v", got, err)
		}
	}
	ping(t, first)
	refill()
	ping(t, dial(t, ln))
	here(t, l, func() {
		if got := l.Stats().Rejected; got != 2 {
			t.Errorf("%d are counted", got)
		}
	})
}

// unconnected returns a socket whose descriptor is there before the process has no more.
func unconnected(t *testing.T) int {
	t.Helper()
	fd, err := unix.Socket(unix.AF_INET, unix.SOCK_STREAM|unix.SOCK_CLOEXEC, 0)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = unix.Close(fd) })
	return fd
}

func sockaddr(ln net.Listener) unix.Sockaddr {
	a := ln.Addr().(*net.TCPAddr)
	return &unix.SockaddrInet4{Port: a.Port, Addr: [4]byte(a.IP.To4())}
}

// exhaust lowers the process' limit of open files to what is open, until the function that it returns is called.
func exhaust(t *testing.T) (end func()) {
	t.Helper()
	var before unix.Rlimit
	if err := unix.Getrlimit(unix.RLIMIT_NOFILE, &before); err != nil {
		t.Fatal(err)
	}
	next, err := unix.Dup(0) // the lowest one that is free
	if err != nil {
		t.Fatal(err)
	}
	_ = unix.Close(next)
	if err := unix.Setrlimit(unix.RLIMIT_NOFILE, &unix.Rlimit{Cur: uint64(next), Max: before.Max}); err != nil {
		t.Fatal(err)
	}
	end = func() { _ = unix.Setrlimit(unix.RLIMIT_NOFILE, &before) }
	t.Cleanup(end)
	return end
}
