package watch_test

import (
	"context"
	"errors"
	"fmt"
	"net"
	"path/filepath"
	"sync"
	"testing"
	"time"

	"gset/internal/dashboard"
	"gset/internal/dashboard/watch"
	"gset/internal/gsetd"
	"gset/replica/cluster"
	"gset/replica/cluster/trial"

	"github.com/gomodule/redigo/redis"
	"go.uber.org/goleak"
)

// No test leaves a goroutine behind but a probe of memberlist's, which its Shutdown does not wait for.
func TestMain(m *testing.M) {
	goleak.VerifyTestMain(m, goleak.IgnoreAnyFunction("github.com/hashicorp/memberlist.(*Memberlist).probe"))
}

// node is a server that is watched.
type node struct {
	*testing.T
	watch *watch.Watch
	conn  redis.Conn
	addr  string // for members

	news chan struct{} // has an element if a member of a cluster was told of something; nil of a node alone
}

// start starts a server, of a member of a cluster if there is an authority.
func start(t *testing.T, ca *trial.CA, name string, join ...string) *node {
	t.Helper()
	n := &node{T: t, watch: watch.New("v1")}
	var closeNode func() error
	opened := func(c *gsetd.Clustered) { closeNode, n.addr = c.Close, c.Addr() }
	open := gsetd.OpenCluster(cluster.Config{Alone: true, Name: name}, false, opened)
	if ca != nil {
		id, err := ca.Identity(name)
		if err != nil {
			t.Fatal(err)
		}
		n.news = make(chan struct{}, 1)
		config := cluster.Config{
			Identity: cluster.Static(id), Join: join, Dir: filepath.Join(t.TempDir(), "d"), Observer: n.observe,
			Beacon: 300 * time.Millisecond, Interval: 10 * time.Millisecond,
		}
		open = gsetd.OpenCluster(config, false, opened)
	}
	server, ended := n.serve(open)
	t.Cleanup(func() {
		_ = n.conn.Close()
		n.watch.Stop()
		server.Stop()
		ended.Wait()
		if closeNode != nil {
			if err := closeNode(); err != nil {
				t.Error(err)
			}
		}
		if _, err := n.watch.State(t.Context()); err == nil {
			t.Error("a state of a server that has stopped")
		}
	})
	return n
}

// serve runs a server until it is stopped, watches it, and connects a client.
func (n *node) serve(open func(func(func()) error) (gsetd.Node, error)) (*gsetd.Server, *sync.WaitGroup) {
	n.Helper()
	ln, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		n.Fatal(err)
	}
	server, err := gsetd.New(gsetd.Config{Open: open, Address: ln.Addr().String()})
	if err == nil {
		err = server.Serve(ln)
	}
	if err != nil {
		n.Fatal(err)
	}
	var ended sync.WaitGroup
	ended.Go(func() {
		if err := server.Run(); err != nil {
			n.Error(err)
		}
	})
	n.watch.Start(server)
	if n.conn, err = redis.Dial("tcp", ln.Addr().String()); err != nil {
		n.Fatal(err)
	}
	return server, &ended
}

func (n *node) observe(e cluster.Event) {
	n.watch.Observe(e)
	select {
	case n.news <- struct{}{}:
	default:
	}
}

func (n *node) do(command string, args ...any) {
	n.Helper()
	if _, err := n.conn.Do(command, args...); err != nil {
		n.Fatal(err)
	}
}

// until asks for states until one is as wanted: of a member of a cluster after each event, of which its beacons make
// some at any time.
func (n *node) until(what string, holds func(dashboard.State) bool) dashboard.State {
	n.Helper()
	for end := time.Now().Add(10 * time.Minute); ; {
		s, err := n.watch.State(n.Context())
		if err != nil {
			n.Fatal(err)
		}
		if holds(s) {
			return s
		}
		if time.Now().After(end) {
			n.Fatalf("%s: %+v", what, s)
		}
		if n.news != nil {
			<-n.news
		}
	}
}

// The dashboard of a node alone has its collections, its clients and its commands.
func TestANodeAloneIsShown(t *testing.T) {
	n := start(t, nil, "lone")
	n.do("SADD", "a\xff", "1", "2", "3")
	n.do("SADD", "b", "1")
	n.do("INCRBY", "hits", 7)
	s := n.until("its collections", func(s dashboard.State) bool { return len(s.Collections.Shown) == 3 })
	if s.Node.Name != "lone" || s.Node.Version != "v1" || !s.Node.Ready || s.Node.Clients != 1 || s.Node.Processed < 3 || s.Node.Updates != 5 || s.Node.Resident == 0 {
		t.Errorf("the node: %+v", s.Node)
	}
	if c := s.Collections; c.Count != 3 || c.Elements != 4 || c.Scanned != 1 || c.Shown[0].Name != "a\xff" || c.Shown[0].Size != 3 || c.Shown[0].Kind != "set" {
		t.Errorf("collections: %+v", c)
	}
	counters := 0
	for _, c := range s.Collections.Shown {
		if c.Kind == "counter" && c.Name == "hits" && c.Value == "7" {
			counters++
		}
	}
	if counters != 1 || len(s.Members) != 0 || len(s.Events) != 1 || s.Events[0].Text != "the node is ready" {
		t.Errorf("%+v", s)
	}
}

