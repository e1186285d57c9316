package cluster

import (
	"cmp"
	"context"
	"maps"
	"slices"
	"sync"
	"time"

	"gset/internal/histogram"
	"gset/internal/store"
	"gset/replica"
	"gset/replica/cluster/internal/link"
)

// Status is what a node knows of itself and of the others.
type Status struct {
	Name, Address, Cluster string
	Incarnation            uint64 // under which the node counts

	Members []MemberStatus // the others, by name

	Collections int // names; if more than 1,000 are pending, at most so many
	Elements    int // of all sets
	Memory      int // bytes of the state, lately
	Pending     int // updates that have not been told to every member
	Waiting     int // calls of Wait

	Engine  replica.Status
	Traffic []Traffic // by kind, in the order of replica.Kinds
	Repairs Repairs

	Disk     *DiskStatus // nil if there is none
	Unfilled bool        // the store was salvaged, and no other member has refilled it: see Core.Unfilled

	CertificateExpires time.Time // see Node.CertificateExpires; zero also if members with the same authorities refuse it

	Unanswered    uint64    // connections that were closed at once, as too many strangers had come
	Refused       uint64    // connections and messages that this node has refused
	RefusedByPeer uint64    // connections, of either's, in which a peer has refused this node
	Refusals      []Refusal // the latest different ones, the last one last
	RefusedWhy    map[RefusedWhy]uint64

	// Estranged says that this node and members of a cluster of the same name have refused each other, as their hash
	// keys are two, and that it has met no member since its start: it has lost its folder and begun a second cluster.
	Estranged bool

	Subscriptions int
	Lost          uint64 // elements that subscribers were too slow for
}

// MemberStatus is what a node knows of another member.
type MemberStatus struct {
	Name, Address string
	Down          bool
	Since         time.Duration // it has been up or down
	Life          uint64        // of its process, random; 0 before it had a link to this node
	Equal         bool          // it has proved to hold all that is stable here now
	Proved        time.Duration // since it has proved to hold what was stable here then; below zero if it never has
	Behind        time.Duration // since there is something stable here that it has not proved to hold; 0 if Equal
	Latency       Latency       // of beacons to the member, if there is Config.Beacon
	Heard         time.Duration // since a beacon of the member's was learned; below zero if none was
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
	Failed          uint64              // commits, since the start
	Abandoned       int                 // files of the log, after a write or a sync that failed
	Snapshots       uint64              // written since the start
	Commit          histogram.Histogram // how long commits took
	Unsaved         bool                // the disk does not take what peers send
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
	s.RefusedWhy = maps.Clone(n.refusals.counts)
	s.Estranged = s.Estranged && n.refusals.apart
	n.refusals.mu.Unlock()
	if n.config.Alone {
		return
	}
	s.CertificateExpires, s.Unanswered = n.CertificateExpires(), n.endpoint.Handshakes().Refused
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
		Collections: v.atMost(1000), Elements: v.Elements(), Pending: c.replica.Pending().Len(),
		Engine: c.replica.Status(), Waiting: len(c.proof.waiters),
		Traffic: c.traffic.list(), Repairs: c.repairs.status(c.clock()),
	}
	s.Unfilled, s.Estranged = c.unfilled, !c.members.met // fill knows the rest
	s.Memory = c.measured.bytes(c.clock(), v)
	for name, m := range c.members.known {
		status := MemberStatus{
			Name: name, Address: m.address, Down: m.down, Since: c.clock() - m.since, Life: m.life,
			Equal: c.proof.latest > 0 && c.proof.held[name] == c.proof.latest,
		}
		status.Proved, status.Behind = c.proof.times(c, name, m.since)
		c.beacon.status(c, &status)
		s.Members = append(s.Members, status)
	}
	slices.SortFunc(s.Members, func(a, b MemberStatus) int { return cmp.Compare(a.Name, b.Name) })
	if c.store != nil {
		d := c.store.Stats()
		s.Disk = diskStatus(d)
		s.Disk.Unsaved = !c.ahead.Saved() || c.flush.failed() != nil
	}
	return s
}

// measured is the state's memory as it was measured last. With a million names measuring takes milliseconds, so
// those who ask again and again have it done for a hundredth of the time at most.
type measured struct {
	mu       sync.Mutex // readers of the state may ask at once
	n        int
	at, took time.Duration
	once     bool
}

func (m *measured) bytes(now time.Duration, v View) int {
	m.mu.Lock()
	defer m.mu.Unlock()
	if m.once && now-m.at < 100*m.took {
		return m.n
	}
	began := time.Now()
	m.n = 0
	for _, part := range v.parts[:v.n] {
		m.n += part.Memory()
	}
	m.at, m.took, m.once = now, time.Since(began), true
	return m.n
}

func diskStatus(d store.Stats) *DiskStatus {
	return &DiskStatus{
		Commits: d.Commits, Deltas: d.Deltas, LogBytes: d.LogBytes, SnapshotBytes: d.Snapshot,
		Failed: d.Failed, Abandoned: d.Abandoned, Snapshots: d.Snapshots, Commit: d.Commit,
	}
}
