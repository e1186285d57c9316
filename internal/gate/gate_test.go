package gate_test

import (
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
	"testing"
	"time"

	"gset/internal/gate"

	"go.uber.org/goleak"
	"pgregory.net/rapid"
)

func TestMain(m *testing.M) { goleak.VerifyTestMain(m) }

// fakeConn is a connection of an address of which only Close matters.
type fakeConn struct {
	net.Conn
	from   net.Addr
	closed bool
}

func (c *fakeConn) RemoteAddr() net.Addr        { return c.from }
func (c *fakeConn) SetDeadline(time.Time) error { return nil }
func (c *fakeConn) Close() error                { c.closed = true; return nil }

func from(ip string) *fakeConn {
	return &fakeConn{from: &net.TCPAddr{IP: net.ParseIP(ip), Port: 1}}
}

var errBad = errors.New("bad")

// clock is a clock that a test moves.
type clock struct{ time.Time }

func (c *clock) now() time.Time { return c.Time }

func TestStrangersHaveTheirShareAndKnownHostsAreNotConcerned(t *testing.T) {
	c := clock{time.Unix(1e9, 0)}
	g := gate.New(gate.Config{Rate: 10, Burst: 20, Now: c.now})
	for _, ip := range []string{"192.0.2.1", "2001:db8::1"} {
		friend, err := g.Enter(from(ip))
		if err != nil {
			t.Fatal(err)
		}
		if err := friend.Done(nil); err != nil {
			t.Fatal(err)
		}
	}
	entered := 0
	for i := range 1000 {
		if turn, err := g.Enter(from(fmt.Sprintf("198.51.100.%d", i%256))); err == nil {
			entered++
			_ = turn.Done(errBad)
		}
	}
	if entered != 18 { // of the burst, which the friends have begun
		t.Errorf("%d strangers have entered", entered)
	}
	for range 100 {
		for _, ip := range []string{"192.0.2.1", "::ffff:192.0.2.1", "2001:db8::9:9"} {
			turn, err := g.Enter(from(ip))
			if err != nil {
				t.Fatalf("%s: %v", ip, err)
			}
			_ = turn.Done(nil)
		}
	}
	if s := g.Stats(); s.Good != 302 || s.Refused != 982 || s.Failed["other"] != 18 {
		t.Errorf("%+v", s)
	}
	turn, err := g.Enter(from("192.0.2.1"))
	if err != nil {
		t.Fatal(err)
	}
	_ = turn.Done(errBad) // it is a stranger again
	if _, err := g.Enter(from("192.0.2.1")); !errors.Is(err, gate.ErrTooMany) {
		t.Errorf("a host that has failed: %v", err)
	}
	g.Know(from("192.0.2.1").from)
	if _, err := g.Enter(from("192.0.2.1")); err != nil {
		t.Errorf("a host that has proved itself otherwise: %v", err)
	}
	g.Forget(from("192.0.2.1").from)
	if _, err := g.Enter(from("192.0.2.1")); !errors.Is(err, gate.ErrTooMany) {
		t.Errorf("a host that is to be a stranger again: %v", err)
	}
	c.Time = c.Add(time.Second)
	if _, err := g.Enter(from("192.0.2.7")); err != nil {
		t.Errorf("a second later: %v", err)
	}
	if !g.Tell() || g.Tell() {
		t.Error("a refusal is told of once a second")
	}
}

// However strangers come, no more enter than the burst and what the rate has given since.
func TestStrangersNeverExceedTheirRate(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		c := clock{time.Unix(1e9, 0)}
		rate, burst := rapid.IntRange(1, 50).Draw(t, "rate"), rapid.IntRange(1, 50).Draw(t, "burst")
		g := gate.New(gate.Config{Rate: rate, Burst: burst, Now: c.now})
		passed, entered := time.Duration(0), 0
		for range rapid.IntRange(1, 200).Draw(t, "connections") {
			step := time.Duration(rapid.IntRange(-5, 200).Draw(t, "ms")) * time.Millisecond
			c.Time = c.Add(step)
			passed += max(step, -step)
			if turn, err := g.Enter(from("192.0.2.1")); err == nil {
				entered++
				_ = turn.Done(errBad)
			}
			if most := float64(burst) + passed.Seconds()*float64(rate) + 1e-6; float64(entered) > most {
				t.Fatalf("%d have entered in %v, more than %.1f", entered, passed, most)
			}
		}
	})
}

