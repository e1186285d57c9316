package cluster

import (
	"context"
	"io"
	"log"
	"maps"
	"math/rand/v2"
	"slices"
	"strconv"
	"strings"
	"sync"
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
	met     bool          // another member, since the start; keepJoined's

	mu     sync.Mutex
	up     map[string]string // by name: where those are whom memberlist thinks up, with this node
	claims map[string]string // by name: where a member is that memberlist does not know to be there
}

// A node's metadata in memberlist. A member says that it is about to leave, as memberlist does
// not tell its delegate whether a member has left or has failed. One that stays says in which life, in
// hexadecimal: of one that has come back before its end was known memberlist tells nothing but that its
// metadata are others.
const (
	staying = "s"
	leaving = "l"
)

// lifeIn returns the life that metadata name: 0 if they do not.
func lifeIn(meta []byte) uint64 {
	life, err := strconv.ParseUint(strings.TrimPrefix(string(meta), staying), 16, 64)
	if err != nil {
		return 0 // of an earlier version
	}
	return life
}

func (n *Node) newMembership(t *transport) (*membership, error) {
	m := &membership{node: n, rejoin: make(chan struct{}, 1), up: map[string]string{}, claims: map[string]string{}}
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
	name, address, life := n.Name, n.Address(), lifeIn(n.Meta)
	m.note(name, address)
	m.node.later(func(c *Core) { c.memberUp(name, address, life) })
}

// NotifyUpdate is told that a member has moved, has begun another life, or is about to leave.
func (m *membership) NotifyUpdate(n *memberlist.Node) {
	name, address, life, leaves := n.Name, n.Address(), lifeIn(n.Meta), string(n.Meta) == leaving
	m.note(name, address)
	m.node.later(func(c *Core) {
		if leaves {
			c.memberLeft(name)
		} else {
			c.memberUp(name, address, life)
		}
	})
}

// NotifyLeave is told that a member is down, or has left.
func (m *membership) NotifyLeave(n *memberlist.Node) {
	name := n.Name
	m.note(name, "")
	m.node.later(func(c *Core) {
		c.memberDown(name)
		c.memberGone(name)
	})
	m.tryNow()
}

// note notes where a member is; "" if it is down. (What memberlist's Members returns changes while it is read.)
func (m *membership) note(name, address string) {
	m.mu.Lock()
	defer m.mu.Unlock()
	if address == "" {
		delete(m.up, name)
	} else {
		m.up[name] = address
	}
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
	return strconv.AppendUint([]byte(staying), m.node.life, 16)
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

// linked is told that a member at an address has opened a link to this node. If memberlist thinks it is down,
// or elsewhere, it has to be told: it takes a member that has come back at another address for a
// stranger until it has found the old one dead, and hears of the new one only when somebody calls.
func (m *membership) linked(name, address string) {
	m.mu.Lock()
	defer m.mu.Unlock()
	if m.up[name] != address {
		m.claims[name] = address
		m.tryNow()
	}
}

// claimed returns the claims that memberlist does not know yet, and drops the others.
func (m *membership) claimed() (targets []string) {
	m.mu.Lock()
	defer m.mu.Unlock()
	for name, address := range m.claims {
		if _, open := m.node.endpoint.Life(name); !open || m.up[name] == address {
			delete(m.claims, name)
			continue
		}
		targets = append(targets, name+"/"+address)
	}
	return targets
}

// keepJoined tries to join again what memberlist has given up: seeds as long as this node is alone, and
// members that are down. memberlist itself never calls them again, so after a partition of some time its
// two halves would not.
func (m *membership) keepJoined(ctx context.Context) {
	usual := m.node.config.tuning.rejoin
	for every := usual; ; {
		timer := time.NewTimer(every/2 + rand.N(every))
		select {
		case <-ctx.Done():
			timer.Stop()
			return
		case <-m.rejoin:
			timer.Stop()
		case <-timer.C:
		}
		targets := m.claimed()
		if every = usual; len(targets) > 0 {
			every = usual / 8
		}
		m.join(ctx, targets)
		m.node.later(func(c *Core) { c.forgetMembers() })
		m.remember(ctx)
	}
}

// remember saves where the members are, if that has changed. Until this node has met a member, those of its folder are
// all that it can call.
func (m *membership) remember(ctx context.Context) {
	met, err := look(ctx, m.node, func(c *Core) map[string]string {
		met := map[string]string{}
		for name, k := range c.members.known {
			met[name] = k.address
		}
		return met
	})
	m.met = m.met || len(met) > 0
	if err != nil || !m.met || maps.Equal(met, m.node.config.met) {
		return
	}
	m.node.config.met = met
	if err := saveKey(&m.node.config, m.node.config.Sync == SyncEverySecond); err != nil {
		m.node.config.Log.Warn("cluster: where the members are is not saved", "error", err)
	}
}

// join tries to join the targets, one member that is down, and the seeds if this node is alone.
func (m *membership) join(ctx context.Context, targets []string) {
	m.mu.Lock()
	up := maps.Clone(m.up)
	m.mu.Unlock()
	down, err := look(ctx, m.node, func(c *Core) (down []string) {
		for name, k := range c.members.known {
			if up[name] == "" {
				down = append(down, name+"/"+k.address)
			}
		}
		return down
	})
	if err != nil { // the node is closing
		return
	}
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

// seeds asks the seeds, and the members of old, whether this node may join, and returns those that agree.
func (n *Node) seeds(ctx context.Context) (agreed []string) {
	for _, address := range slices.Concat(n.config.Join, slices.Collect(maps.Values(n.config.met))) {
		j, err := n.endpoint.Join(ctx, address)
		if err == nil {
			agreed = append(agreed, j.Name+"/"+j.Address)
		} else if ctx.Err() == nil {
			n.noteFailure(address, err)
		}
	}
	return agreed
}

var (
	_ memberlist.Delegate         = (*membership)(nil)
	_ memberlist.EventDelegate    = (*membership)(nil)
	_ memberlist.ConflictDelegate = (*membership)(nil)
)
