package gsetd_test

import (
	"errors"
	"fmt"
	"strings"
	"sync"
	"testing"

	"gset/internal/gsetd"
	"gset/internal/store"
	"gset/internal/store/storetest"
	"gset/replica/cluster"
	"gset/replica/cluster/trial"
)

// member is a server that is a member of a cluster.
type member struct {
	*gsetd.Clustered
	config cluster.Config
	addr   string
	stop   func()
}

// join starts a member, which ends with the test.
func join(t *testing.T, ca *trial.CA, name, dir string, refill bool, others ...*member) *member {
	t.Helper()
	id, err := ca.Identity(name)
	if err != nil {
		t.Fatal(err)
	}
	m := &member{config: cluster.Config{Identity: cluster.Static(id), Dir: dir}}
	for _, o := range others {
		m.config.Join = append(m.config.Join, o.Addr())
	}
	server, end := start(t, gsetd.Config{Open: gsetd.OpenCluster(m.config, refill, func(n *gsetd.Clustered) { m.Clustered = n })})
	m.addr = server.Address()
	m.stop = sync.OnceFunc(func() {
		end()
		if err := m.Close(); err != nil {
			t.Errorf("%s: %v", name, err)
		}
	})
	t.Cleanup(m.stop)
	return m
}

func newCA(t *testing.T) *trial.CA {
	t.Helper()
	ca, err := trial.NewCA()
	if err != nil {
		t.Fatal(err)
	}
	return ca
}

// What a client adds at one member, clients of all members read, and are told of.
func TestMembersServeWhatTheOthersAdd(t *testing.T) {
	ca := newCA(t)
	a := join(t, ca, "a", t.TempDir(), false)
	b := join(t, ca, "b", t.TempDir(), false, a)
	c := join(t, ca, "c", "", false, a)
	pa, pb, pc := dial(t, "tcp", a.addr), dial(t, "tcp", b.addr), dial(t, "tcp", c.addr)
	sub := dial(t, "tcp", b.addr)
	sub.do("SUBSCRIBE __element@0__:s")
	for pa.do("WAIT 2 100").text != "2" { // until they are connected
	}
	pa.expect("SADD s x y", ":2")
	pb.expect("INCR n", ":1")
	pb.expect("WAIT 2 0", ":2")
	pc.expect("DECRBY n 5", ":-4")
	for _, p := range []*peer{pa, pb, pc} {
		p.expect("WAIT 2 0", ":2")
	}
	for _, p := range []*peer{pa, pb, pc} {
		p.expect("SMISMEMBER s x y z", "*[:1 :1 :0]")
		p.expect("GET n", `"-4"`)
		p.expect("TYPE n", "+string")
		p.expect("DBSIZE", ":2")
	}
	heard := sub.read().parts[2].text + sub.read().parts[2].text
	if heard != "xy" && heard != "yx" {
		t.Errorf("the subscriber was told of %q", heard)
	}
	info := pa.do("INFO replication").text
	if field(info, "connected_slaves") != "2" || !strings.HasPrefix(field(info, "slave0"), "ip=127.0.0.1,") {
		t.Errorf("INFO: %s", info)
	}
}

// A member whose store was damaged serves nothing until another one has sent what it lacks, however often it is
// started meanwhile.
func TestADamagedMemberIsRefilled(t *testing.T) {
	ca := newCA(t)
	dir := t.TempDir()
	a := join(t, ca, "a", t.TempDir(), false)
	b := join(t, ca, "b", dir, false, a)
	p := dial(t, "tcp", b.addr)
	const n = 300
	for i := range n {
		p.expect(fmt.Sprint("SADD s ", i), ":1")
	}
	for p.do("WAIT 1 100").text != "1" {
	}
	b.stop()
	storetest.FlipFirst(t, dir)

	id, err := ca.Identity("b")
	if err != nil {
		t.Fatal(err)
	}
	if _, err := cluster.Open(cluster.Config{Identity: cluster.Static(id), Dir: dir}); !errors.As(err, new(*store.DamageError)) {
		t.Fatalf("a damaged store opens: %v", err)
	}
	for _, refill := range []bool{true, false, true} { // from the second start on the store is whole
		alone := join(t, ca, "b", dir, refill)
		q := dial(t, "tcp", alone.addr)
		if r := q.do("SMEMBERS s"); !strings.HasPrefix(r.text, "LOADING ") {
			t.Errorf("SMEMBERS: %v", r)
		}
		alone.stop()
	}

	q := dial(t, "tcp", join(t, ca, "b", dir, false, a).addr)
	r := q.do("SCARD s")
	for strings.HasPrefix(r.text, "LOADING ") {
		r = q.do("SCARD s")
	}
	if r.text != fmt.Sprint(n) {
		t.Errorf("SCARD: %v, want %d", r, n)
	}
}

// A member that leaves refuses updates by the word that has clients connect elsewhere, and goes on to answer reads.
func TestAMemberThatLeavesSendsWritersElsewhere(t *testing.T) {
	a := join(t, newCA(t), "a", t.TempDir(), false)
	p := dial(t, "tcp", a.addr)
	p.expect("SADD s x", ":1")
	if err := a.Leave(t.Context()); err != nil {
		t.Fatal(err)
	}
	for _, command := range []string{"SADD s y", "INCR n", "DECRBY n 2"} {
		if r := p.do(command); r.kind != '-' || !strings.HasPrefix(r.text, "READONLY ") {
			t.Errorf("%s: %v", command, r)
		}
	}
	p.expect("SMISMEMBER s x y", "*[:1 :0]")
}
