package cluster_test

import (
	"context"
	"net"
	"strings"
	"sync/atomic"
	"testing"
	"testing/synctest"
	"time"

	"gset/replica/cluster"
	"gset/replica/cluster/trial"
)

// A seed whose name resolves only later is found then: by a member that has a key already and has begun
// alone, and by one that has none and waits.
func TestASeedsNameResolvesOnlyLater(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		ca := newCA(t)
		s := newSite(t)
		a := s.open("a", identity(t, ca, "a", trial.Options{}), nil)
		var known atomic.Bool
		resolving := func(c *cluster.Config) {
			dial := s.net.Host().Dial
			c.Join = []string{"seed.example:7070"}
			*c = c.Over(func(ctx context.Context, address string) (net.Conn, error) {
				if address == "seed.example:7070" {
					if !known.Load() {
						return nil, &net.DNSError{Err: "no such host", Name: "seed.example", IsNotFound: true}
					}
					address = a.Addr()
				}
				return dial(ctx, address)
			})
		}
		b := s.open("b", identity(t, ca, "b", trial.Options{}), func(c *cluster.Config) {
			resolving(c)
			c.Key = a.Key()
		})
		add(t, b, "set", "alone")
		go func() {
			time.Sleep(20 * time.Second)
			known.Store(true)
		}()
		c := s.open("c", identity(t, ca, "c", trial.Options{}), resolving) // returns when it has the key
		if !known.Load() {
			t.Error("c has joined nobody")
		}
		since := time.Now()
		awaitMembers(t, a, b, c)
		awaitElements(t, c, "set", 1)
		if took := time.Since(since); took > 15*time.Second {
			t.Errorf("it took %v", took)
		}
	})
}

// The address of a member that is gone is that of another cluster's member now. It is refused by each, and both
// say so; neither cluster takes in anything of the other.
func TestAnAddressIsReusedByAnotherCluster(t *testing.T) {
	for _, c := range []struct {
		name   string
		own    bool // the other cluster has an authority of its own
		reason string
	}{
		{"of the same authority", false, `it is of cluster "gset", and this member of "other"`},
		{"of another authority", true, "unknown authority"},
	} {
		t.Run(c.name, func(t *testing.T) {
			ca := newCA(t)
			a := open(t, config(t, ca, "a"))
			gone := open(t, config(t, ca, "gone", a))
			awaitMembers(t, a, gone)
			address := gone.Addr()
			if err := gone.Close(); err != nil {
				t.Fatal(err)
			}
			if c.own {
				ca = newCA(t)
			}
			theirs := config(t, ca, "theirs")
			theirs.Cluster, theirs.Listen = "other", address
			other := open(t, theirs)
			add(t, other, "set", "theirs")
			add(t, a, "set", "x", "y")
			until(t, a, func(core *cluster.Core) bool {
				for _, r := range a.StatusOf(core).Refusals {
					if strings.Contains(r.Reason, c.reason) && r.Address == address {
						return true
					}
				}
				return false
			})
			awaitElements(t, a, "set", 2)
			awaitElements(t, other, "set", 1)
			until(t, other, func(core *cluster.Core) bool { return core.Others() == 0 })
		})
	}
}

// A member that comes back under its name at another address is usable within five seconds, though
// nobody was told that it had gone.
func TestAMemberAtANewAddressIsUsableSoon(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		ca := newCA(t)
		s := newSite(t)
		for _, name := range []string{"a", "b", "c"} {
			s.open(name, identity(t, ca, name, trial.Options{}), nil)
		}
		awaitMembers(t, s.all()...)
		add(t, s.nodes["a"], "set", "before")
		time.Sleep(10 * time.Second)
		old := s.nodes["b"].Addr()
		if err := s.nodes["b"].Close(); err != nil {
			t.Fatal(err)
		}
		delete(s.nodes, "b")
		since := time.Now()
		b := s.open("b", identity(t, ca, "b", trial.Options{}), nil)
		if b.Addr() == old {
			t.Fatal("it has its old address")
		}
		add(t, b, "set", "after")
		for _, n := range s.nodes {
			awaitElements(t, n, "set", 2)
		}
		if held, err := b.Wait(within(t), 2); err != nil {
			t.Errorf("%d members hold its update: %v", held, err)
		}
		t.Logf("usable after %v", time.Since(since))
		if took := time.Since(since); took > 5*time.Second {
			t.Errorf("it took %v", took)
		}
	})
}

func TestAClusterOfIPv6Alone(t *testing.T) {
	ca := newCA(t)
	var nodes []*cluster.Node
	for _, name := range []string{"a", "b", "c"} {
		c := config(t, ca, name, nodes...)
		c.Listen = "[::1]:0"
		n := open(t, c)
		if !strings.HasPrefix(n.Addr(), "[::1]:") {
			t.Fatalf("its address is %s", n.Addr())
		}
		nodes = append(nodes, n)
	}
	awaitMembers(t, nodes...)
	add(t, nodes[1], "set", "x")
	if held, err := nodes[1].Wait(within(t), 2); err != nil {
		t.Errorf("%d members hold its update: %v", held, err)
	}
}
