package replica

import (
	"iter"
	"slices"
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
// that has failed costs those behind it one scatter, which the next ones repeat (rule *overlap*).

// arc is a part of the ring: a member, and what follows it up to a point.
type arc struct {
	first member
	end   uint64 // the first point that is not in the arc any more
	more  bool   // whether anyone is known to follow the first member
}

// has reports whether a point is in the arc.
func (a arc) has(point uint64) bool { return point-a.first.point < a.end-a.first.point }

// arcs cuts the ring from begin to end, all of it if these are the same, into at most fanout arcs
// of its members, except for two: this replica and the root of the scatter. It packs them: as few
// arcs as possible have more than one member, and all but the last of those are full trees, so that
// few inner members can fail.
func (m *Members) arcs(begin, end uint64, fanout int, except [2]ID) iter.Seq[arc] {
	return func(yield func(arc) bool) {
		left := 0
		for range m.between(begin, end, except) {
			left++
		}
		full := 1 // members of an arc that is full
		for full*fanout < left {
			full = full*fanout + 1
		}
		var (
			a     arc
			size  int // of the arc in the making
			slots = min(fanout, left)
		)
		for x := range m.between(begin, end, except) {
			if size == 0 {
				if a.first.id != "" {
					a.end = x.point
					if !yield(a) {
						return
					}
				}
				size = min(full, left-(slots-1))
				a = arc{first: x, end: end, more: size > 1}
				left, slots = left-size, slots-1
			}
			size--
		}
		if a.first.id != "" {
			yield(a)
		}
	}
}

// between yields the members from begin to end around the ring, all if these are the
// same, but for two.
func (m *Members) between(begin, end uint64, except [2]ID) iter.Seq[member] {
	return func(yield func(member) bool) {
		at := m.from(begin)
		for i := range m.ring {
			x := m.ring[(at+i)%len(m.ring)]
			if begin != end && x.point-begin >= end-begin {
				return
			}
			if x.id != except[0] && x.id != except[1] && !yield(x) {
				return
			}
		}
	}
}

// spread sends a scatter to the first member of each arc from begin to end, with the echoes for
// members in that arc. echoes must be in the order of the ring from begin on.
func (r *Replica[S]) spread(m Message[S], begin, end uint64, echoes []Echo) {
	r.out.Messages = slices.Grow(r.out.Messages, min(r.others, r.cfg.Fanout))
	for a := range r.members.arcs(begin, end, r.cfg.Fanout, [2]ID{r.cfg.Self, m.Root}) {
		before := func(e Echo) bool { return pointOf(e.Member)-begin < a.first.point-begin }
		m.Echoes, echoes = divide(drop(echoes, before), a, r.members.longest, r.echoRoom())
		m.End = nil
		if a.more {
			m.End = &a.end
		}
		r.out.Messages = append(r.out.Messages, Envelope[S]{a.first.id, m})
	}
}

// drop leaves out the echoes at the front of which a condition is true.
func drop(echoes []Echo, condition func(Echo) bool) []Echo {
	for len(echoes) > 0 && condition(echoes[0]) {
		echoes = echoes[1:]
	}
	return echoes
}

// divide cuts the echoes for members in an arc off the front, and returns them and the others. The
// member of a single arc gets one. The first member of a longer one gets as many as room bytes
// hold, and one at least: the header has room for that, if its name is no longer than longest.
func divide(echoes []Echo, a arc, longest, room int) (its, others []Echo) {
	others = drop(echoes, func(e Echo) bool { return a.has(pointOf(e.Member)) })
	its = echoes[:len(echoes)-len(others)]
	if !a.more {
		its = its[:min(len(its), 1)]
	}
	for i, e := range its {
		if room -= e.room(); i == maxEchoes || len(e.Member) > longest || i > 0 && room < 0 {
			return its[:i], others
		}
	}
	return its, others
}

// relay passes a scatter on to the members of the arc behind this replica.
func (r *Replica[S]) relay(from ID, m Message[S]) {
	if m.Root == "" {
		m.Root = from
	}
	if m.End != nil {
		r.spread(m, r.point, *m.End, m.Echoes)
	}
}
