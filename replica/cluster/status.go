package cluster

import (
	"cmp"
	"context"
	"slices"
	"time"

	"gset/internal/store"
	"gset/replica"
	"gset/replica/cluster/internal/link"
)

// Status is what a node knows of itself and of the others.
type Status struct {
	Name, Address, Cluster string
	Incarnation            uint64 // under which the node counts

	Members []MemberStatus // the others, by name

	Collections int // names
	Elements    int // of all sets
	Memory      int // bytes of the state
	Pending     int // updates that have not been told to every member
	Waiting     int // calls of Wait

	Engine replica.Status
	Disk   *DiskStatus // nil if there is none

	Refused       uint64    // connections and messages that this node has refused
	RefusedByPeer uint64    // connections of this node's that peers have refused
	Refusals      []Refusal // the latest different ones, the last one last

	Subscriptions int
	Lost          uint64 // elements that subscribers were too slow for
}

// MemberStatus is what a node knows of another member.
type MemberStatus struct {
	Name, Address string
	Down          bool
	Since         time.Duration // it has been up or down
	Equal         bool          // it has proved to hold all that is stable here now
	Connected     bool          // this node has a link to it
	Waiting       int           // bytes that wait to be sent
	Dropped       uint64        // frames for which there was no room
	Sent          uint64        // bytes
	Err           error         // of the last try to connect
}

// DiskStatus is what a node knows of its store.
type DiskStatus struct {
	Commits, Deltas uint64 // since the start
	LogBytes        int64  // that no snapshot has
	SnapshotBytes   int64
	Unsaved         bool // the disk does not take what peers send
}

// Status returns the node's status. It fails as Contains does.
func (n *Node) Status(ctx context.Context) (Status, error) {
	s, err := look(ctx, n, (*Core).status)
	if err != nil {
		return Status{}, err
	}
	n.fill(&s)
	return s, nil
}

// fill adds what is not the core's.
func (n *Node) fill(s *Status) {
	s.Address = n.address
	s.Subscriptions, s.Lost = n.subscribers.state()
	n.refusals.mu.Lock()
	s.Refused, s.RefusedByPeer, s.Refusals = n.refusals.total, n.refusals.byPeer, slices.Clone(n.refusals.last)
	n.refusals.mu.Unlock()
	if n.config.Alone {
		return
	}
	links := map[string]link.PeerStatus{}
	for _, p := range n.endpoint.Peers() {
		links[p.Name] = p
	}
	for i := range s.Members {
		m := &s.Members[i]
		p := links[m.Name]
		m.Connected, m.Waiting, m.Dropped, m.Sent, m.Err = p.Connected, p.Waiting, p.Dropped, p.Sent, p.Err
	}
}

// StatusOf is Node.Status for the owner of Config.Do, who calls it in the executor.
func (n *Node) StatusOf(c *Core) Status {
	s := c.status()
	n.fill(&s)
	return s
}

func (c *Core) status() Status {
	v := c.view(nil)
	s := Status{
		Name: c.config.Name, Cluster: c.config.Cluster, Incarnation: c.origin.Incarnation,
		Collections: v.Names(), Elements: v.Elements(), Pending: c.replica.Pending().Len(),
		Engine: c.replica.Status(), Waiting: len(c.proof.waiters),
	}
	for _, part := range v.parts[:v.n] {
		s.Memory += part.Memory()
	}
	for name, m := range c.members.known {
		s.Members = append(s.Members, MemberStatus{
			Name: name, Address: m.address, Down: m.down, Since: c.clock() - m.since,
			Equal: c.proof.latest > 0 && c.proof.held[name] == c.proof.latest,
		})
	}
	slices.SortFunc(s.Members, func(a, b MemberStatus) int { return cmp.Compare(a.Name, b.Name) })
	if c.store != nil {
		d := c.store.Stats()
		s.Disk = diskStatus(d)
		s.Disk.Unsaved = !c.ahead.Saved() || c.flush.failed() != nil
	}
	return s
}

func diskStatus(d store.Stats) *DiskStatus {
	return &DiskStatus{Commits: d.Commits, Deltas: d.Deltas, LogBytes: d.LogBytes, SnapshotBytes: d.Snapshot}
}
