package ordeal

import (
	"context"
	"errors"
	"fmt"
	"net"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/gomodule/redigo/redis"
	goredis "github.com/redis/go-redis/v9"
)

// writer is a client that fails over: if a member closes the connection, or says that it makes no updates any more, the
// client sends its command to the next one.
type writer struct {
	name    string
	sockets []string
	next    int // of sockets
	stopped *atomic.Bool

	added          int // elements that are acknowledged; the next one may be there as well
	counted, tried int // increments that are acknowledged, and that were sent
	over           int // how often it has gone to another member
	slowest        time.Duration
	late           *atomic.Int64 // replies of an earlier version that leaves, in words of its own
	failed         error         // a command that nobody has carried out
}

// run adds elements and counts until it is stopped, or has failed.
func (w *writer) run(add func(element string) error, count func() error) {
	tick := time.NewTicker(writePause)
	defer tick.Stop()
	for w.failed == nil && !w.stopped.Load() {
		<-tick.C
		began := time.Now()
		if err := add(w.element(w.added)); err != nil {
			w.failed = fmt.Errorf("%s: SADD: %w", w.name, err)
			return
		}
		w.added++
		if count != nil {
			if err := count(); err != nil {
				w.failed = fmt.Errorf("%s: INCR: %w", w.name, err)
				return
			}
			w.counted++
		}
		w.slowest = max(w.slowest, time.Since(began))
	}
}

// writePause bounds the load, which is to last for minutes.
const writePause = 5 * time.Millisecond

func (w *writer) element(n int) string { return fmt.Sprintf("%s:%d", w.name, n) }

// dial connects to the next member that takes a connection.
func (w *writer) dial(ctx context.Context) (net.Conn, error) {
	var errs []error
	for range w.sockets {
		socket := w.sockets[w.next%len(w.sockets)]
		w.next++
		conn, err := (&net.Dialer{}).DialContext(ctx, "unix", socket)
		if err == nil {
			w.over++
			return conn, nil
		}
		errs = append(errs, err)
	}
	return nil, errors.Join(errs...)
}

// leaves reports whether a reply says that the member leaves its cluster. Versions before READONLY was the word say so
// in others.
func (w *writer) leaves(err error) bool {
	if strings.Contains(err.Error(), "the node is leaving") {
		w.late.Add(1)
		return true
	}
	return strings.HasPrefix(err.Error(), "READONLY ")
}

// runPlain runs the writer by a loop over redigo's connections.
func (w *writer) runPlain() {
	var conn redis.Conn
	do := func(command string, args ...any) (err error) {
		for range 3 * len(w.sockets) {
			if conn == nil {
				raw, err := w.dial(context.Background())
				if err != nil {
					return err
				}
				conn = redis.NewConn(raw, patience, patience)
			}
			if command == "INCR" {
				w.tried++
			}
			_, err = conn.Do(command, args...)
			if err == nil {
				return nil
			}
			if conn.Err() == nil && !w.leaves(err) {
				return err
			}
			_ = conn.Close()
			conn = nil
		}
		return err
	}
	w.run(func(element string) error { return do("SADD", "s", element) }, func() error { return do("INCR", "n") })
	if conn != nil {
		_ = conn.Close()
	}
}

// runGoRedis runs the writer by go-redis, as it is but for a dialer that knows all members.
func (w *writer) runGoRedis() {
	connect := func() *goredis.Client {
		return goredis.NewClient(&goredis.Options{
			PoolSize: 1, ReadTimeout: patience, WriteTimeout: patience,
			Dialer: func(ctx context.Context, _, _ string) (net.Conn, error) { return w.dial(ctx) },
		})
	}
	client := connect()
	w.run(func(element string) (err error) {
		for range len(w.sockets) {
			err = client.SAdd(context.Background(), "s", element).Err()
			if err == nil || strings.HasPrefix(err.Error(), "READONLY ") || !w.leaves(err) {
				return err
			}
			_ = client.Close()
			client = connect()
		}
		return err
	}, nil)
	_ = client.Close()
}

// upgrade is a cluster under the load of writers.
type upgrade struct {
	*cluster
	writers []*writer
	stopped atomic.Bool
	running sync.WaitGroup
	late    atomic.Int64
}

