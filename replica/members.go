package replica

import (
	"encoding/binary"
	"errors"
	"fmt"
	"iter"
	"time"

	"github.com/dchest/siphash"

	"gset/crdt"
	"gset/internal/ring"
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
	ring    ring.Ring[ID]
	longest int // the most bytes in a name
}

// NewMembers returns the list of the given members, in any order. It fails if there are none or more
// than MaxMembers, if a name is empty or longer than MaxID, or listed twice.
func NewMembers(ids ...ID) (*Members, error) {
	if len(ids) == 0 || len(ids) > MaxMembers {
		return nil, fmt.Errorf("replica: a list of %d members, outside 1 to %d", len(ids), MaxMembers)
	}
	for _, id := range ids {
		if err := id.check(); err != nil {
			return nil, fmt.Errorf("replica: %w", err)
		}
	}
	all := ring.New(ids)
	longest := len(all[0].ID)
	for i := 1; i < len(all); i++ {
		longest = max(longest, len(all[i].ID))
		switch a, b := all[i-1], all[i]; {
		case a.ID == b.ID:
			return nil, fmt.Errorf("replica: member %q is listed twice", a.ID)
		case a.Point == b.Point:
			return nil, fmt.Errorf("replica: members %q and %q have the same hash; rename one", a.ID, b.ID)
		}
	}
	return &Members{all, longest}, nil
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

// Len is the number of members.
func (m *Members) Len() int { return len(m.ring) }

// All yields the members, in the order of their points.
func (m *Members) All() iter.Seq[ID] {
	return func(yield func(ID) bool) {
		for _, x := range m.ring {
			if !yield(x.ID) {
				return
			}
		}
	}
}

// Contains reports whether an id is on the list.
func (m *Members) Contains(id ID) bool { return m.ring.Contains(id) }

// draw is the shared coin: a number that every member computes alike for a view.
func draw(key crdt.Key, view uint64) uint64 {
	return siphash.Hash(key[0], key[1], binary.LittleEndian.AppendUint64(nil, view))
}

// hub returns the hub that a draw appoints: the member that comes first in the order that the draw puts all
// members into.
func (m *Members) hub(draw uint64) ID {
	first, _ := m.ring.First(draw, 0)
	return first
}

// ClusterID tells clusters apart. It is on every message. A message of a cluster with another
// hash key is refused: digests under different keys never match.
type ClusterID uint32

// ClusterOf returns the id of the cluster with a hash key.
func ClusterOf(key crdt.Key) ClusterID {
	return ClusterID(siphash.Hash(key[0], key[1], []byte("cluster")))
}

// SetMembers tells the replica who is in the cluster from now on. Members may be told at different
// times and in any order. Meanwhile they understand each other: a sender who is not on the
// list is heard and answered, but never drawn as a hub or probed first, and scattered to only if it
// has gathered of late.
//
// Without Self on the list the replica is about to leave. It gives up each view that appoints it by
// a list with it, which others may have yet, and goes on sending what is pending. The package documentation
// says when to stop it. A nil list is an error.
func (r *Replica[S]) SetMembers(now time.Duration, members *Members) (Output[S], error) {
	if members == nil {
		return Output[S]{}, errNoMembers
	}
	r.setMembers(members)
	if r.alone() {
		r.hear(r.pending) // there is nobody to tell
	}
	if !members.Contains(r.cfg.Self) && (r.hub == r.cfg.Self || r.expected()) {
		r.giveUp(now)
	} else if r.appointed() != r.hub {
		r.follow(now)
	}
	return r.act(now), nil
}
