package sim

import (
	"slices"
	"time"
)

// progress watches that updates spread while faults last. Whenever all nodes that are up have been
// connected in the same way for long enough, whatever was added in that time is with every node
// that its maker is connected with, by links that work both ways.
//
// What was added before is another matter. A part of three in a cluster of 25 may have come
// together with unequal states and nothing to say; then its members find each other by probes, each of
// which goes to one of 24 peers.
type progress struct {
	links  []bool // by sender and receiver: who can be heard, as of the last look
	since  time.Duration
	recent []recent
}

// recent is an update whose spreading has not been looked at.
type recent struct {
	at          time.Duration
	node, place int
	count       uint64
}

// acknowledged notes an update.
func (p *progress) acknowledged(now time.Duration, node, place int, count uint64) {
	p.recent = append(p.recent, recent{now, node, place, count})
}

// disturbed notes that whatever was added up to a time need not spread in time.
func (p *progress) disturbed(until time.Duration) {
	p.since = max(p.since, until)
	p.recent = slices.DeleteFunc(p.recent, func(u recent) bool { return u.at <= until })
}

// requireSpread looks at the updates that have had the time to spread.
func (r *run[S, K]) requireSpread() {
	now, p := r.net.Now(), &r.progress
	if links := r.links(); !slices.Equal(links, p.links) {
		p.links = links
		p.disturbed(now)
		return
	}
	p.recent = slices.DeleteFunc(p.recent, func(u recent) bool {
		peers := r.connected(u.node)
		if len(peers) > 0 && u.at > now-r.spreading(peers) {
			return false
		}
		if u.at > p.since {
			r.requireHeld(u, peers)
		}
		return true
	})
}

// requireHeld looks whether nodes that have been connected have an update.
func (r *run[S, K]) requireHeld(u recent, nodes []int) {
	for _, node := range nodes {
		if held := r.model.held[node]; u.place >= len(held) || held[u.place] < u.count {
			r.violate(Spreads, "n%d does not have %d of %v, which n%d added %v ago; since %v they have been connected",
				node, u.count, r.model.parts[u.place], u.node, r.net.Now()-u.at, r.progress.since)
			return
		}
	}
}

// spreading is how long an update may take to spread among connected nodes while faults last. That is as
// long as it takes all to become equal without faults, where rounds can be relied upon.
//
// They cannot if there are none, if scatters go by way of nodes that these do not hear, or if not all
// of these hear each other. Then it is by probes that a node finds out what it lacks. A node
// probes all of the n-1 others in turn, and its turn comes once in n-1 probes of each of them: who hears
// only k of the others has k probes in n-1 answered. So the node with the fewest peers takes (n-1)/k
// times as long.
//
// Of a repair, three messages at least, nothing may be lost.
func (r *run[S, K]) spreading(nodes []int) time.Duration {
	bound := r.convergence()
	if fewest := r.fewestPeers(nodes); fewest > 0 && (r.s.Interval == 0 || r.inTrees() || fewest < len(nodes)-1) {
		bound = bound * time.Duration(r.s.Nodes-1) / time.Duration(fewest)
	}
	if r.net.Dropped > 0 {
		bound *= 2 // the same messages may not fit again and again
	}
	for range 4 {
		bound = min(bound, MaxLength)
		bound = bound * 1000 / time.Duration(max(1000-r.s.Loss-r.s.Corruption, 1))
	}
	return bound
}

// inTrees reports whether scatters go by way of other nodes.
func (r *run[S, K]) inTrees() bool { return r.s.Fanout > 0 && r.s.Fanout < r.s.Nodes-1 }

// fewestPeers returns how many of some nodes hear each other with the one of them that has the fewest such
// peers.
func (r *run[S, K]) fewestPeers(nodes []int) int {
	n, fewest := r.s.Nodes, len(nodes)-1
	for _, node := range nodes {
		peers := 0
		for _, peer := range nodes {
			if peer != node && r.progress.links[node*n+peer] && r.progress.links[peer*n+node] {
				peers++
			}
		}
		fewest = min(fewest, peers)
	}
	return fewest
}

// links returns who can be heard by whom, by sender and receiver. A node that is up and a member hears
// itself, so that it shows when one that nobody else hears goes. A link that comes and goes does not count.
func (r *run[S, K]) links() []bool {
	n, now := r.s.Nodes, r.net.Now()
	up := make([]bool, n)
	for node := range up {
		up[node] = r.net.Replica(node) != nil && now >= r.net.Frozen(node) && r.membership.in(node)
	}
	links := make([]bool, n*n)
	for link := range links {
		from, to := link/n, link%n
		links[link] = up[from] && up[to] && (from == to || !slices.ContainsFunc(r.blocks, func(b block) bool {
			return now < b.until && b.worst(from, to)
		}))
	}
	return links
}

// connected returns the nodes that a node is connected with, itself included; none if it is not up, or
// is about to leave.
func (r *run[S, K]) connected(node int) []int {
	n, links := r.s.Nodes, r.progress.links
	if !links[node*n+node] {
		return nil
	}
	reached := make([]bool, n)
	nodes := []int{node}
	reached[node] = true
	for i := 0; i < len(nodes); i++ {
		for peer := range n {
			if at := nodes[i]; !reached[peer] && links[at*n+peer] && links[peer*n+at] {
				reached[peer] = true
				nodes = append(nodes, peer)
			}
		}
	}
	return nodes
}
