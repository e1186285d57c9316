// Package ring has the members of a cluster on a ring of 64-bit numbers. Every member has a point on it, the
// hash of its name, and all that is decided by the ring depends on points alone: who comes first in an order,
// by rendezvous hashing; whose turn it is, by a random permutation; and how the ring is cut into arcs. So
// replicas whose lists differ a little agree on the point of each member, and on nearly all else.
package ring

import (
	"cmp"
	"slices"

	"github.com/dchest/siphash"

	"gset/crdt/riblt"
)

// Ring is members in the order of their points, no two of which are the same. It is not changed once made.
type Ring[ID ~string] []Member[ID]

// Member is a member and its point.
type Member[ID ~string] struct {
	ID    ID
	Point uint64
}

// Point returns the point of a member. The hash is the same in all clusters.
func Point[ID ~string](id ID) uint64 { return siphash.Hash(0, 0, []byte(id)) }

// New returns the ring of some members, given in any order. The caller sees to it that neighbours on it
// differ.
func New[ID ~string](ids []ID) Ring[ID] {
	r := make(Ring[ID], len(ids))
	for i, id := range ids {
		r[i] = Member[ID]{id, Point(id)}
	}
	slices.SortFunc(r, func(a, b Member[ID]) int { return cmp.Compare(a.Point, b.Point) })
	return r
}

// Contains reports whether a member is on the ring.
func (r Ring[ID]) Contains(id ID) bool {
	i := r.from(Point(id))
	return i < len(r) && r[i].ID == id
}

// from returns the place of the first member at a point or behind it.
func (r Ring[ID]) from(point uint64) int {
	i, _ := slices.BinarySearchFunc(r, point, func(m Member[ID], p uint64) int { return cmp.Compare(m.Point, p) })
	return i
}

// Number returns the number that an order gives a point.
func Number(point, order uint64) uint64 { return riblt.Mix(point ^ order) }

// First returns the first member of an order, from a number on and around, and that member's number. The
// ring must not be empty. An order is any number. It gives each member a number of its own, see
// Number: a permutation. That is rendezvous hashing (Thaler and Ravishankar 1998): a ring
// with one member more or less has another first member with a probability of 1/n.
func (r Ring[ID]) First(order, from uint64) (id ID, number uint64) {
	least := ^uint64(0)
	for i := range r {
		if n := Number(r[i].Point, order); n-from <= least {
			id, number, least = r[i].ID, n, n-from
		}
	}
	return id, number
}

// Turn is a random permutation of the members: nobody's turn comes twice before that of every other has
// come once. It survives a change of the ring.
type Turn struct {
	Order uint64 // which permutation
	At    uint64 // the number in it from which on the next member is looked for
}

// Next returns whose turn it is, never self, and takes the turn on to the next one. There must be a member
// besides self.
func Next[ID ~string](t *Turn, r Ring[ID], self ID) ID {
	for {
		id, number := r.First(t.Order, t.At)
		t.At = number + 1
		if id != self {
			return id
		}
	}
}
