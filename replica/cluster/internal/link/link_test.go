package link

import (
	"context"
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/rand"
	"crypto/tls"
	"crypto/x509"
	"encoding/binary"
	"errors"
	"io"
	"math/big"
	"net"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"gset/crdt"
	"gset/internal/freeport"
	"gset/replica/cluster/internal/memnet"
	"gset/replica/cluster/internal/wire"
)

// authority signs certificates for tests.
type authority struct {
	certificate *x509.Certificate
	key         *ecdsa.PrivateKey
}

func newAuthority(t *testing.T) authority {
	t.Helper()
	key, err := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	if err != nil {
		t.Fatal(err)
	}
	template := &x509.Certificate{SerialNumber: big.NewInt(1), NotBefore: time.Now().Add(-time.Hour),
		NotAfter: time.Now().Add(time.Hour), IsCA: true, BasicConstraintsValid: true}
	der, err := x509.CreateCertificate(rand.Reader, template, template, &key.PublicKey, key)
	if err != nil {
		t.Fatal(err)
	}
	c, err := x509.ParseCertificate(der)
	if err != nil {
		t.Fatal(err)
	}
	return authority{c, key}
}

func (a authority) identity(t *testing.T, names ...string) Identity {
	t.Helper()
	template := &x509.Certificate{SerialNumber: big.NewInt(2), NotBefore: time.Now().Add(-time.Hour), NotAfter: time.Now().Add(time.Hour),
		DNSNames: names, ExtKeyUsage: []x509.ExtKeyUsage{x509.ExtKeyUsageClientAuth, x509.ExtKeyUsageServerAuth}}
	der, err := x509.CreateCertificate(rand.Reader, template, a.certificate, &a.key.PublicKey, a.key)
	if err != nil {
		t.Fatal(err)
	}
	pool := x509.NewCertPool()
	pool.AddCert(a.certificate)
	return Identity{tls.Certificate{Certificate: [][]byte{der}, PrivateKey: a.key}, pool}
}

type received struct {
	from    string
	kind    wire.Kind
	payload string
}

// station is an endpoint whose events a test waits for.
type station struct {
	*Endpoint
	received    chan received
	refused     chan Refused
	unreachable chan string
}

func newStation(t *testing.T, a authority, name string, change func(*Config)) *station {
	t.Helper()
	listener, err := Listen("127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	return newStationAt(t, a, name, listener, change)
}

func newStationAt(t *testing.T, a authority, name string, listener net.Listener, change func(*Config)) *station {
	t.Helper()
	id := a.identity(t, name)
	s := &station{received: make(chan received, 1000), refused: make(chan Refused, 1000), unreachable: make(chan string, 1000)}
	c := Config{
		Cluster: "c", Name: name, Life: uint64(len(name)), Address: listener.Addr().String(), Key: crdt.Key{1, 2}, QueueBytes: 1 << 20,
		Identity: func() (Identity, error) { return id, nil },
		Received: func(from string, _ uint64, kind wire.Kind, payload []byte) {
			s.received <- received{from, kind, string(payload)}
		},
		Packet:      func(_ net.Addr, payload []byte) { s.received <- received{"", wire.Packet, string(payload)} },
		Stream:      func(net.Conn) bool { return false },
		Linked:      func(string, uint64, string) {},
		Unlinked:    func(string) {},
		Refused:     func(r Refused) { s.refused <- r },
		Unreachable: func(name string, _ error) { s.unreachable <- name },
	}
	if change != nil {
		change(&c)
	}
	s.Endpoint = New(c, listener)
	s.Start()
	t.Cleanup(func() {
		if err := s.Close(); err != nil {
			t.Error(err)
		}
	})
	return s
}

func next[T any](t *testing.T, c chan T) T {
	t.Helper()
	select {
	case x := <-c:
		return x
	case <-time.After(10 * time.Minute):
		t.Fatal("nothing has come")
		panic("not reached")
	}
}

func send(t *testing.T, from, to *station, payload string) {
	t.Helper()
	from.SetAddress(to.config.Name, to.config.Address)
	if err := from.Send(to.config.Name, Updates, wire.Message, []byte(payload), Nothing); err != nil {
		t.Fatal(err)
	}
}

func TestFramesComeInOrder(t *testing.T) {
	a := newAuthority(t)
	alice, bob := newStation(t, a, "alice", nil), newStation(t, a, "bob", nil)
	for _, payload := range []string{"1", "2", "3"} {
		send(t, alice, bob, payload)
	}
	for _, payload := range []string{"1", "2", "3"} {
		if got := next(t, bob.received); got != (received{"alice", wire.Message, payload}) {
			t.Errorf("%+v", got)
		}
	}
}

// Who sends again what has not arrived is told when a connection ends, and not only when none can be made.
func TestTheEndOfAConnectionIsTold(t *testing.T) {
	a := newAuthority(t)
	alice, bob := newStation(t, a, "alice", nil), newStation(t, a, "bob", nil)
	send(t, alice, bob, "1")
	next(t, bob.received)
	alice.Reset("bob")
	if name := next(t, alice.unreachable); name != "bob" {
		t.Errorf("%q", name)
	}
}

// TestAPeerCatchesUp for which much waits while it cannot be reached, and no other.
func TestAPeerCatchesUp(t *testing.T) {
	a := newAuthority(t)
	alice := newStation(t, a, "alice", nil)
	for name, bytes := range map[string]int{"bob": batchBytes, "carol": 1} {
		alice.SetAddress(name, freeport.Reserve(t)) // nobody listens there
		if err := alice.Send(name, Updates, wire.Message, make([]byte, bytes), Nothing); err != nil {
			t.Fatal(err)
		}
		next(t, alice.unreachable)
	}
	for name, want := range map[string]bool{"bob": true, "carol": false, "dave": false} {
		if got := alice.CatchesUp(name); got != want {
			t.Errorf("%s catches up: %v", name, got)
		}
	}
}

func TestALinkThatBrokeIsMadeAnew(t *testing.T) {
	a := newAuthority(t)
	alice, bob := newStation(t, a, "alice", nil), newStation(t, a, "bob", nil)
	send(t, alice, bob, "1")
	next(t, bob.received)
	bob.Reset("alice")
	send(t, alice, bob, "2")
	for got := ""; got != "2"; got = next(t, bob.received).payload { // "1" may come again
	}
}

// TestADialThatLastsBeginsAnewWhenItsPeerIsHeard: its first packet is lost, and TCP would try again a second later.
func TestADialThatLastsBeginsAnewWhenItsPeerIsHeard(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		a, network := newAuthority(t), memnet.New(time.Millisecond)
		at := network.Host()
		began, ended := make(chan struct{}, 1), make(chan error, 1)
		dials := 0 // no two at the same time: they are of one link
		alice := newStationAt(t, a, "alice", at, func(c *Config) {
			c.Dial = func(ctx context.Context, address string) (net.Conn, error) {
				if dials++; dials == 1 {
					began <- struct{}{}
					<-ctx.Done()
					ended <- ctx.Err()
					return nil, ctx.Err()
				}
				return at.Dial(ctx, address)
			}
		})
		there := network.Host()
		bob := newStationAt(t, a, "bob", there, func(c *Config) { c.Dial = there.Dial })
		send(t, alice, bob, "1")
		next(t, began)
		send(t, bob, alice, "2")
		if err := next(t, ended); !errors.Is(err, context.Canceled) {
			t.Errorf("the dial has ended by %v", err)
		}
		if got := next(t, bob.received); got != (received{"alice", wire.Message, "1"}) {
			t.Errorf("%+v", got)
		}
	})
}

