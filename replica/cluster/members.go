package cluster

import (
	"iter"
	"time"

	"gset/crdt"
	"gset/replica"
	"gset/replica/cluster/internal/link"
	"gset/replica/cluster/internal/wire"
)

// members is who is in the cluster, as the engine is told. A member that is down stays on the
// list: the engine needs no failure detector, and when the member comes back it is repaired.
// It is taken off the list when it has left, or has been down for Config.Forget.
type members struct {
	known   map[string]*member // without this node
	leaving bool               // this node is
	met     bool               // another member was up once
	links   links
}

// links is what members need of the links.
type links interface {
	SetAddress(name, address string)
	Forget(name string)
	Reset(name string)
	Send(name string, class link.Class, kind wire.Kind, payload []byte, mark link.Mark) error
	Tell(name string, kind wire.Kind, payload []byte) error
}

type member struct {
	address string
	life    uint64 // that its link to this node, or memberlist, has told last; 0 before
	down    bool
	since   time.Duration // up or down
}

func (m *members) listed(name string) bool { return m.known[name] != nil }

func (m *members) peers() iter.Seq[string] {
	return func(yield func(string) bool) {
		for name := range m.known {
			if !yield(name) {
				return
			}
		}
	}
}

// memberUp is told that a member is up, at an address and in a life, which is 0 if it is not known.
func (c *Core) memberUp(name, address string, life uint64) {
	if name == c.config.Name {
		return
	}
	c.members.met = true
	m := c.members.known[name]
	if m == nil {
		m = new(member)
		c.members.known[name] = m
		defer c.setMembers()
	}
	if m.down || m.since == 0 {
		m.since = c.clock()
		c.notify(Event{Kind: MemberUp, Peer: name})
		c.config.Log.Info("a member is up", "member", name, "address", address)
	}
	m.address, m.down = address, false
	c.members.links.SetAddress(name, address)
	if life != 0 && life != m.life {
		c.lives(m, name, life)
	}
}

// memberDown is told that a member is down.
func (c *Core) memberDown(name string) {
	m := c.members.known[name]
	if m == nil || m.down {
		return
	}
	m.down, m.since = true, c.clock()
	c.notify(Event{Kind: MemberDown, Peer: name})
	c.config.Log.Warn("a member is down", "member", name, "address", m.address)
	c.members.links.Reset(name)
	c.unreachable(name)
}

// memberLeft is told that a member has left.
func (c *Core) memberLeft(name string) {
	m := c.members.known[name]
	if m == nil {
		return
	}
	if m.down {
		c.members.links.Forget(name)
	}
	delete(c.members.known, name)
	c.forget(name)
	delete(c.beacon.members, name)
	c.notify(Event{Kind: MemberLeft, Peer: name})
	c.config.Log.Info("a member has left", "member", name, "address", m.address)
	c.setMembers()
}

// memberGone is told that a member is down, or that its link to this node has ended: if it has left, that
// is all that will be heard of it.
func (c *Core) memberGone(name string) {
	if c.members.known[name] == nil {
		c.members.links.Forget(name)
	}
}

// memberLinked is told that a member has opened a link to this node, in a life.
func (c *Core) memberLinked(name string, life uint64, address string) {
	m := c.members.known[name]
	if m == nil || m.life == life {
		return
	}
	m.address = address
	c.lives(m, name, life)
}

// lives notes that a member is in another life.
func (c *Core) lives(m *member, name string, life uint64) {
	m.life = life
	if !m.down {
		m.since = c.clock()
	}
	c.forget(name) // it may have lost what it held
}

// memberLeaves is told by a member that it is about to leave. It may have begun another life since: a word that
// has waited, as where this node stood still, is of the one before.
func (c *Core) memberLeaves(name string, life uint64) {
	if m := c.members.known[name]; m != nil && (m.life == 0 || m.life == life) {
		c.memberLeft(name)
	}
}

// forgetMembers takes those off the list that have been down for long.
func (c *Core) forgetMembers() {
	changed := false
	for name, m := range c.members.known {
		if m.down && c.clock()-m.since >= c.config.Forget {
			delete(c.members.known, name)
			c.forget(name)
			delete(c.beacon.members, name)
			c.members.links.Forget(name)
			c.notify(Event{Kind: MemberLeft, Peer: name})
			c.config.Log.Warn("a member is forgotten: it was down for long", "member", name, "address", m.address)
			changed = true
		}
	}
	if changed {
		c.setMembers()
	}
}

// forget forgets what a member has proved: it has left, or may have lost what it held.
func (c *Core) forget(name string) {
	c.proof.forget(name)
	delete(c.repairs.began, name)
	if of := c.beacon.members[name]; of != nil {
		of.heard, of.waiting = 0, false
	}
}

// unreachable hints to the engine that a member cannot be reached just now.
func (c *Core) unreachable(name string) {
	c.perform(c.replica.Unreachable(c.clock(), replica.ID(name)))
}

// setMembers hands the list to the engine.
func (c *Core) setMembers() {
	ids := make([]replica.ID, 0, len(c.members.known)+1)
	for name := range c.members.known {
		ids = append(ids, replica.ID(name))
	}
	if !c.members.leaving || len(ids) == 0 {
		ids = append(ids, replica.ID(c.config.Name))
	}
	list, err := replica.NewMembers(ids...)
	if err != nil {
		c.faults("the list of members is as it was: %v", err)
		return
	}
	out, err := c.replica.SetMembers(c.clock(), list)
	if err != nil {
		c.faults("the list of members is as it was: %v", err)
		return
	}
	c.perform(out)
}

// leave gives this node up as a member: it makes no more updates, and goes on to gather those that
// are pending.
func (c *Core) leave() {
	if !c.members.leaving {
		c.members.leaving, c.refusal = true, ErrLeaving
		c.setMembers()
	}
}

// tell puts what is not a message of the engine into the output.
func (c *Core) tell(name string, kind wire.Kind, digest crdt.Fingerprint) {
	c.traffic.word.sent(digest[:])
	c.told = append(c.told, func() {
		_ = c.members.links.Tell(name, kind, digest[:]) // a member without an address has just been forgotten
	})
}

// post hands a message of the engine to the link of its receiver.
func (c *Core) post(to replica.ID, m *replica.Message[*crdt.Collections], data []byte) {
	c.traffic.messages[m.Kind].sent(data)
	class, mark := link.Updates, link.Nothing
	switch {
	case m.Kind == replica.Diff || m.Kind == replica.Cells:
		class = link.Repairs
	case m.Kind == replica.Probe && m.Range == replica.Everything && m.Rest == replica.Range{}:
		mark = link.AnyProbe
	case m.Kind == replica.Gather:
		mark = link.Retried
	}
	if err := c.members.links.Send(string(to), class, wire.Message, data, mark); err != nil {
		c.config.Log.Debug("cluster: a message is dropped", "to", string(to), "error", err)
		return
	}
	c.notifyMessage(Sent, string(to), m, len(data))
}

// heardWord takes in an Ask, a Told or a Leaving, of the length that its kind has, from a life of a member.
func (c *Core) heardWord(from string, life uint64, kind wire.Kind, payload []byte) {
	if kind == wire.Leaving {
		c.memberLeaves(from, life)
		return
	}
	digest := crdt.Fingerprint(payload)
	if kind == wire.Ask {
		c.proof.ask(c, from, digest)
		return
	}
	c.proof.matches(c, from, digest)
}