func TestTheOldestHandshakeMakesRoom(t *testing.T) {
	g := gate.New(gate.Config{Strangers: 2})
	var conns []*fakeConn
	var turns []*gate.Turn
	for range 3 {
		c := from("192.0.2.1")
		turn, err := g.Enter(c)
		if err != nil {
			t.Fatal(err)
		}
		conns, turns = append(conns, c), append(turns, turn)
	}
	if !conns[0].closed || conns[1].closed || conns[2].closed {
		t.Error("it is not the oldest one that was closed")
	}
	if err := turns[0].Done(errBad); !errors.Is(err, gate.ErrDisplaced) {
		t.Error(err)
	}
	for _, turn := range turns[1:] {
		if err := turn.Done(nil); err != nil {
			t.Error(err)
		}
	}
	if s := g.Stats(); s.Failed["displaced"] != 1 || s.Good != 2 {
		t.Errorf("%+v", s)
	}
}

// serverConfig has a certificate, and asks clients for one if they must have one.
func serverConfig(t *testing.T, auth tls.ClientAuthType) *tls.Config {
	t.Helper()
	key, err := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	if err != nil {
		t.Fatal(err)
	}
	template := &x509.Certificate{SerialNumber: big.NewInt(1), NotAfter: time.Now().Add(time.Hour)}
	der, err := x509.CreateCertificate(rand.Reader, template, template, &key.PublicKey, key)
	if err != nil {
		t.Fatal(err)
	}
	return &tls.Config{Certificates: []tls.Certificate{{Certificate: [][]byte{der}, PrivateKey: key}}, MinVersion: tls.VersionTLS13, ClientAuth: auth, ClientCAs: x509.NewCertPool()}
}

func listen(t *testing.T, g *gate.Gate, auth tls.ClientAuthType) (l *gate.Listener, failures chan error) {
	t.Helper()
	ln, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	failures = make(chan error, 100)
	l = g.Listen(ln, serverConfig(t, auth), func(_ net.Addr, err error) { failures <- err })
	t.Cleanup(func() { _ = l.Close() })
	return l, failures
}

func TestConnectionsComeWithTheirHandshakeDone(t *testing.T) {
	l, _ := listen(t, gate.New(gate.Config{}), tls.NoClientCert)
	silent, err := net.Dial("tcp", l.Addr().String()) // keeps nobody waiting
	if err != nil {
		t.Fatal(err)
	}
	defer silent.Close()
	go func() {
		c, err := tls.Dial("tcp", l.Addr().String(), &tls.Config{InsecureSkipVerify: true})
		if err == nil {
			_, _ = io.WriteString(c, "hello")
			_ = c.Close()
		}
	}()
	c, err := l.Accept()
	if err != nil {
		t.Fatal(err)
	}
	defer c.Close()
	if !c.(*tls.Conn).ConnectionState().HandshakeComplete {
		t.Error("the handshake is not done")
	}
	if text, err := io.ReadAll(c); string(text) != "hello" || err != nil {
		t.Errorf("%q, %v", text, err)
	}
}

func TestFailuresAreCountedByReason(t *testing.T) {
	for reason, attempt := range map[string]func(c net.Conn) error{
		"not TLS":          func(c net.Conn) error { _, err := io.WriteString(c, "*1\r\n$4\r\nPING\r\n"); return err },
		"connection broke": func(c net.Conn) error { return c.Close() },
		"timeout":          func(net.Conn) error { return nil },
		"no certificate": func(c net.Conn) error {
			secure := tls.Client(c, &tls.Config{InsecureSkipVerify: true})
			return secure.Handshake()
		},
		"TLS below 1.3": func(c net.Conn) error {
			_ = tls.Client(c, &tls.Config{InsecureSkipVerify: true, MaxVersion: tls.VersionTLS12}).Handshake()
			return nil
		},
		"refused by the client": func(c net.Conn) error {
			_ = tls.Client(c, &tls.Config{ServerName: "x"}).Handshake()
			return nil
		},
	} {
		config := gate.Config{Timeout: time.Minute}
		if reason == "timeout" {
			config.Timeout = time.Millisecond
		}
		g := gate.New(config)
		l, failures := listen(t, g, tls.RequireAndVerifyClientCert)
		c, err := net.Dial("tcp", l.Addr().String())
		if err != nil {
			t.Fatal(err)
		}
		if err := attempt(c); err != nil {
			t.Errorf("%s: %v", reason, err)
		}
		err = <-failures
		if got := gate.Reason(err); got != reason || g.Stats().Failed[reason] != 1 {
			t.Errorf("%v is counted as %q, want %q; %v", err, got, reason, g.Stats())
		}
		_ = c.Close()
	}
}

func TestCloseEndsHandshakesUnderWay(t *testing.T) {
	l, failures := listen(t, gate.New(gate.Config{Timeout: time.Hour}), tls.NoClientCert)
	c, err := net.Dial("tcp", l.Addr().String())
	if err != nil {
		t.Fatal(err)
	}
	defer c.Close()
	if err := l.Close(); err != nil {
		t.Fatal(err)
	}
	if _, err := l.Accept(); !errors.Is(err, net.ErrClosed) {
		t.Error(err)
	}
	close(failures)
}
