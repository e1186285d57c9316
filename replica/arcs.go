package replica

import (
	"slices"

	"gset/internal/ring"
)

// Rule *arcs*: how a scatter reaches every member of a cluster of any size, each once.
//
// The root of a scatter cuts the ring of members, from some point around, into at most fanout arcs. It
// sends the scatter to the first member of each arc, with the point at which the arc ends. A member
// that receives a scatter with an arc does the same with the rest of its arc, at once. In a
// cluster of up to fanout others every arc is a single member, and the tree has depth one.
//
// Members need not agree on a list. Arcs are disjoint, so no member gets a scatter twice. A member
// that only some know gets the scatter if the one whose arc covers it is among them.
//
// Each scatter begins at a random point. In a larger cluster it so goes down another tree. A member
// that has failed costs those behind it one scatter, which the next ones repeat (rule *overlap*), or on reliable links a repair.

// spread sends a scatter to the first member of each arc from begin to end, with the echoes for
// members in that arc. echoes must be in the order of the ring from begin on.
func (r *Replica[S]) spread(m Message[S], begin, end uint64, echoes []Echo) {
	r.out.Messages = slices.Grow(r.out.Messages, min(r.others, r.cfg.Fanout))
	points := r.points[:0]
	for _, e := range echoes {
		points = append(points, ring.Point(e.Member))
	}
	r.points = points
	for a := range r.members.ring.Arcs(begin, end, r.cfg.Fanout, [2]ID{r.cfg.Self, m.Root}) {
		from := leading(points, func(p uint64) bool { return p-begin < a.First.Point-begin })
		to := from + leading(points[from:], a.Has)
		m.Echoes = r.fitting(echoes[from:to], a.More)
		echoes, points = echoes[to:], points[to:]
		m.End = nil
		if a.More {
			m.End = &a.End
		}
		r.out.Messages = append(r.out.Messages, Envelope[S]{a.First.ID, m})
	}
}

// leading returns how many points at the front a condition is true of.
func leading(points []uint64, condition func(uint64) bool) int {
	n := 0
	for n < len(points) && condition(points[n]) {
		n++
	}
	return n
}

// fitting returns those of the echoes for members in an arc that go with the scatter. The member of a single
// arc gets one. The first member of a longer one gets as many as there is room for, and one at least: the
// header has room for that, if its name is no longer than any on the list.
func (r *Replica[S]) fitting(echoes []Echo, more bool) []Echo {
	if !more {
		echoes = echoes[:min(len(echoes), 1)]
	}
	room := r.echoRoom()
	for i, e := range echoes {
		if room -= e.room(); i == maxEchoes || len(e.Member) > r.members.longest || i > 0 && room < 0 {
			return echoes[:i]
		}
	}
	return echoes
}

// relay passes a scatter on to the members of the arc behind this replica.
func (r *Replica[S]) relay(from ID, m Message[S]) {
	m.Queued = false // that was of its way to this replica
	if m.Root == "" {
		m.Root = from
	}
	if m.End != nil {
		r.spread(m, r.point, *m.End, m.Echoes)
	}
}
