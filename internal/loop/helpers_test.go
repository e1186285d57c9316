package loop_test

import (
	"bufio"
	"bytes"
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/rand"
	"crypto/tls"
	"crypto/x509"
	"errors"
	"fmt"
	"io"
	"math/big"
	"net"
	"strings"
	"sync"
	"testing"
	"time"

	"gset/internal/loop"

	"go.uber.org/goleak"
)

// No test may leave a goroutine behind.
func TestMain(m *testing.M) { goleak.VerifyTestMain(m) }

// kinds are the ways in which clients reach a loop.
var kinds = []struct {
	name   string
	adapt  func(loop.Config) loop.Config
	secure bool
}{
	{"polled", func(c loop.Config) loop.Config { return c }, false},
	{"portable", loop.Portable, false},
	{"TLS", func(c loop.Config) loop.Config { return c }, true},
}

// server is a running loop.
type server struct {
	*loop.Loop
	t     testing.TB
	addr  string
	dials func() (net.Conn, error)
}

// eachKind runs a test for each way to reach a loop, which runs with the configuration until the
// test ends.
func eachKind(t *testing.T, config func() loop.Config, test func(t *testing.T, s server)) {
	for _, kind := range kinds {
		t.Run(kind.name, func(t *testing.T) {
			ln := listen(t)
			addr := ln.Addr().String()
			s := server{t: t, addr: addr, dials: func() (net.Conn, error) { return net.Dial("tcp", addr) }}
			if kind.secure {
				ln = tls.NewListener(ln, certificate(t))
				s.dials = func() (net.Conn, error) {
					return tls.Dial("tcp", addr, &tls.Config{InsecureSkipVerify: true})
				}
			}
			s.Loop = run(t, kind.adapt(config()), ln)
			test(t, s)
		})
	}
}

func listen(t testing.TB) net.Listener {
	t.Helper()
	ln, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	return ln
}

// run runs a loop with listeners until the test ends.
func run(t testing.TB, config loop.Config, listeners ...net.Listener) *loop.Loop {
	t.Helper()
	l, err := loop.New(config)
	if err != nil {
		t.Fatal(err)
	}
	for _, ln := range listeners {
		if err := l.Serve(ln); err != nil {
			t.Fatal(err)
		}
	}
	ended := make(chan error, 1)
	go func() { ended <- l.Run() }()
	t.Cleanup(func() {
		l.Stop()
		if err := <-ended; err != nil {
			t.Errorf("Run: %v", err)
		}
	})
	return l
}

var certificate = func() func(testing.TB) *tls.Config {
	once := sync.OnceValues(func() (*tls.Config, error) {
		key, err := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
		if err != nil {
			return nil, err
		}
		template := &x509.Certificate{SerialNumber: big.NewInt(1), NotAfter: time.Now().Add(time.Hour)}
		der, err := x509.CreateCertificate(rand.Reader, template, template, &key.PublicKey, key)
		if err != nil {
			return nil, err
		}
		return &tls.Config{Certificates: []tls.Certificate{{Certificate: [][]byte{der}, PrivateKey: key}}}, nil
	})
	return func(t testing.TB) *tls.Config {
		t.Helper()
		config, err := once()
		if err != nil {
			t.Fatal(err)
		}
		return config
	}
}()

// client is a client's side of a connection.
type client struct {
	net.Conn
	t testing.TB
	r *bufio.Reader
}

func (s server) dial() *client {
	s.t.Helper()
	conn, err := s.dials()
	if err != nil {
		s.t.Fatal(err)
	}
	s.t.Cleanup(func() { _ = conn.Close() })
	return &client{conn, s.t, bufio.NewReader(conn)}
}

func (c *client) send(text string) {
	c.t.Helper()
	if _, err := c.Write([]byte(text)); err != nil {
		c.t.Fatalf("sending %.60q: %v", text, err)
	}
}

// offer sends what the server may close the connection for before it has received all.
func (c *client) offer(text string) { _, _ = c.Write([]byte(text)) }

func (c *client) expect(want string) {
	c.t.Helper()
	got := make([]byte, len(want))
	if n, err := io.ReadFull(c.r, got); err != nil || string(got) != want {
		c.t.Fatalf("got %.200q, %v, want %.200q", got[:n], err, want)
	}
}

// expectEnd expects that the server closes the connection and sends nothing before.
func (c *client) expectEnd() {
	c.t.Helper()
	if rest, err := io.ReadAll(c.r); len(rest) > 0 || err != nil && !isReset(err) {
		c.t.Fatalf("got %.200q, %v, want the end", rest, err)
	}
}

// closeWrite ends the client's stream.
func (c *client) closeWrite() {
	c.t.Helper()
	if err := c.Conn.(interface{ CloseWrite() error }).CloseWrite(); err != nil {
		c.t.Fatal(err)
	}
}

func isReset(err error) bool {
	var op *net.OpError
	return errors.As(err, &op)
}

func multibulk(args ...string) string {
	var b strings.Builder
	fmt.Fprintf(&b, "*%d\r\n", len(args))
	for _, arg := range args {
		fmt.Fprintf(&b, "$%d\r\n%s\r\n", len(arg), arg)
	}
	return b.String()
}

// inLoop runs f in the loop and waits for it.
func (s server) inLoop(f func()) {
	s.t.Helper()
	done := make(chan struct{})
	if err := s.Do(func() { defer close(done); f() }); err != nil {
		s.t.Fatal(err)
	}
	<-done
}

// handler is a toy with a hook before each command.
type handler struct {
	*toy
	before func(c *loop.Conn, args [][]byte) (handled bool)
}

func (h handler) Handle(c *loop.Conn, args [][]byte) {
	if h.before == nil || !h.before(c, args) {
		h.toy.Handle(c, args)
	}
}

func is(args [][]byte, name string) bool { return bytes.Equal(args[0], []byte(name)) }

func tlsListener(t testing.TB, ln net.Listener) net.Listener {
	return tls.NewListener(ln, certificate(t))
}
