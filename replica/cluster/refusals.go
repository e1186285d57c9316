package cluster

import (
	"context"
	"fmt"
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
	ByPeer  bool      // the peer has refused this node
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
	counts map[RefusedWhy]uint64
	last   []Refusal // the latest one is last
}

func (r *refusals) note(x Refusal, why RefusedWhy) (isNew bool) {
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
	return i < 0
}

// RefusedWhy is a kind of refusal, of which there are a few.
type RefusedWhy struct {
	ByPeer bool

	// Kind is "identity" for a handshake of TLS that failed and a name that is not the certificate's; else
	// "version", "cluster", "name taken", "message" for one that makes no sense, or "unavailable".
	Kind string
}

func kindOf(r link.Refused) string {
	switch {
	case r.Address == "":
		return "message"
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

// noteRefused notes a refusal. Each peer and reason is logged the first time.
func (n *Node) noteRefused(r link.Refused) {
	isNew := n.refusals.note(
		Refusal{At: time.Now(), ByPeer: r.ByPeer, Address: r.Address, Name: r.Name, Reason: r.Reason},
		RefusedWhy{r.ByPeer, kindOf(r)})
	if isNew {
		n.config.Log.Warn("cluster: refused", "byPeer", r.ByPeer, "address", r.Address, "name", r.Name, "reason", r.Reason)
	}
	if n.core != nil && n.ctx.Err() == nil {
		n.later(func(*Core) {})
	}
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