func TestAPeerThatIsNotThereIsToldOf(t *testing.T) {
	a := newAuthority(t)
	alice, bob := newStation(t, a, "alice", nil), newStation(t, a, "bob", nil)
	if err := bob.Close(); err != nil {
		t.Fatal(err)
	}
	send(t, alice, bob, "1")
	if name := next(t, alice.unreachable); name != "bob" {
		t.Error(name)
	}
	if p := alice.Peers()[0]; p.Err == nil || p.Connected || p.Waiting == 0 {
		t.Errorf("%+v", p)
	}
}

func TestAnotherMemberAtTheAddressIsNotTakenForTheWantedOne(t *testing.T) {
	a := newAuthority(t)
	alice, bob := newStation(t, a, "alice", nil), newStation(t, a, "bob", nil)
	alice.SetAddress("carol", bob.config.Address)
	if err := alice.Send("carol", Updates, wire.Message, nil, Nothing); err != nil {
		t.Fatal(err)
	}
	if r := next(t, alice.refused); r.ByPeer || r.Name != "carol" || !strings.Contains(r.Reason, `it is "bob", and not "carol"`) {
		t.Errorf("%+v", r)
	}
}

func TestAMemberThatCallsItselfAnotherIsRefused(t *testing.T) {
	a := newAuthority(t)
	mallory := newStation(t, a, "mallory", func(c *Config) { c.Name = "alice" })
	bob := newStation(t, a, "bob", nil)
	if _, err := mallory.Join(context.Background(), bob.config.Address); err == nil {
		t.Error("not refused")
	}
	if r := next(t, bob.refused); r.Refusal != wire.WrongName || !strings.Contains(r.Reason, `its certificate is for ["mallory"]`) {
		t.Errorf("%+v", r)
	}
}

func TestANewerVersionIsRefused(t *testing.T) {
	a := newAuthority(t)
	bob := newStation(t, a, "bob", nil)
	conn := hello(t, a, bob, wire.Hello{Lowest: wire.MaxVersion + 1, Highest: wire.MaxVersion + 3, Purpose: wire.Link, Name: "alice", Cluster: "c"})
	_, payload, err := wire.Read(conn)
	if err != nil {
		t.Fatal(err)
	}
	w, err := wire.DecodeWelcome(payload)
	if err != nil || w.Refusal != wire.WrongVersion || !strings.Contains(w.Reason, "versions 2 to 4") {
		t.Errorf("%+v, %v", w, err)
	}
	if r := next(t, bob.refused); r.Refusal != wire.WrongVersion {
		t.Errorf("%+v", r)
	}
}

