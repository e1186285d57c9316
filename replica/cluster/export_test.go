package cluster

import (
	"context"
	"net"
	"reflect"
	"time"

	"gset/crdt"
	"gset/internal/store"
	"gset/replica"
	"gset/replica/cluster/internal/wire"
)

// Tune makes the failure detector and the joining faster than a real network needs them.
func (c Config) Tune() Config {
	c.tuning.probe, c.tuning.gossip, c.tuning.rejoin = 100*time.Millisecond, 20*time.Millisecond, 200*time.Millisecond
	return c
}

// Over has the node dial by the function given.
func (c Config) Over(dial func(ctx context.Context, address string) (net.Conn, error)) Config {
	c.tuning.dial = dial
	return c
}

// At has the node tell whether certificates are good by a clock of the test's.
func (c Config) At(now func() time.Time) Config {
	c.tuning.now = now
	return c
}

// OnSent has f called for each message of the engine that the node sends, with the bytes of its binary form. It must
// be called in the node's executor.
func (c *Core) OnSent(f func(to string, m *replica.Message[*crdt.Collections], size int)) {
	send := c.send
	c.send = func(to replica.ID, m *replica.Message[*crdt.Collections], data []byte) {
		f(string(to), m, len(data))
		send(to, m, data)
	}
}

// Cut closes the node's connections with the peers that blocked names, and makes no new ones. Nil heals it.
func (n *Node) Cut(blocked func(name string) bool) { n.endpoint.Block(blocked) }

// Until waits until a condition holds, which is looked at after each commit.
func (n *Node) Until(ctx context.Context, holds func(*Core) bool) error {
	done := make(chan struct{})
	var look func(c *Core)
	look = func(c *Core) {
		if holds(c) {
			close(done)
			return
		}
		c.OnCommit(func(error) { c.watch(look) })
	}
	if err := n.Do(look); err != nil {
		return err
	}
	select {
	case <-done:
		return nil
	case <-ctx.Done():
		return ctx.Err()
	}
}

// watch has look called in the next commit.
func (c *Core) watch(look func(*Core)) { c.OnCommit(func(error) { look(c) }) }

// Others returns how many others are on the list.
func (c *Core) Others() int { return len(c.members.known) }

// Down reports whether a member is thought to be down.
func (c *Core) Down(name string) bool {
	m := c.members.known[name]
	return m != nil && m.down
}

// At returns where a member is thought to be.
func (c *Core) At(name string) string {
	if m := c.members.known[name]; m != nil {
		return m.address
	}
	return ""
}

// CompactNow writes a snapshot.
func (n *Node) CompactNow() error { return n.core.store.Compact(n.parts) }

// Waiting returns how many calls of Wait there are.
func (c *Core) Waiting() int { return len(c.proof.waiters) }

// FlushNow does what a node that writes every second does then.
func (n *Node) FlushNow() {
	if n.flush() {
		n.compact(nil, true)
	}
}

// Traces returns how much the node remembers of members, in all of its maps, and how many links it has.
func (c *Core) Traces(n *Node) int {
	n.members.mu.Lock()
	defer n.members.mu.Unlock()
	return len(c.members.known) + len(c.proof.held) + len(c.proof.shown) + len(c.proof.asked) + len(c.proof.waiters) +
		len(c.proof.equal) + len(c.proof.level) + len(c.repairs.began) + len(c.beacon.members) +
		len(n.members.claims) + len(n.endpoint.Peers())
}

// Remembered returns how many members memberlist remembers, those that have left with them.
func (n *Node) Remembered() int {
	list := reflect.ValueOf(n.members.list).Elem()
	return list.FieldByName("nodeMap").Len() + list.FieldByName("nodeTimers").Len()
}

// CloseWithAWord closes the node as one whose packets are lost when it leaves, and whose word on the links is not.
func (n *Node) CloseWithAWord(ctx context.Context) error {
	n.sayGoodbye(ctx, time.Second)
	return n.Close()
}

// BackupWithoutKey writes a backup as Backup once did.
func (n *Node) BackupWithoutKey(path string) error {
	return store.WriteBackup(n.config.backups(), path, n.parts)
}

// Behind returns for how long there has been something that a member has not proved to hold.
func (c *Core) Behind(name string) time.Duration {
	_, behind := c.proof.times(c, name, c.members.known[name].since)
	return behind
}

// Latency returns how long a member has taken to hold beacons.
func (c *Core) Latency(name string) Latency { return c.beacon.of(name).latency }

// Beacons returns the beacons by member.
func (c *Core) Beacons() map[string]uint64 {
	all := map[string]uint64{}
	v := c.View()
	for _, part := range v.parts[:v.n] {
		for origin, b := range part.Balances(BeaconName) {
			all[origin.Node] = max(all[origin.Node], b.Up)
		}
	}
	return all
}

// LifeOf returns the life that a member is known to be in; 0 if it is not on the list, or has told none.
func (c *Core) LifeOf(name string) uint64 {
	if m := c.members.known[name]; m != nil {
		return m.life
	}
	return 0
}

// Life returns the node's life, as it tells it.
func (n *Node) Life() uint64 { return n.life }

// Leaving has the node hear that a life of a member leaves.
func (c *Core) Leaving(name string, life uint64) { c.heardWord(name, life, wire.Leaving, nil) }