func (u *upgrade) begins() {
	var sockets []string
	for _, m := range u.members {
		sockets = append(sockets, m.socket)
	}
	const each = 3
	for i := range 2 * each {
		w := &writer{name: fmt.Sprint("writer", i), sockets: sockets, next: i, stopped: &u.stopped, late: &u.late}
		u.writers = append(u.writers, w)
		u.running.Go(func() {
			if i < each {
				w.runPlain()
			} else {
				w.runGoRedis()
			}
		})
	}
}

// ends ends the load.
func (u *upgrade) ends() {
	u.stopped.Store(true)
	u.running.Wait()
}

// exchange ends a member in order, and starts it with another program on the same folder. It returns when the member is
// ready, and holds what another one does: what docs/OPERATING.md has operators wait for.
func (u *upgrade) exchange(m *member, to build) {
	u.t.Helper()
	u.stop(m)
	u.program = to.path
	u.start(m)
	u.ready(m)
	u.othersHold(u.up(m)[0])
}

// Five members are upgraded one by one, and downgraded again, while clients write that fail over: no write fails, and
// everything acknowledged is on all members.
func TestRollingUpgradeFailsNoWrite(t *testing.T) {
	before, after := versions(t)
	c := newCluster(t, "a", "b", "c", "d", "e")
	c.program = before.path
	for _, m := range c.members {
		m.flags = append(m.flags, "--http=127.0.0.1:0")
		c.start(m)
	}
	c.agree()
	u := &upgrade{cluster: c}
	t.Cleanup(u.ends)
	u.begins()
	began := time.Now()
	late := int64(0) // while members leave that run the earlier version
	legs := []build{after, before}
	if before == after {
		legs = legs[:1]
	}
	for _, to := range legs {
		late = u.late.Load()
		for i, m := range c.members[:size(len(c.members), 3)] {
			u.exchange(m, to)
			if *full && i < len(c.members)-1 {
				<-time.After(20 * time.Second) // both versions are there, and loaded
			}
		}
		t.Logf("all run %.12s after %v", to.revision, time.Since(began).Round(time.Second))
	}
	u.ends()
	u.checkWriters()
	if n := u.late.Load(); n > late {
		t.Errorf("%d times this version has refused a write as it left, and not by READONLY", n-late)
	} else if late > 0 {
		t.Logf("%d writes were refused as versions before READONLY refuse them, which go-redis does not try elsewhere by itself", late)
	}
	c.agree()
	for _, m := range c.members {
		u.checkMember(m)
	}
	if err := c.crashes(); err != nil {
		t.Error(err)
	}
}

// checkWriters fails the test if a write has failed.
func (u *upgrade) checkWriters() {
	added, counted, over := 0, 0, 0
	var slowest time.Duration
	for _, w := range u.writers {
		if w.failed != nil {
			u.t.Error(w.failed)
		}
		added, counted, over = added+w.added, counted+w.counted, over+w.over-1
		slowest = max(slowest, w.slowest)
	}
	u.t.Logf("%d elements and %d increments are acknowledged; %d times a client has gone to another member; the slowest write took %v",
		added, counted, over, slowest.Round(time.Millisecond))
}

// checkMember compares what a member holds with what the writers know.
func (u *upgrade) checkMember(m *member) {
	u.t.Helper()
	conn := u.connect(m)
	held, err := redis.Strings(conn.Do("SMEMBERS", "s"))
	if err != nil {
		u.t.Fatal(err)
	}
	has := map[string]bool{}
	for _, e := range held {
		has[e] = true
	}
	known, least, most := 0, 0, 0
	for _, w := range u.writers {
		for n := range w.added {
			if !has[w.element(n)] {
				u.t.Errorf("%s lacks %s", m.name, w.element(n))
			}
		}
		known, least, most = known+w.added, least+w.counted, most+w.tried
		if has[w.element(w.added)] {
			known++
		}
	}
	if len(held) != known {
		u.t.Errorf("%s holds %d elements, and %d were sent", m.name, len(held), known)
	}
	if n := u.number(conn, "GET", "n"); n < least || n > most {
		u.t.Errorf("%s has counted %d, and not from %d to %d", m.name, n, least, most)
	}
}
