package replica

import (
	"iter"
	"slices"
	"time"
)

// Rule *scale*: among more than fanout others a scatter goes down a tree. Whoever
// scatters is its root, every member passes the message on to fanout more at once, and
// each gets it exactly once. The tree is drawn from the shared coin, another one in each
// view, so it takes no words to agree on it: the message names its view and its root.
//
// A member that fails leaves those below it without scatters. They find out by probes
// that they lack something, and that the hub has been silent for them only; then they
// adopt the next view, which has another tree.

// DefaultFanout is the fanout where Config has none. At 128 a cluster of up to 129 scatters
// directly, and one of up to 16,513 in two hops. At 64 one of 10,000 would take three, and
// have twice as many inner nodes that may fail; at 256 a hub's bursts would be twice as long,
// for no fewer hops. docs/SCALE.md has the measurements.
const DefaultFanout = 128

// tree is the shape of the scatters of a view. The members are put in a circle, in steps
// of a number drawn by the coin that has no factor in common with theirs, beginning with
// the root; positions count from there, and those fanout·p+1 to fanout·p+fanout are below
// position p.
type tree struct {
	members, fanout int
	step            int // from the member in one position to that in the next
	back            int // the inverse of step modulo members
}

// tree draws the tree of a view.
func (c coin) tree(view uint64, fanout int) tree {
	n := len(c.members)
	step, back := coprime(1+int(c.draw(1, view)%uint64(n)), n)
	return tree{members: n, fanout: fanout, step: step, back: back}
}

// position returns where a member is below a root, which is in position 0.
func (t tree) position(member, root int) int {
	return (member - root + t.members) % t.members * t.back % t.members
}

// children yields the members that a member passes a scatter of a root on to.
func (t tree) children(member, root int) iter.Seq[int] {
	return func(yield func(int) bool) {
		first := t.position(member, root)*t.fanout + 1
		for p := first; p < min(first+t.fanout, t.members); p++ {
			if !yield((root + p*t.step) % t.members) {
				return
			}
		}
	}
}

// below reports whether a member is in the part of the tree that hangs from another.
func (t tree) below(member, from, root int) bool {
	p, top := t.position(member, root), t.position(from, root)
	for p > top {
		p = (p - 1) / t.fanout
	}
	return p == top
}

// Relay is on a scatter that goes down a tree. It is passed on as it came, but for the
// echoes of those who are not below.
type Relay struct {
	Root   int    // who scatters: the place in the sorted list of members
	Echoes []Echo // instead of the message's Answer, by increasing member
}

// Echo answers a gather of the root's round.
type Echo struct {
	Member int // whose gather it was: the place in the sorted list of members
	Answer
}

// wide reports whether this replica's scatters go down a tree.
func (r *Replica[S]) wide() bool { return len(r.coin.members)-1 > r.cfg.Fanout }

// tree returns that of a view. Nearly always it is asked for the same one as before.
func (r *Replica[S]) tree(view uint64) tree {
	if r.shape.members == 0 || r.shaped != view {
		r.shape, r.shaped = r.coin.tree(view, r.cfg.Fanout), view
	}
	return r.shape
}

// echoes returns the answers to the gathers of the round, as many as a message has room
// for besides a quarter of its payload.
func (r *Replica[S]) echoes(now time.Duration) []Echo {
	var echoes []Echo
	for from, gather := range r.round.answers {
		echoes = append(echoes, Echo{from, Answer{gather.stamp, now - gather.at}})
	}
	slices.SortFunc(echoes, func(a, b Echo) int { return a.Member - b.Member })
	return echoes[:min(len(echoes), r.payload()/4/maxEcho)]
}

// relay passes a scatter on to those right below.
func (r *Replica[S]) relay(m Message[S]) {
	t, root := r.tree(m.View), m.Relay.Root
	for child := range t.children(r.self, root) {
		copied := m
		copied.Relay = &Relay{Root: root}
		for _, e := range m.Relay.Echoes {
			if t.below(e.Member, child, root) {
				copied.Relay.Echoes = append(copied.Relay.Echoes, e)
			}
		}
		r.out.Messages = append(r.out.Messages, Envelope[S]{r.coin.members[child], copied})
	}
}

// own returns the answer to this replica's gather, if there is one.
func (r *Replica[S]) own(echoes []Echo) *Answer {
	for _, e := range echoes {
		if e.Member == r.self {
			return &e.Answer
		}
	}
	return nil
}

// severed reports whether this replica, which has just learned something in a repair, has
// reason to believe that it is not the news alone that got lost on its way down the tree:
// it has not heard of the hub for longer than a busy hub is silent.
func (r *Replica[S]) severed(now time.Duration) bool {
	return r.wide() && now-r.leaf.heard > r.cfg.Interval+2*r.rtt.settling()
}
