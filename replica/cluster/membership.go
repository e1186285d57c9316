package cluster

import (
	"context"
	"io"
	"log"
	"math/rand/v2"
	"strings"
	"sync/atomic"
	"time"

	"github.com/hashicorp/memberlist"
)

// membership is memberlist, which detects failures and tells everyone who is there.
type membership struct {
	node    *Node
	list    *memberlist.Memberlist
	leaving atomic.Bool
	rejoin  chan struct{} // holds one: there is a reason to try now
}

// A node's metadata in memberlist. A member says that it is about to leave, as memberlist does
// not tell its delegate whether a member has left or has failed.
const (
	staying = "s"
	leaving = "l"
)

func (n *Node) newMembership(t *transport) (*membership, error) {
	m := &membership{node: n, rejoin: make(chan struct{}, 1)}
	c := memberlist.DefaultLANConfig()
	c.Name = n.core.config.Name
	c.Transport = t
	c.Delegate, c.Events, c.Conflict = m, m, m
	c.EnableCompression = false // frames are small, and this costs more than it saves
	c.DeadNodeReclaimTime = time.Nanosecond
	c.GossipToTheDeadTime = 10 * time.Second
	c.LogOutput, c.Logger = nil, log.New(logWriter{n}, "", 0)
	if p := n.core.config.tuning.probe; p > 0 {
		c.ProbeInterval, c.ProbeTimeout, c.SuspicionMult = p, p/2, 2
	}
	if g := n.core.config.tuning.gossip; g > 0 {
		c.GossipInterval = g
	}
	var err error
	m.list, err = memberlist.Create(c)
	return m, err
}

// logWriter hands memberlist's log on, most of it as what only developers want to know.
type logWriter struct{ node *Node }

var _ io.Writer = logWriter{}

func (w logWriter) Write(b []byte) (int, error) {
	level := w.node.config.Log.Debug
	text := strings.TrimSpace(string(b))
	if strings.HasPrefix(text, "[ERR]") {
		level = w.node.config.Log.Warn
	}
	level("memberlist", "text", text)
	return len(b), nil
}

// NotifyJoin, NotifyLeave and NotifyUpdate are called by memberlist, under its lock.

// NotifyJoin is told that a member is up.
func (m *membership) NotifyJoin(n *memberlist.Node) {
	name, address := n.Name, n.Address()
	m.node.later(func(c *Core) { c.memberUp(name, address) })
}

// NotifyUpdate is told that a member has moved, or is about to leave.
func (m *membership) NotifyUpdate(n *memberlist.Node) {
	name, address, meta := n.Name, n.Address(), string(n.Meta)
	m.node.later(func(c *Core) {
		if meta == leaving {
			c.memberLeft(name)
		} else {
			c.memberUp(name, address)
		}
	})
}

// NotifyLeave is told that a member is down, or has left.
func (m *membership) NotifyLeave(n *memberlist.Node) {
	name := n.Name
	m.node.later(func(c *Core) {
		c.memberDown(name)
		c.memberGone(name)
	})
	m.tryNow()
}

// NotifyConflict is told of two members of one name.
func (m *membership) NotifyConflict(existing, other *memberlist.Node) {
	m.node.noteConflict(existing.Name, existing.Address(), other.Address())
}

// NodeMeta says what a member tells of itself.
func (m *membership) NodeMeta(int) []byte {
	if m.leaving.Load() {
		return []byte(leaving)
	}
	return []byte(staying)
}

// NotifyMsg, GetBroadcasts, LocalState and MergeRemoteState have nothing to carry.

// NotifyMsg does nothing.
func (m *membership) NotifyMsg([]byte) {}

// GetBroadcasts returns nothing.
func (m *membership) GetBroadcasts(int, int) [][]byte { return nil }

// LocalState returns nothing.
func (m *membership) LocalState(bool) []byte { return nil }

// MergeRemoteState does nothing.
func (m *membership) MergeRemoteState([]byte, bool) {}

func (m *membership) tryNow() {
	select {
	case m.rejoin <- struct{}{}:
	default:
	}
}

// linked is told that a member has opened a link to this node: if it was thought to be down, that is over.
func (m *membership) linked(name string) {
	for _, n := range m.list.Members() {
		if n.Name == name {
			return
		}
	}
	m.tryNow()
}

// keepJoined tries to join again what memberlist has given up: seeds as long as this node is alone, and
// members that are down. memberlist itself never calls them again, so after a partition of some time its
// two halves would not.
func (m *membership) keepJoined(ctx context.Context) {
	every := m.node.config.tuning.rejoin
	for {
		timer := time.NewTimer(every/2 + rand.N(every))
		select {
		case <-ctx.Done():
			timer.Stop()
			return
		case <-m.rejoin:
			timer.Stop()
		case <-timer.C:
		}
		m.join(ctx)
		m.node.later(func(c *Core) { c.forgetMembers() })
	}
}

// join tries to join one member that is down, or the seeds if this node is alone.
func (m *membership) join(ctx context.Context) {
	up := map[string]bool{}
	for _, n := range m.list.Members() {
		up[n.Name] = true
	}
	var down []string
	_ = m.node.read(ctx, func(c *Core) { // fails if the node is closing
		for name, k := range c.members.known {
			if !up[name] {
				down = append(down, name+"/"+k.address)
			}
		}
	})
	var targets []string
	if len(down) > 0 {
		targets = append(targets, down[rand.IntN(len(down))])
	}
	if len(up) <= 1 {
		targets = append(targets, m.node.seeds(ctx)...)
	}
	if len(targets) > 0 && ctx.Err() == nil {
		_, err := m.list.Join(targets)
		m.node.config.Log.Debug("cluster: joining again", "targets", targets, "error", err)
	}
}

// seeds asks the seeds whether this node may join, and returns those that agree.
func (n *Node) seeds(ctx context.Context) (agreed []string) {
	for _, address := range n.config.Join {
		j, err := n.endpoint.Join(ctx, address)
		if err == nil {
			agreed = append(agreed, j.Name+"/"+j.Address)
		}
	}
	return agreed
}

var (
	_ memberlist.Delegate         = (*membership)(nil)
	_ memberlist.EventDelegate    = (*membership)(nil)
	_ memberlist.ConflictDelegate = (*membership)(nil)
)
