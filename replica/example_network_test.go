package replica_test

import (
	"time"

	"gset/crdt"
	"gset/replica"
)

// exampleKey is the hash key of the examples' cluster. A real one is drawn at random.
var exampleKey = crdt.Key{0x1f2e3d4c5b6a7988, 0x0123456789abcdef}

// network is the driver of the examples: replicas in one process, a clock that the example sets,
// and messages that take no time.
type network[S crdt.Lattice[S]] struct {
	now   time.Duration
	names []replica.ID // in the order in which they joined
	nodes map[replica.ID]*replica.Replica[S]
}

// start adds a replica.
func (n *network[S]) start(cfg replica.Config, state S) {
	r, err := replica.New(cfg, state, n.now)
	n.run(cfg.Self, r, err)
}

// run adds a replica, or one in place of an earlier one of that name.
func (n *network[S]) run(id replica.ID, r *replica.Replica[S], err error) {
	check(err)
	if n.nodes == nil {
		n.nodes = make(map[replica.ID]*replica.Replica[S])
	}
	if n.nodes[id] == nil {
		n.names = append(n.names, id)
	}
	n.nodes[id] = r
}

// update adds a delta at a member.
func (n *network[S]) update(at replica.ID, delta S) {
	out, err := n.nodes[at].Update(n.now, delta)
	n.carry(at, out, err)
}

// carry delivers the messages of an output, and those that they cause. What is sent to nobody in
// the network is lost.
func (n *network[S]) carry(from replica.ID, out replica.Output[S], err error) {
	check(err)
	for _, e := range out.Messages {
		if to := n.nodes[e.To]; to != nil {
			answer, err := to.Receive(n.now, from, e.Message)
			n.carry(e.To, answer, err)
		}
	}
}

// wait lets time pass.
func (n *network[S]) wait(d time.Duration) {
	for end := n.now + d; n.now < end; n.now += time.Millisecond {
		for _, id := range n.names {
			if r := n.nodes[id]; r != nil && r.Deadline() <= n.now {
				n.carry(id, r.Tick(n.now), nil)
			}
		}
	}
}

// members returns a list of members.
func members(ids ...replica.ID) *replica.Members {
	list, err := replica.NewMembers(ids...)
	check(err)
	return list
}
