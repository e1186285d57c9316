package replica

import (
	"cmp"
	"encoding/binary"
	"errors"
	"fmt"
	"iter"
	"slices"

	"github.com/dchest/siphash"

	"gset/crdt"
	"gset/crdt/riblt"
)

// ID names a member of the cluster: 1 to MaxID bytes of any value.
type ID string

const (
	// MaxID bounds a name, since a message gives a name's length in a byte.
	MaxID = 255

	// MaxMembers keeps member lists, and the work per view and scatter, sane.
	MaxMembers = 1 << 16
)

// Members is a list of the members of a cluster. It is immutable, so any number of
// replicas may share one.
//
// Every member has a point on a ring of 64-bit numbers, the hash of its name. Hubs are drawn and
// arcs are cut by these points alone. So replicas whose lists differ a little agree on the point
// of each member, and nearly always on the hub.
type Members struct {
	ring    []member // in the order of points
	longest int      // the most bytes in a name
}

type member struct {
	id    ID
	point uint64
}

// NewMembers returns the list of the given members, in any order. It fails if there are none or more
// than MaxMembers, if a name is empty or longer than MaxID, or listed twice.
func NewMembers(ids ...ID) (*Members, error) {
	if len(ids) == 0 || len(ids) > MaxMembers {
		return nil, fmt.Errorf("replica: a list of %d members, outside 1 to %d", len(ids), MaxMembers)
	}
	ring := make([]member, 0, len(ids))
	for _, id := range ids {
		if err := id.check(); err != nil {
			return nil, fmt.Errorf("replica: %w", err)
		}
		ring = append(ring, member{id, pointOf(id)})
	}
	slices.SortFunc(ring, func(a, b member) int { return cmp.Compare(a.point, b.point) })
	longest := len(ring[0].id)
	for i := 1; i < len(ring); i++ {
		longest = max(longest, len(ring[i].id))
		switch a, b := ring[i-1], ring[i]; {
		case a.id == b.id:
			return nil, fmt.Errorf("replica: member %q is listed twice", a.id)
		case a.point == b.point:
			return nil, fmt.Errorf("replica: members %q and %q have the same hash; rename one", a.id, b.id)
		}
	}
	return &Members{ring, longest}, nil
}

func (id ID) check() error {
	switch {
	case id == "":
		return errors.New("a member without a name")
	case len(id) > MaxID:
		return fmt.Errorf("member %.20q... has a name of %d bytes, more than %d", id, len(id), MaxID)
	}
	return nil
}

// pointOf returns the point of a member. The hash is the same in all clusters.
func pointOf(id ID) uint64 { return siphash.Hash(0, 0, []byte(id)) }

// Len is the number of members.
func (m *Members) Len() int { return len(m.ring) }

// All yields the members, in the order of their points.
func (m *Members) All() iter.Seq[ID] {
	return func(yield func(ID) bool) {
		for _, x := range m.ring {
			if !yield(x.id) {
				return
			}
		}
	}
}

// Contains reports whether an id is on the list.
func (m *Members) Contains(id ID) bool {
	i := m.from(pointOf(id))
	return i < len(m.ring) && m.ring[i].id == id
}

// from returns the place of the first member at a point or behind it.
func (m *Members) from(point uint64) int {
	i, _ := slices.BinarySearchFunc(m.ring, point, func(x member, p uint64) int { return cmp.Compare(x.point, p) })
	return i
}

// draw is the shared coin: a number that every member computes alike for a view.
func draw(key crdt.Key, view uint64) uint64 {
	return siphash.Hash(key[0], key[1], binary.LittleEndian.AppendUint64(nil, view))
}

// hub returns the hub that a draw appoints, by rendezvous hashing (Thaler and Ravishankar 1998):
// the member that comes first in the order that the draw puts all members into. A list with
// one member more or less has another hub with a probability of 1/n.
func (m *Members) hub(draw uint64) ID {
	first, _ := m.first(draw, 0)
	return m.ring[first].id
}

// first returns the first member of an order, from a number on and around, and that member's number.
// An order is any number. It gives each member a number of its own: riblt.Mix(point xor order), and
// Mix is a permutation.
func (m *Members) first(order, from uint64) (place int, number uint64) {
	least := ^uint64(0)
	for i := range m.ring {
		if n := riblt.Mix(m.ring[i].point ^ order); n-from <= least {
			place, number, least = i, n, n-from
		}
	}
	return place, number
}

// turn is a random permutation of the members: no peer is probed twice before every other
// has been probed once. It survives a change of the list.
type turn struct {
	order uint64 // which permutation
	at    uint64 // the number in it from which on the next member is looked for
}

// next returns whose turn it is, never self. There must be a member besides self.
func (t *turn) next(m *Members, self ID) ID {
	for {
		place, number := m.first(t.order, t.at)
		t.at = number + 1
		if id := m.ring[place].id; id != self {
			return id
		}
	}
}

// ClusterID tells clusters apart. It is on every message. A message of a cluster with another
// hash key is refused: digests under different keys never match.
type ClusterID uint32

// ClusterOf returns the id of the cluster with a hash key.
func ClusterOf(key crdt.Key) ClusterID {
	return ClusterID(siphash.Hash(key[0], key[1], []byte("cluster")))
}
