package link

import (
	"context"
	"crypto/tls"
	"net"
	"strings"
	"testing"
	"time"

	"gset/replica/cluster/internal/wire"
)

func TestWithoutACertificateNobodyIsLetIn(t *testing.T) {
	bob := newStation(t, newAuthority(t), "bob", nil)
	conn, err := tls.Dial("tcp", bob.config.Address, &tls.Config{InsecureSkipVerify: true})
	if err == nil { // of TLS 1.3 the client's part is done before the server has looked at it
		_, err = conn.Read(make([]byte, 1))
		_ = conn.Close()
	}
	if err == nil {
		t.Error("it is let in")
	}
	if r := next(t, bob.refused); !strings.Contains(r.Reason, "didn't provide a certificate") {
		t.Errorf("%+v", r)
	}
	if bob.Handshakes().Failed["no certificate"] != 1 {
		t.Errorf("%+v", bob.Handshakes())
	}
}

// While strangers come in numbers, a link that is open goes on, a member that was there before makes
// another one, and strangers beyond their rate are closed unanswered.
func TestAFloodOfStrangersKeepsNoMemberOut(t *testing.T) {
	a := newAuthority(t)
	start := time.Now()
	alice := newStation(t, a, "alice", nil)
	bob := newStation(t, a, "bob", func(c *Config) { c.Now = func() time.Time { return start } })
	send(t, alice, bob, "1")
	next(t, bob.received)
	for range 500 {
		conn, err := net.Dial("tcp", bob.config.Address)
		if err != nil {
			t.Fatal(err)
		}
		_, _ = conn.Write([]byte("GET / HTTP/1.1\r\n\r\n"))
		_ = conn.SetReadDeadline(time.Now().Add(10 * time.Minute))
		_, _ = conn.Read(make([]byte, 1))
		_ = conn.Close()
	}
	send(t, alice, bob, "2")
	if got := next(t, bob.received); got.payload != "2" {
		t.Errorf("%+v", got)
	}
	s := bob.Handshakes()
	if s.Refused < 250 || s.Refused+s.Failed["not TLS"]+s.Failed["connection broke"] != 500 {
		t.Errorf("%+v", s)
	}
	bob.gate.Know(&net.TCPAddr{IP: net.IPv4(127, 0, 0, 1)}) // alice's host, but for the strangers that a test has there
	if _, err := alice.Join(context.Background(), bob.config.Address); err != nil {
		t.Errorf("a known member: %v", err)
	}
}

// A connection that ends before its greeting, as one that only looks whether the port is open, refuses nobody and is refused by
// nobody.
func TestAConnectionThatEndsBeforeItsGreetingIsNoRefusal(t *testing.T) {
	type end struct {
		address string
		err     error
	}
	ended := make(chan end, 10)
	a := newAuthority(t)
	bob := newStation(t, a, "bob", func(c *Config) { c.Ended = func(address string, err error) { ended <- end{address, err} } })
	id := a.identity(t, "alice")
	config := &tls.Config{Certificates: []tls.Certificate{id.Certificate}, RootCAs: id.Authorities, ServerName: "bob"}
	for name, dial := range map[string]func() (net.Conn, error){
		"at once":             func() (net.Conn, error) { return net.Dial("tcp", bob.config.Address) },
		"after the handshake": func() (net.Conn, error) { return tls.Dial("tcp", bob.config.Address, config) },
	} {
		conn, err := dial()
		if err == nil {
			err = conn.Close()
		}
		if err != nil {
			t.Fatal(name, err)
		}
		if got := next(t, ended); got.address != conn.LocalAddr().String() || got.err == nil {
			t.Errorf("%s: %+v", name, got)
		}
	}
	select {
	case r := <-bob.refused:
		t.Errorf("%+v", r)
	default:
	}
}

// Both ends tell of a refusal, and each whether it was the one that refused. A member that is known is called by its name, also if
// only its address was dialed.
func TestBothEndsSayWhoHasRefused(t *testing.T) {
	a := newAuthority(t)
	bob := newStation(t, a, "bob", nil)
	refusals := func(change func(*Config), by authority) (at, ofBob Refused) {
		alice := newStation(t, by, "alice", change)
		alice.SetAddress("bob", bob.config.Address)
		if _, err := alice.Join(context.Background(), bob.config.Address); err == nil {
			t.Fatal("not refused")
		}
		return next(t, alice.refused), next(t, bob.refused)
	}
	at, ofBob := refusals(nil, newAuthority(t))
	if at.ByPeer || at.Name != "bob" || at.Refusal != wire.WrongName || !strings.Contains(at.Reason, "unknown authority") {
		t.Errorf("alice has refused bob's certificate: %+v", at)
	}
	if !ofBob.ByPeer || ofBob.Refusal != wire.WrongName || !strings.Contains(ofBob.Reason, "remote error") {
		t.Errorf("alice has refused bob's certificate: %+v", ofBob)
	}
	at, ofBob = refusals(func(c *Config) { c.Cluster = "other" }, a)
	if !at.ByPeer || at.Name != "bob" || at.Refusal != wire.WrongCluster || ofBob.ByPeer || ofBob.Name != "alice" {
		t.Errorf("bob has refused alice: %+v, %+v", at, ofBob)
	}
	late := time.Now().Add(1000 * 24 * time.Hour)
	at, _ = refusals(func(c *Config) { c.Now = func() time.Time { return late } }, a)
	if at.ByPeer || !at.Clock.Equal(late) || !strings.HasSuffix(at.Reason, "Z by this member's clock") {
		t.Errorf("by alice's clock bob's certificate has expired: %+v", at)
	}
}
