package link

import (
	"context"
	"crypto/tls"
	"net"
	"strings"
	"testing"
	"time"
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
