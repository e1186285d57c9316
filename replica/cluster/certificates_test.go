package cluster_test

import (
	"bytes"
	"context"
	"crypto/x509"
	"errors"
	"fmt"
	"log/slog"
	"net"
	"slices"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"testing/synctest"
	"time"

	"gset/replica/cluster"
	"gset/replica/cluster/internal/memnet"
	"gset/replica/cluster/trial"
)

// holder is an identity that a test exchanges while a node has it.
type holder struct {
	mu sync.Mutex
	id cluster.Identity
}

func (h *holder) get() (cluster.Identity, error) {
	h.mu.Lock()
	defer h.mu.Unlock()
	return h.id, nil
}

func (h *holder) set(id cluster.Identity) {
	h.mu.Lock()
	defer h.mu.Unlock()
	h.id = id
}

// site is a cluster on a network in memory, in a bubble of synctest, whose members' identities and
// clocks a test exchanges.
type site struct {
	t     *testing.T
	net   *memnet.Net
	nodes map[string]*cluster.Node
	held  map[string]*holder
	dials map[string][]time.Time // by the name of the member that dials
	mu    sync.Mutex
}

func newSite(t *testing.T) *site {
	t.Cleanup(func() { time.Sleep(10 * time.Second) }) // behind the nodes' Close: memberlist has timers that it does not stop
	return &site{t: t, net: memnet.New(time.Millisecond), nodes: map[string]*cluster.Node{}, held: map[string]*holder{}, dials: map[string][]time.Time{}}
}

// dialed returns when each member has dialed since the last call.
func (s *site) dialed() map[string][]time.Time {
	s.mu.Lock()
	defer s.mu.Unlock()
	dials := s.dials
	s.dials = map[string][]time.Time{}
	return dials
}

// open opens a member, which joins the others. edit may change its configuration.
func (s *site) open(name string, id cluster.Identity, edit func(*cluster.Config)) *cluster.Node {
	s.t.Helper()
	host := s.net.Host()
	held := &holder{id: id}
	dial := func(ctx context.Context, address string) (net.Conn, error) {
		s.mu.Lock()
		s.dials[name] = append(s.dials[name], time.Now())
		s.mu.Unlock()
		return host.Dial(ctx, address)
	}
	c := cluster.Config{Identity: held.get, Listener: host}.Over(dial)
	for _, n := range s.nodes {
		c.Join = append(c.Join, n.Addr())
	}
	if edit != nil {
		edit(&c)
	}
	n := open(s.t, c)
	s.nodes[name], s.held[name] = n, held
	return n
}

func (s *site) all() (all []*cluster.Node) {
	for _, n := range s.nodes {
		all = append(all, n)
	}
	return all
}

func identity(t *testing.T, ca *trial.CA, name string, o trial.Options) cluster.Identity {
	t.Helper()
	c, err := ca.IssueFor(name, o)
	if err != nil {
		t.Fatal(err)
	}
	return cluster.Identity{Certificate: c, Authorities: ca.Pool()}
}

// trusting returns an identity with other authorities.
func trusting(id cluster.Identity, all ...*trial.CA) cluster.Identity {
	id.Authorities = x509.NewCertPool()
	for _, ca := range all {
		id.Authorities.AddCert(ca.Certificate())
	}
	return id
}

// connected returns how many links a node has to others.
func connected(t *testing.T, n *cluster.Node) (links int) {
	t.Helper()
	s, err := n.Status(within(t))
	if err != nil {
		t.Fatal(err)
	}
	for _, m := range s.Members {
		if m.Connected {
			links++
		}
	}
	return links
}