// hello connects to a station as alice would, with a hello of the test's.
func hello(t *testing.T, a authority, to *station, h wire.Hello) *tls.Conn {
	t.Helper()
	id := a.identity(t, "alice")
	conn, err := tls.Dial("tcp", to.config.Address, &tls.Config{
		Certificates: []tls.Certificate{id.Certificate}, RootCAs: id.Authorities, ServerName: to.config.Name})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = conn.Close() })
	if err := writeGreeting(conn, &h); err != nil {
		t.Fatal(err)
	}
	return conn
}

var good = wire.Hello{Lowest: wire.MinVersion, Highest: wire.MaxVersion, Purpose: wire.Link, Life: 5, Name: "alice", Cluster: "c",
	Key: wire.IDOf(crdt.Key{1, 2}), Address: "127.0.0.1:1"}

func TestAMemberThatSendsNonsenseIsCutOff(t *testing.T) {
	a := newAuthority(t)
	bob := newStation(t, a, "bob", nil)
	frames := map[string][]byte{
		"too long":                  append(binary.LittleEndian.AppendUint32(nil, wire.MaxMessage+2), byte(wire.Message)),
		"an unknown kind, too long": append(binary.LittleEndian.AppendUint32(nil, wire.MaxUnknown+2), 99),
		"nothing":                   {0, 0, 0, 0, byte(wire.Message)},
		"a second greeting":         {1, 0, 0, 0, byte(wire.Greeting)},
	}
	for name, frame := range frames {
		conn := hello(t, a, bob, good)
		if _, _, err := wire.Read(conn); err != nil {
			t.Fatal(err)
		}
		if _, err := conn.Write(frame); err != nil {
			t.Fatal(err)
		}
		if _, err := conn.Read(make([]byte, 1)); !errors.Is(err, io.EOF) {
			t.Errorf("%s: %v", name, err)
		}
		if r := next(t, bob.refused); r.Name != "alice" || !strings.Contains(r.Reason, "malformed") {
			t.Errorf("%s: %+v", name, r)
		}
	}
}

// The peer may be of a newer version: what this one does not know is refused, and the link goes on.
func TestALinkOutlivesAFrameOfAnUnknownKind(t *testing.T) {
	a := newAuthority(t)
	bob := newStation(t, a, "bob", nil)
	conn := hello(t, a, bob, good)
	if _, _, err := wire.Read(conn); err != nil {
		t.Fatal(err)
	}
	known, err := wire.Append([]byte{3, 0, 0, 0, 99, 1, 2}, wire.Message, []byte("known"))
	if err != nil {
		t.Fatal(err)
	}
	if _, err := conn.Write(known); err != nil {
		t.Fatal(err)
	}
	if r := next(t, bob.refused); r.Name != "alice" || r.Address != "" || !strings.Contains(r.Reason, "unknown to this version: a frame (kind 99)") {
		t.Errorf("%+v", r)
	}
	if got := next(t, bob.received); got != (received{"alice", wire.Message, "known"}) {
		t.Errorf("%+v", got)
	}
}

func TestStrangersTakeNoMoreThanTheirTurns(t *testing.T) {
	a := newAuthority(t)
	bob := newStation(t, a, "bob", nil)
	for range maxHandshakes + 1 { // each says nothing
		conn, err := net.Dial("tcp", bob.config.Address)
		if err != nil {
			t.Fatal(err)
		}
		defer conn.Close()
	}
	if r := next(t, bob.refused); !strings.Contains(r.Reason, "too many handshakes") {
		t.Errorf("%+v", r)
	}
}

func TestPlainTextIsRefused(t *testing.T) {
	bob := newStation(t, newAuthority(t), "bob", nil)
	conn, err := net.Dial("tcp", bob.config.Address)
	if err != nil {
		t.Fatal(err)
	}
	defer conn.Close()
	if _, err := conn.Write([]byte("GET / HTTP/1.1\r\n\r\n")); err != nil {
		t.Fatal(err)
	}
	if r := next(t, bob.refused); !strings.Contains(r.Reason, "TLS") {
		t.Errorf("%+v", r)
	}
}

// TestWhoseFramesAreLostToAFullQueueIsTold, though nothing is wrong with the connection.
func TestWhoseFramesAreLostToAFullQueueIsTold(t *testing.T) {
	full := make(chan string, 100)
	s := newStation(t, newAuthority(t), "a", func(c *Config) {
		c.QueueBytes = 1000
		c.Unreachable = func(name string, err error) {
			if errors.Is(err, errFull) {
				full <- name
			}
		}
	})
	s.SetAddress("b", freeport.Reserve(t))
	for range 2 {
		if err := s.Send("b", Updates, wire.Message, make([]byte, 600), Retried); err != nil {
			t.Fatal(err)
		}
	}
	if name := <-full; name != "b" {
		t.Errorf("of the frames to b that are lost %q is told", name)
	}
}
