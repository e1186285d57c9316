package cluster_test

import (
	"crypto/tls"
	"encoding/binary"
	"io"
	"log/slog"
	"strings"
	"testing"

	"gset/crdt"
	"gset/replica"
	"gset/replica/cluster"
	"gset/replica/cluster/internal/wire"
	"gset/replica/cluster/trial"
)

// newer is a member of a version to come: it speaks this version of the protocol and the next, and sends what this
// version does not know.
type newer struct {
	t    *testing.T
	conn *tls.Conn
}

// dialNewer connects a member of a version to come to a node, and returns what the node answers.
func dialNewer(t *testing.T, ca *trial.CA, to *cluster.Node, lowest, highest uint16, purpose wire.Purpose) (newer, wire.Welcome) {
	t.Helper()
	certificate, err := ca.Issue("newer")
	if err != nil {
		t.Fatal(err)
	}
	conn, err := tls.Dial("tcp", to.Addr(), &tls.Config{
		MinVersion: tls.VersionTLS13, Certificates: []tls.Certificate{certificate}, InsecureSkipVerify: true, //nolint:gosec // it is the test's own
	})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = conn.Close() })
	n := newer{t, conn}
	hello := wire.Hello{
		Lowest: lowest, Highest: highest, Purpose: purpose, Life: 1, Key: wire.IDOf(to.Key()),
		Cluster: cluster.DefaultCluster, Name: "newer", Address: "127.0.0.1:1",
	}
	payload, err := hello.AppendBinary(nil)
	if err != nil {
		t.Fatal(err)
	}
	if lowest > wire.MaxVersion {
		payload = append(payload, "a field of the next version"...)
	}
	n.send(wire.Greeting, payload)
	kind, payload, err := wire.Read(conn)
	if err != nil || kind != wire.Greeting {
		t.Fatalf("%v, %v", kind, err)
	}
	welcome, err := wire.DecodeWelcome(payload)
	if err != nil {
		t.Fatal(err)
	}
	return n, welcome
}

// send writes a frame, of any kind.
func (n newer) send(kind wire.Kind, payload []byte) {
	n.t.Helper()
	frame := append(binary.LittleEndian.AppendUint32(nil, uint32(1+len(payload))), byte(kind))
	if _, err := n.conn.Write(append(frame, payload...)); err != nil {
		n.t.Fatal(err)
	}
}

// gather returns the binary form of a message with an element.
func gather(t *testing.T, key crdt.Key, element string) []byte {
	t.Helper()
	delta := crdt.NewCollections(key)
	if _, err := delta.Insert("set", []byte(element)); err != nil {
		t.Fatal(err)
	}
	m := replica.Message[*crdt.Collections]{Kind: replica.Gather, Cluster: replica.ClusterOf(key), Delta: delta}
	b, err := m.AppendBinary(nil)
	if err != nil {
		t.Fatal(err)
	}
	return b
}

// refusedOf returns how many messages a node has refused.
func refusedOf(c *cluster.Core, n *cluster.Node) uint64 {
	return n.StatusOf(c).RefusedWhy[cluster.RefusedWhy{Kind: "message"}]
}

// What a newer version sends and this one does not know is refused, counted and logged once, and the link stays.
func TestAnUnknownNewerMessageIsRefusedAndCountedAndNotFatal(t *testing.T) {
	ca := newCA(t)
	var log lines
	c := config(t, ca, "a")
	c.Log = slog.New(slog.NewTextHandler(&log, nil))
	a := open(t, c)
	n, welcome := dialNewer(t, ca, a, wire.MinVersion, wire.MaxVersion+1, wire.Link)
	if welcome.Refusal != wire.Accepted || welcome.Version != wire.MaxVersion {
		t.Fatalf("a member that speaks this version, too, is answered %+v", welcome)
	}
	const head, unknownType = 0, 0xf1
	delta := len(gather(t, a.Key(), "x")) - crdtSize(t, a.Key(), "x")
	change := func(element string, at int, to byte) []byte {
		m := gather(t, a.Key(), element)
		m[at] = to
		return m
	}
	version := gather(t, a.Key(), "")[head]
	unknown := []struct {
		what    string
		kind    wire.Kind
		payload []byte
	}{
		{"a kind of frame", 200, []byte("of the next version")},
		{"a kind of frame that carries nothing", 7, nil},
		{"a kind of frame, as long as one may be", 201, make([]byte, wire.MaxUnknown)},
		{"a version of the engine's messages", wire.Message, change("version", head, version+1<<4)},
		{"a kind of the engine's messages", wire.Message, change("kind", head, version|0xf)},
		{"a flag of the engine's messages", wire.Message, change("flag", head+1, 0x80)},
		{"a type of cells", wire.Message, change("cells", delta, unknownType)},
		{"a digest of another length", wire.Told, []byte{1, 2, 3}},
	}
	for i, u := range unknown {
		n.send(u.kind, u.payload)
		until(t, a, func(c *cluster.Core) bool { return refusedOf(c, a) == uint64(i+1) })
	}
	n.send(wire.Message, gather(t, a.Key(), "known")) // the link is the same
	until(t, a, func(c *cluster.Core) bool { return c.View().Contains("set", []byte("known")) })
	until(t, a, func(c *cluster.Core) bool { return refusedOf(c, a) == uint64(len(unknown)) })
	if lines := log.count("cluster: refused", "name=newer"); lines != 1 {
		t.Errorf("%d lines of the log are about it: %q", lines, log.all)
	}
	add(t, a, "set", "more")
	awaitElements(t, a, "set", 2)
}

// crdtSize returns how many bytes of gather's message are the delta's.
func crdtSize(t *testing.T, key crdt.Key, element string) int {
	t.Helper()
	m, err := replica.Decode(crdt.NewCollections(key), gather(t, key, element))
	if err != nil {
		t.Fatal(err)
	}
	b, err := m.Delta.AppendBinary(nil)
	if err != nil {
		t.Fatal(err)
	}
	return len(b)
}

// A member that speaks newer versions alone is refused with a reason that says which, and so is a purpose that this
// version does not know. Both are counted.
func TestANewerHandshakeIsRefusedWithAReasonAndCounted(t *testing.T) {
	ca := newCA(t)
	a := open(t, config(t, ca, "a"))
	tests := []struct {
		lowest, highest uint16
		purpose         wire.Purpose
		refusal         wire.Refusal
		reason, kind    string
	}{
		{wire.MaxVersion + 1, wire.MaxVersion + 2, wire.Link, wire.WrongVersion, "it speaks versions 2 to 3 of the protocol, and this member 1 to 1", "version"},
		{wire.MinVersion, wire.MaxVersion + 1, 9, wire.Unavailable, "nothing is served for purpose 9", "unavailable"},
	}
	for _, tt := range tests {
		n, welcome := dialNewer(t, ca, a, tt.lowest, tt.highest, tt.purpose)
		if welcome.Refusal != tt.refusal || !strings.Contains(welcome.Reason, tt.reason) {
			t.Errorf("it is answered %+v, want %q", welcome, tt.reason)
		}
		if _, err := n.conn.Read(make([]byte, 1)); err != io.EOF {
			t.Errorf("the connection goes on: %v", err)
		}
		refusedBy(t, a, tt.reason)
		until(t, a, func(c *cluster.Core) bool { return a.StatusOf(c).RefusedWhy[cluster.RefusedWhy{Kind: tt.kind}] == 1 })
	}
	b := open(t, config(t, ca, "b", a))
	awaitMembers(t, a, b)
}