// All certificates expire: links end, members try again and again, but not often and not all at once;
// and with renewed certificates, without a restart, the cluster is whole again.
func TestAllCertificatesExpireAndAreRenewed(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		ca := newCA(t)
		s := newSite(t)
		end := time.Now().Add(10 * time.Minute)
		for _, name := range []string{"a", "b", "c"} {
			n := s.open(name, identity(t, ca, name, trial.Options{NotAfter: end}), nil)
			if at := n.CertificateExpires(); !at.Equal(end) {
				t.Errorf("it expires at %v, not %v", at, end)
			}
		}
		awaitMembers(t, s.all()...)
		add(t, s.nodes["a"], "set", "before")
		for _, n := range s.nodes {
			awaitElements(t, n, "set", 1)
		}
		time.Sleep(10*time.Minute + 11*time.Second)
		for name, n := range s.nodes {
			if links := connected(t, n); links > 0 {
				t.Errorf("%s has %d links with certificates that have expired", name, links)
			}
			if status, err := n.Status(within(t)); err != nil || !slices.ContainsFunc(status.Refusals, func(r cluster.Refusal) bool { return strings.Contains(r.Reason, "has expired at") }) {
				t.Errorf("%s does not say why: %+v, %v", name, status.Refusals, err)
			}
			add(t, n, "set", "at "+name) // each goes on alone
		}
		s.dialed()
		const long = 10 * time.Minute
		time.Sleep(long)
		synctest.Wait()
		for name, times := range s.dialed() {
			checkDials(t, name, times, long)
		}
		for name, held := range s.held {
			held.set(identity(t, ca, name, trial.Options{}))
		}
		renewed := time.Now()
		for _, n := range s.nodes {
			awaitElements(t, n, "set", 4)
		}
		t.Logf("all are equal %v after the renewal", time.Since(renewed))
		if took := time.Since(renewed); took > time.Minute {
			t.Errorf("it took %v", took)
		}
	})
}

// A node warns of its certificate's end at its start, and at once and each hour when it has come.
func TestANodeWarnsThatItsCertificateExpires(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		ca := newCA(t)
		s := newSite(t)
		var log bytes.Buffer // written by one goroutine, and read when it sleeps
		s.open("a", identity(t, ca, "a", trial.Options{NotAfter: time.Now().Add(time.Hour)}), func(c *cluster.Config) {
			c.Log = slog.New(slog.NewTextHandler(&log, nil))
		})
		time.Sleep(150 * time.Minute)
		synctest.Wait()
		soon, expired := strings.Count(log.String(), "refuse this node then"), strings.Count(log.String(), "refuse this node now")
		if soon != 1 || expired != 2 {
			t.Errorf("it warns %d times before and %d times after:\n%s", soon, expired, log.String())
		}
	})
}

// A certificate is good as long as the chain that lasts longest: while an authority is exchanged there may be two.
func TestACertificateExpiresWithItsChain(t *testing.T) {
	ca := newCA(t)
	end := time.Now().Add(time.Hour).Truncate(time.Second).UTC()
	id := identity(t, ca, "a", trial.Options{NotAfter: end})
	if at := id.Expires(); !at.Equal(end) {
		t.Errorf("%v, want %v", at, end)
	}
	if at := trusting(id, newCA(t), ca).Expires(); !at.Equal(end) {
		t.Errorf("with two authorities: %v, want %v", at, end)
	}
	if at := trusting(id, newCA(t)).Expires(); !at.IsZero() {
		t.Errorf("of an authority that nobody trusts: %v", at)
	}
	past := identity(t, ca, "a", trial.Options{NotAfter: end.Add(-2 * time.Hour)})
	if at := past.Expires(); !at.Equal(end.Add(-2 * time.Hour)) {
		t.Errorf("one that has expired: %v", at)
	}
}

// checkDials checks that a member whose peers refuse it has dialed seldom and at irregular times.
func checkDials(t *testing.T, name string, times []time.Time, long time.Duration) {
	t.Helper()
	t.Logf("%s has dialed %d times in %v", name, len(times), long)
	if len(times) == 0 || len(times) > int(long/time.Second)*2 {
		t.Errorf("%s has dialed %d times in %v", name, len(times), long)
	}
	slices.SortFunc(times, time.Time.Compare)
	gaps := map[time.Duration]bool{}
	for i := 1; i < len(times); i++ {
		gaps[times[i].Sub(times[i-1])] = true
	}
	if len(gaps) < len(times)/4 {
		t.Errorf("%s has dialed in a rhythm: %d different pauses of %d", name, len(gaps), len(times))
	}
}

