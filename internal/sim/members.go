package sim

import (
	"math/rand/v2"
	"time"

	"gset/replica"
)

// membership is who is in the cluster, and who has been told.
type membership struct {
	member []bool           // by node
	list   *replica.Members // of those who are
	latest int              // how many lists there have been
	told   []int            // by node: how many there had been when it was told last
	rand   *rand.Rand
}

func (m *membership) start(s Schedule) {
	m.member, m.told, m.rand = make([]bool, s.Nodes), make([]int, s.Nodes), rand.New(rand.NewPCG(s.Seed, 10))
	for node := range m.member {
		m.member[node] = true
	}
}

func (m *membership) in(node int) bool { return m.member[node] }

// nodes returns the members, but for one.
func (m *membership) nodes(but int) []int {
	var nodes []int
	for node, is := range m.member {
		if is && node != but {
			nodes = append(nodes, node)
		}
	}
	return nodes
}

// renew makes a list of the members there are now. Each node learns of it at a time of its own,
// none earlier than a node already has.
func (r *run[S, K]) renew(within time.Duration) {
	m := &r.membership
	list, err := r.net.Members(m.nodes(-1)...)
	if err != nil {
		r.violate(NoPanic, "there is no such list of members: %v", err)
		return
	}
	m.list = list
	m.latest++
	version := m.latest
	for node := range m.member {
		delay := time.Duration(m.rand.Int64N(int64(within) + 1))
		r.net.At(r.net.Now()+delay, func() {
			if m.told[node] < version {
				m.told[node] = version
				r.net.SetMembers(node, list)
			}
		})
	}
}

// inform tells a node at once who the members are.
func (r *run[S, K]) inform(node int) {
	if m := &r.membership; m.list != nil {
		m.told[node] = m.latest
		r.net.SetMembers(node, m.list)
	}
}

// leave takes a node off the list, and lets it join again.
func (r *run[S, K]) leave(e Event) {
	m := &r.membership
	if !m.member[e.Node] || r.net.Replica(e.Node) == nil || len(m.nodes(-1)) <= 2 {
		return
	}
	m.member[e.Node] = false
	within := time.Duration(e.Value)
	r.renew(within)
	r.inform(e.Node)
	r.drain(e)
	if e.For > 0 {
		r.net.At(min(r.s.End, r.net.Now()+e.For), func() { r.join(e.Node, within) })
	}
}

// drain stops a node that leaves as soon as nothing is pending with it.
func (r *run[S, K]) drain(e Event) {
	const patience = 20 * time.Millisecond
	switch at := r.net.Replica(e.Node); {
	case at == nil, r.membership.in(e.Node):
		return // it has crashed meanwhile, or is to stay
	case at.Pending().Len() > 0 || r.net.Now() < r.net.Frozen(e.Node):
		r.net.At(r.net.Now()+patience, func() { r.drain(e) })
	default:
		r.tell("%-12v n%d has left", r.net.Now(), e.Node)
		r.closeStore(e.Node)
		r.net.Stop(e.Node)
		r.History.stop(r.net.Now(), e)
		if r.disks != nil {
			r.halt(e)
		} else if e.Lose {
			r.loseAll(e.Node)
		}
	}
}

// join puts a node on the list again, and starts it.
func (r *run[S, K]) join(node int, within time.Duration) {
	if r.membership.in(node) {
		return
	}
	r.membership.member[node] = true
	r.renew(within)
	r.inform(node)
	r.restart(node, func() error { return r.startWithAll(node) })
}

// forget has a node's list lack a peer for a while.
func (r *run[S, K]) forget(e Event) {
	nodes := r.membership.nodes(e.Peer)
	if !r.membership.in(e.Node) || e.Node == e.Peer || len(nodes) < 2 {
		return
	}
	list, err := r.net.Members(nodes...)
	if err != nil {
		r.violate(NoPanic, "there is no such list of members: %v", err)
		return
	}
	if r.membership.list == nil {
		r.renew(0) // for who is to remember
	}
	r.net.At(r.net.Now(), func() { r.net.SetMembers(e.Node, list) }) // once all others know
	r.net.At(min(r.s.End, r.net.Now()+e.For), func() { r.inform(e.Node) })
}

// rejoin has all know the same members. Who is about to leave stays.
func (r *run[S, K]) rejoin() {
	for node := range r.s.Nodes {
		if !r.membership.in(node) && r.net.Replica(node) != nil {
			r.membership.member[node] = true
		}
	}
	if r.membership.latest > 0 {
		r.renew(0)
	}
}
