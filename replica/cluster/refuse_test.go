package cluster_test

import (
	"errors"
	"slices"
	"strings"
	"testing"
	"time"

	"gset/crdt"
	"gset/replica/cluster"
	"gset/replica/cluster/trial"
)

// refusedBy waits until a node has refused something for a reason, and says so in its status.
func refusedBy(t *testing.T, n *cluster.Node, reason string) {
	t.Helper()
	notedRefusal(t, n, false, reason)
}

// notedRefusal waits until a node says in its status that it, or a peer, has refused something for a reason.
func notedRefusal(t *testing.T, n *cluster.Node, byPeer bool, reason string) {
	t.Helper()
	until(t, n, func(c *cluster.Core) bool {
		s := n.StatusOf(c)
		total := s.Refused
		if byPeer {
			total = s.RefusedByPeer
		}
		return slices.ContainsFunc(s.Refusals, func(r cluster.Refusal) bool {
			return strings.Contains(r.Reason, reason) && total > 0 && r.Count > 0 && r.ByPeer == byPeer
		})
	})
}

// isRefused opens a node that members are to refuse for a reason. A busy machine may take longer than the node tries: then it tries
// for longer.
func isRefused(t *testing.T, c cluster.Config, reason string) {
	t.Helper()
	for c.JoinTimeout = time.Second; ; c.JoinTimeout *= 2 {
		n, err := cluster.Open(c)
		if err == nil {
			_ = n.Close()
			t.Fatal("it was not refused")
		}
		if strings.Contains(err.Error(), reason) {
			return
		}
		if c.JoinTimeout > patience/8 {
			t.Fatalf("its error is %q, without %q", err, reason)
		}
	}
}

func TestStrangersAreRefusedForAReason(t *testing.T) {
	ca := newCA(t)
	a := open(t, config(t, ca, "a"))
	tests := []struct {
		name   string
		change func(c *cluster.Config)
		mine   string // what the one that is refused is told
		theirs string // what the member that refuses notes
	}{
		{"another authority", func(c *cluster.Config) { *c = config(t, newCA(t), "b", a) }, "certificate", "remote error: tls:"},
		{"an expired certificate", func(c *cluster.Config) {
			certificate, err := ca.IssueFor("b", trial.Options{NotBefore: time.Now().Add(-2 * time.Hour), NotAfter: time.Now().Add(-time.Hour)})
			if err != nil {
				t.Fatal(err)
			}
			c.Identity = cluster.Static(cluster.Identity{Certificate: certificate, Authorities: ca.Pool()})
		}, "certificate", "expired"},
		{"another cluster", func(c *cluster.Config) { c.Cluster = "other" }, `it is of cluster "other"`, `it is of cluster "other"`},
		{"another key", func(c *cluster.Config) { c.Key = crdt.Key{1, 2} }, "its hash key is another one", "its hash key is another one"},
		{"the same name", func(c *cluster.Config) { *c = config(t, ca, "a", a) }, `the name "a" is taken`, `the name "a" is taken`},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			c := config(t, ca, "b", a)
			tt.change(&c)
			isRefused(t, c, tt.mine)
			itself := strings.HasPrefix(tt.theirs, "remote error") // it does not accept the member's certificate
			notedRefusal(t, a, itself, tt.theirs)
		})
	}
	add(t, a, "set", "x") // it goes on
}

func TestANameThatAMemberHasIsRefusedByTheOthers(t *testing.T) {
	ca := newCA(t)
	a := open(t, config(t, ca, "a"))
	b := open(t, config(t, ca, "b", a))
	awaitMembers(t, a, b)
	_, err := cluster.Open(config(t, ca, "b", a))
	if !errors.Is(err, cluster.ErrNameTaken) || !strings.Contains(err.Error(), b.Addr()) {
		t.Fatalf("a second b: %v", err)
	}
	if err := b.Close(); err != nil {
		t.Fatal(err)
	}
	b = open(t, config(t, ca, "b", a)) // at another address, before anyone can know that the first is down
	add(t, b, "set", "x")
	if _, err := b.Wait(within(t), 1); err != nil {
		t.Fatal(err)
	}
	until(t, a, func(c *cluster.Core) bool { return c.At("b") == b.Addr() && !c.Down("b") })
}

func TestANameThatIsNotInTheCertificateIsRefusedAtHome(t *testing.T) {
	c := config(t, newCA(t), "a")
	c.Name = "b"
	if _, err := cluster.Open(c); err == nil || !strings.Contains(err.Error(), `the node's name is "b", and its certificate is for ["a"]`) {
		t.Error(err)
	}
}

func TestANodeGoesOnWithoutThoseItWasToJoin(t *testing.T) {
	ca := newCA(t)
	gone := open(t, config(t, ca, "gone"))
	c := config(t, ca, "a", gone)
	if err := gone.Close(); err != nil {
		t.Fatal(err)
	}
	c.JoinTimeout = time.Millisecond
	if _, err := cluster.Open(c); err == nil || !strings.Contains(err.Error(), "hash key") {
		t.Fatalf("without a key: %v", err)
	}
	c.Key = crdt.Key{1, 2}
	add(t, open(t, c), "set", "x")
}

func TestALeavingNodeTellsWhatItHas(t *testing.T) {
	nodes := openThree(t)
	add(t, nodes[2], "set", numbered("x", 100)...)
	if err := nodes[2].Leave(within(t)); err != nil {
		t.Fatal(err)
	}
	if _, err := nodes[2].Add(within(t), "set", []byte("y")); !errors.Is(err, cluster.ErrClosed) {
		t.Errorf("after it has left: %v", err)
	}
	for _, n := range nodes[:2] {
		awaitElements(t, n, "set", 100)
		until(t, n, func(c *cluster.Core) bool { return c.Others() == 1 })
	}
}

// A founder that has lost its folder and begins a second cluster under the old name says that it is no member of the
// first one, whose members refuse it. Nobody else says so.
func TestAFounderThatHasLostItsFolderIsEstranged(t *testing.T) {
	ca := newCA(t)
	a := open(t, config(t, ca, "a"))
	b := open(t, config(t, ca, "b", a))
	awaitMembers(t, a, b)
	c := config(t, ca, "a")
	c.Listen = a.Addr()
	if err := a.Close(); err != nil {
		t.Fatal(err)
	}
	second := open(t, c)
	until(t, second, func(core *cluster.Core) bool { return second.StatusOf(core).Estranged })
	until(t, b, func(core *cluster.Core) bool {
		s := b.StatusOf(core)
		if s.Estranged {
			t.Error("b has met a member")
		}
		return s.Estranged || s.Refused+s.RefusedByPeer > 0
	})
}

// A certificate that no member accepts is refused when a node starts, before it founds a cluster of its own.
func TestACertificateThatNoMemberAcceptsIsRefusedAtTheStart(t *testing.T) {
	ca, other := newCA(t), newCA(t)
	for name, tt := range map[string]struct {
		authority *trial.CA
		options   trial.Options
		says      string
	}{
		"a client's":           {ca, trial.Options{Client: true}, "client's"},
		"of another authority": {other, trial.Options{}, "vouches"},
	} {
		certificate, err := tt.authority.IssueFor("a", tt.options)
		if err != nil {
			t.Fatal(err)
		}
		c := config(t, ca, "a")
		c.Identity = cluster.Static(cluster.Identity{Certificate: certificate, Authorities: ca.Pool()})
		if n, err := cluster.Open(c); err == nil || !strings.Contains(err.Error(), tt.says) {
			t.Errorf("%s: %v", name, err)
			if err == nil {
				_ = n.Close()
			}
		}
	}
}
