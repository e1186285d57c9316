package ring

import "iter"

// Arc is a part of the ring: a member, and what follows it up to a point.
type Arc[ID ~string] struct {
	First Member[ID]
	End   uint64 // the first point that is not in the arc any more
	More  bool   // whether anyone is known to follow the first member
}

// Has reports whether a point is in the arc.
func (a Arc[ID]) Has(point uint64) bool { return point-a.First.Point < a.End-a.First.Point }

// Arcs cuts the ring from begin to end, all of it if these are the same, into at most fanout arcs
// of its members, except for two: who cuts, and the root of the scatter. It packs them: as few
// arcs as possible have more than one member, and all but the last of those are full trees, so that
// few inner members can fail.
func (r Ring[ID]) Arcs(begin, end uint64, fanout int, except [2]ID) iter.Seq[Arc[ID]] {
	return func(yield func(Arc[ID]) bool) {
		left := 0
		for range r.between(begin, end, except) {
			left++
		}
		full := 1 // members of an arc that is full
		for full*fanout < left {
			full = full*fanout + 1
		}
		var (
			a     Arc[ID]
			size  int // of the arc in the making
			slots = min(fanout, left)
		)
		for x := range r.between(begin, end, except) {
			if size == 0 {
				if a.First.ID != "" {
					a.End = x.Point
					if !yield(a) {
						return
					}
				}
				size = min(full, left-(slots-1))
				a = Arc[ID]{First: x, End: end, More: size > 1}
				left, slots = left-size, slots-1
			}
			size--
		}
		if a.First.ID != "" {
			yield(a)
		}
	}
}

// between yields the members from begin to end around the ring, all if these are the
// same, but for two.
func (r Ring[ID]) between(begin, end uint64, except [2]ID) iter.Seq[Member[ID]] {
	return func(yield func(Member[ID]) bool) {
		at := r.from(begin)
		for i := range r {
			x := r[(at+i)%len(r)]
			if begin != end && x.Point-begin >= end-begin {
				return
			}
			if x.ID != except[0] && x.ID != except[1] && !yield(x) {
				return
			}
		}
	}
}