// Members, equality, latency, traffic and what flows are shown of a cluster.
func TestAClusterIsShown(t *testing.T) {
	ca, err := trial.NewCA()
	if err != nil {
		t.Fatal(err)
	}
	a := start(t, ca, "a")
	b := start(t, ca, "b", a.addr)
	a.watch.Beside(a.watch, b.watch)
	s := a.until("b is equal, and timed both ways", func(s dashboard.State) bool {
		return len(s.Members) == 1 && s.Members[0].Equal && s.Members[0].Life != "" && len(s.Latency) == 2
	})
	if m := s.Members[0]; m.Name != "b" || !m.Up || m.Life == "" || m.Sent == 0 || s.Node.Incarnation == "" || s.Node.View == "" || len(s.Views) == 0 {
		t.Errorf("%+v", s)
	}
	if l := s.Latency[0]; l.From != "a" || l.To != "b" || l.P50 <= 0 || l.P99 < l.P50 || l.Count == 0 || s.Latency[1].From != "b" {
		t.Errorf("latencies: %+v", s.Latency)
	}
	b.until("", func(dashboard.State) bool { return true })
	a.watch.Flow()
	b.watch.Flow()
	a.do("SADD", "s", "1", "2")
	seen := map[string]bool{}
	for end := time.Now().Add(10 * time.Minute); !seen["a write"] || !seen["a sent"] || !seen["b heard"]; {
		for _, m := range a.watch.Flow().Messages {
			seen["a write"] = seen["a write"] || m.Kind == "write" && m.From == "a" && m.To == "" && m.Parts-m.Beacons == 2
			seen["a sent"] = seen["a sent"] || m.From == "a" && m.To == "b" && m.Parts >= 2 && m.Bytes > 0
		}
		for _, m := range b.watch.Flow().Messages {
			seen["b heard"] = seen["b heard"] || m.From == "a" && m.To == "b" && m.Parts >= 2
		}
		if time.Now().After(end) {
			t.Fatal(seen)
		}
		<-a.news
	}
	if s := a.until("", func(dashboard.State) bool { return true }); s.Events[len(s.Events)-1].Count == 0 || s.Collections.Elements != 2 {
		t.Errorf("%+v", s)
	}
}

// A search goes over all collections in steps, and finds names that are not UTF-8 by what is shown of them.
func TestASearchGoesOn(t *testing.T) {
	n := start(t, nil, "lone")
	for i := range 300 {
		n.do("SADD", fmt.Sprintf("Thing%d", i), "x")
	}
	n.do("SADD", "odd\xff", "x")
	found, looked, steps := map[dashboard.Name]bool{}, 0, 0
	for q := (dashboard.Query{Name: "tHING"}); ; steps++ {
		f, err := n.watch.Find(t.Context(), q)
		if err != nil {
			t.Fatal(err)
		}
		for _, c := range f.Collections {
			found[c.Name] = true
		}
		looked += f.Looked
		if q.Cursor = f.Cursor; q.Cursor == "" {
			break
		}
	}
	if len(found) != 300 || looked != 301 {
		t.Errorf("found %d of 300 in %d steps, and looked at %d names", len(found), steps, looked)
	}
	if f, err := n.watch.Find(t.Context(), dashboard.Query{Name: `\XFF`}); err != nil || len(f.Collections) != 1 || f.Collections[0].Name != "odd\xff" {
		t.Errorf("%+v, %v", f, err)
	}
	if _, err := n.watch.Find(t.Context(), dashboard.Query{Cursor: "x"}); err == nil {
		t.Error("a cursor that is none was taken")
	}
}

// A server whose loop does not answer, or has ended, is an error and not a wait.
func TestAServerThatDoesNotAnswerIsAnError(t *testing.T) {
	for _, s := range []silent{{}, {errors.New("ended")}} {
		w := watch.New("")
		w.Start(s)
		ctx, cancel := context.WithCancel(t.Context())
		cancel()
		if _, err := w.State(ctx); err == nil {
			t.Error("a state of a server that does not answer")
		}
		w.Stop()
	}
}

// silent is a server whose loop does not run.
type silent struct{ err error }

func (s silent) Glance(func(gsetd.Glance)) error { return s.err }