// The authority is exchanged while one member is down: first all trust both, then all have
// certificates of the new one, then they trust it alone.
func TestTheAuthorityIsExchangedWhileAMemberIsDown(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		before, after := newCA(t), newCA(t)
		s := newSite(t)
		log := lines{}
		for _, name := range []string{"a", "b", "c"} {
			s.open(name, identity(t, before, name, trial.Options{}), func(c *cluster.Config) { c.Log = slog.New(slog.NewTextHandler(&log, nil)) })
		}
		awaitMembers(t, s.all()...)
		key := s.nodes["c"].Key()
		if err := s.nodes["c"].Close(); err != nil {
			t.Fatal(err)
		}
		delete(s.nodes, "c")
		steps := []func(name string) cluster.Identity{
			func(name string) cluster.Identity {
				return trusting(identity(t, before, name, trial.Options{}), before, after)
			},
			func(name string) cluster.Identity {
				return trusting(identity(t, after, name, trial.Options{}), before, after)
			},
			func(name string) cluster.Identity { return identity(t, after, name, trial.Options{}) },
		}
		for i, step := range steps {
			for _, name := range []string{"a", "b"} { // not at the same time
				s.held[name].set(step(name))
				s.nodes[name].CheckCertificates()
				time.Sleep(time.Minute)
				if said := log.count("were read again", "name="+name); said != i+1 {
					t.Errorf("step %d: %s has said %d times that it has taken what it was given", i, name, said)
				}
				add(t, s.nodes[name], "set", fmt.Sprint(name, i))
			}
			for name, n := range s.nodes {
				awaitElements(t, n, "set", 2*(i+1))
				if s, err := n.Status(within(t)); err != nil || i < 2 && s.Refused > 0 {
					t.Errorf("step %d: %s has refused %+v, %v", i, name, s.Refusals, err)
				}
			}
		}
		if said := log.count("do not fit"); said > 0 {
			t.Errorf("of certificates that are good: %q", log.all)
		}
		// c comes back as it was: nobody trusts its certificate any more, and it trusts nobody's.
		c := s.open("c", identity(t, before, "c", trial.Options{}), func(c *cluster.Config) { c.Key = key })
		time.Sleep(time.Minute)
		if links := connected(t, c); links > 0 {
			t.Errorf("it has %d links by the old authority", links)
		}
		refusedBy(t, s.nodes["a"], "unknown authority")
		s.held["c"].set(identity(t, after, "c", trial.Options{}))
		awaitElements(t, c, "set", 6)
	})
}

// A certificate that none of the member's own authorities vouches for is used, since others may accept it; the member warns of it
// once an hour, and tells nobody that it is good until some day. The same goes for one of another member.
func TestAMemberWarnsThatItsOwnFilesDoNotFit(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		before, after := newCA(t), newCA(t)
		s := newSite(t)
		log := lines{}
		good := identity(t, before, "a", trial.Options{})
		a := s.open("a", good, func(c *cluster.Config) { c.Log = slog.New(slog.NewTextHandler(&log, nil)) })
		for _, tt := range []struct {
			id   cluster.Identity
			says string
		}{
			{trusting(identity(t, after, "a", trial.Options{}), before), "none of them vouches"},
			{identity(t, before, "b", trial.Options{}), "its certificate is for"},
			{identity(t, before, "a", trial.Options{Client: true}), "is it a client's?"},
		} {
			s.held["a"].set(tt.id)
			time.Sleep(90 * time.Minute)
			synctest.Wait()
			if said := log.count("level=WARN", "do not fit", "name=a", tt.says); said != 2 {
				t.Errorf("%s: it has warned %d times in an hour and a half: %q", tt.says, said, log.all)
			}
			if at := a.CertificateExpires(); !at.IsZero() {
				t.Errorf("%s: it is said to be good until %v", tt.says, at)
			}
		}
		if said := log.count("were read again", "expires="); said > 0 {
			t.Errorf("it says %d times that all is well", said)
		}
		s.held["a"].set(good)
		time.Sleep(time.Minute)
		synctest.Wait()
		if said := log.count("level=INFO", "were read again", "expires="); said != 1 || a.CertificateExpires().IsZero() {
			t.Errorf("it has said %d times that it has taken what is good: %q", said, log.all)
		}
	})
}

