package cluster

import (
	"context"
	"fmt"
	"maps"
	"slices"
	"sync"
	"time"

	"gset/replica/cluster/internal/link"
	"gset/replica/cluster/internal/wire"
)

// Refusal is a connection or a message that was refused, by this node or by a peer.
type Refusal struct {
	At      time.Time // the last time
	Count   uint64    // of those with the same peer and reason
	ByPeer  bool      // the peer has refused this node, and not this node the peer
	Address string    // the peer's; "" if it had a link
	Name    string    // the peer's, if it was known; not to be trusted before the certificate was accepted
	Reason  string
}

// maxRefusals is how many different refusals are kept; the oldest goes.
const maxRefusals = 64

type refusals struct {
	mu     sync.Mutex
	total  uint64
	byPeer uint64
	apart  bool // one was for another hash key of a cluster of the same name
	counts map[RefusedWhy]uint64
	last   []Refusal // the latest one is last

	messages map[string]time.Time // when a message of a peer was logged, by the peer's name
}

// messageLogEvery is the least time between two lines of the log about messages of one peer: a peer of a newer
// version may send what this one refuses all day long.
const messageLogEvery = time.Minute

// note notes a refusal, and reports whether it is to be logged: each peer and reason the first time, and of
// messages, whose reasons are many, one of a peer in messageLogEvery.
func (r *refusals) note(x Refusal, why RefusedWhy) (log bool) {
	r.mu.Lock()
	defer r.mu.Unlock()
	if r.counts == nil {
		r.counts = map[RefusedWhy]uint64{}
	}
	r.counts[why]++
	if x.ByPeer {
		r.byPeer++
	} else {
		r.total++
	}
	x.Count = 1
	same := func(y Refusal) bool { return x.ByPeer == y.ByPeer && x.Name == y.Name && x.Reason == y.Reason }
	i := slices.IndexFunc(r.last, same)
	if i < 0 && len(r.last) == maxRefusals {
		r.last = slices.Delete(r.last, 0, 1)
	}
	if i >= 0 {
		x.Count += r.last[i].Count
		r.last = slices.Delete(r.last, i, i+1)
	}
	r.last = append(r.last, x)
	if why.Kind == kindMessage {
		return r.logsMessage(x)
	}
	return i < 0
}

// logsMessage reports whether a message that was refused is to be logged.
func (r *refusals) logsMessage(x Refusal) bool {
	if at, ok := r.messages[x.Name]; ok && x.At.Sub(at) < messageLogEvery {
		return false
	}
	maps.DeleteFunc(r.messages, func(_ string, at time.Time) bool { return x.At.Sub(at) >= messageLogEvery })
	if len(r.messages) >= maxRefusals {
		return false
	}
	if r.messages == nil {
		r.messages = map[string]time.Time{}
	}
	r.messages[x.Name] = x.At
	return true
}

// RefusedWhy is a kind of refusal, of which there are a few.
type RefusedWhy struct {
	ByPeer bool

	// Kind is "identity" for a handshake of TLS that failed and a name that is not the certificate's; else
	// "version", "cluster", "name taken", "message" for one that makes no sense to this version, or "unavailable".
	Kind string
}

// kindMessage is the kind of a message or frame on a link that stays.
const kindMessage = "message"

func kindOf(r link.Refused) string {
	switch {
	case r.Address == "":
		return kindMessage
	case r.Refusal == wire.WrongVersion:
		return "version"
	case r.Refusal == wire.WrongCluster:
		return "cluster"
	case r.Refusal == wire.WrongName:
		return "identity"
	case r.Refusal == wire.NameTaken:
		return "name taken"
	}
	return "unavailable"
}

// noteRefused notes a refusal, and logs it unless that would be one line of many.
func (n *Node) noteRefused(r link.Refused) {
	log := n.refusals.note(
		Refusal{At: time.Now(), ByPeer: r.ByPeer, Address: r.Address, Name: r.Name, Reason: r.Reason},
		RefusedWhy{r.ByPeer, kindOf(r)})
	if r.OtherKey {
		n.refusals.mu.Lock()
		n.refusals.apart = true
		n.refusals.mu.Unlock()
	}
	if log {
		about := []any{"byPeer", r.ByPeer, "address", r.Address, "name", r.Name, "reason", r.Reason}
		if !r.Clock.IsZero() {
			about = append(about, "clock", r.Clock.UTC().Format(time.RFC3339))
		}
		n.config.Log.Warn("cluster: refused", about...)
	}
	if n.core != nil && n.ctx.Err() == nil {
		n.later(func(*Core) {})
	}
}

// noteEnded notes a connection to this node that has ended before it was known whose it is: a port that was looked at, or a
// peer that dials again, since it has heard from this node meanwhile.
func (n *Node) noteEnded(address string, err error) {
	n.config.Log.Debug("cluster: a connection has ended before its greeting", "address", address, "error", err)
}

// noteConflict notes that two addresses claim one name.
func (n *Node) noteConflict(name, known, other string) {
	n.noteRefused(link.Refused{
		Name: name, Address: other, Refusal: wire.NameTaken,
		Reason: fmt.Sprintf("the name %q is that of the member at %s", name, known),
	})
}

// namesakeTimeout is how long a member is waited for whose name another one claims.
const namesakeTimeout = 2 * time.Second

// admit decides on a member whose certificate, cluster and key are right. A name that is known at another
// address is taken if the member there answers, and is another life.
func (n *Node) admit(h wire.Hello) (wire.Refusal, string) {
	known, ok := n.endpoint.Address(h.Name)
	if !ok || known == h.Address {
		return wire.Accepted, ""
	}
	ctx, cancel := context.WithTimeout(n.ctx, namesakeTimeout)
	defer cancel()
	life, err := n.endpoint.Probe(ctx, h.Name, known)
	if err == nil && life != h.Life {
		return wire.NameTaken, fmt.Sprintf("the name %q is taken by the member at %s", h.Name, known)
	}
	return wire.Accepted, ""
}