// A link that is open when the authorities change ends if they no longer vouch for the peer.
func TestAnOpenLinkEndsWithItsAuthority(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		ca := newCA(t)
		s := newSite(t)
		a := s.open("a", identity(t, ca, "a", trial.Options{}), nil)
		b := s.open("b", identity(t, ca, "b", trial.Options{}), nil)
		awaitMembers(t, a, b)
		for i, n := range s.all() {
			add(t, n, "set", fmt.Sprint(i))
			if _, err := n.Wait(within(t), 1); err != nil {
				t.Fatal(err)
			}
		}
		if connected(t, a)+connected(t, b) == 0 {
			t.Fatal("no link is open")
		}
		s.held["a"].set(trusting(identity(t, ca, "a", trial.Options{}), newCA(t)))
		time.Sleep(20 * time.Second)
		synctest.Wait()
		if links := connected(t, a) + connected(t, b); links > 0 {
			t.Errorf("%d links are open", links)
		}
		refusedBy(t, a, "an open link is closed")
	})
}

// No clock but that of certificates matters: one that is a day off is good enough for certificates that
// are older than that. One that is far off is told so.
func TestAClockIsADayOff(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		ca := newCA(t)
		s := newSite(t)
		off := func(d time.Duration) func(*cluster.Config) {
			return func(c *cluster.Config) { *c = c.At(func() time.Time { return time.Now().Add(d) }) }
		}
		for name, d := range map[string]time.Duration{"a": 0, "b": 24 * time.Hour, "c": -24 * time.Hour} {
			s.open(name, identity(t, ca, name, trial.Options{}), off(d))
		}
		awaitMembers(t, s.all()...)
		for name, n := range s.nodes {
			add(t, n, "set", "of "+name)
			if held, err := n.Wait(within(t), 2); err != nil {
				t.Errorf("%s: %d members hold its update; %v", name, held, err)
			}
		}
		host := s.net.Host()
		c := cluster.Config{
			Identity: cluster.Static(identity(t, ca, "d", trial.Options{})), Listener: host, Join: []string{s.nodes["a"].Addr()}, JoinTimeout: time.Second,
		}.Over(host.Dial).At(func() time.Time { return time.Now().Add(-72 * time.Hour) })
		if n, err := cluster.Open(c); err == nil || !strings.Contains(err.Error(), "not yet valid") {
			t.Errorf("three days behind: %v, %v", n, err)
		}
	})
}

// A client's certificate of the same authority opens no link.
func TestAClientsCertificateIsNoMembers(t *testing.T) {
	ca := newCA(t)
	a := open(t, config(t, ca, "a"))
	c := config(t, ca, "b", a)
	own, clients := identity(t, ca, "b", trial.Options{}), identity(t, ca, "b", trial.Options{Client: true})
	var checked atomic.Bool
	c.Identity = func() (cluster.Identity, error) {
		if checked.Swap(true) {
			return clients, nil
		}
		return own, nil // as long as the node only looks at it: it refuses another one by itself
	}
	c.JoinTimeout = patience // it tries as long as nobody ends that
	ctx, cancel := context.WithCancel(t.Context())
	ended := make(chan struct{})
	go func() {
		defer close(ended)
		if n, err := cluster.OpenContext(ctx, c); err == nil {
			t.Errorf("%v is a member", n.Name())
		}
	}()
	refusedBy(t, a, "is it a client's?")
	cancel()
	<-ended
}

// Two that have founded a cluster of the same name refuse each other, and say why.
func TestTwoFoundersOfOneNameRefuseEachOther(t *testing.T) {
	ca := newCA(t)
	a := open(t, config(t, ca, "a"))
	dir := t.TempDir()
	c := config(t, ca, "b")
	c.Dir = dir
	b, err := cluster.Open(c)
	if err != nil {
		t.Fatal(err)
	}
	if a.Key() == b.Key() {
		t.Error("two clusters have one key")
	}
	if err := b.Close(); err != nil {
		t.Fatal(err)
	}
	c = config(t, ca, "b", a)
	c.Dir = dir
	_, err = cluster.Open(c)
	if !errors.Is(err, cluster.ErrOtherCluster) || !strings.Contains(err.Error(), "its hash key is another one") || !strings.Contains(err.Error(), "founded") {
		t.Errorf("it says %v", err)
	}
	refusedBy(t, a, "its hash key is another one")
	c.Dir = t.TempDir() // an empty folder founds nothing
	if b := open(t, c); b.Key() != a.Key() {
		t.Error("the member that has joined has another key")
	}
}
