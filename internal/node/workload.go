package node

import (
	"encoding/json"

	"gset/crdt"
)

// Workload is a Maelstrom workload over a lattice.
type Workload[S crdt.Lattice[S]] struct {
	// Bottom returns the empty state under a hash key.
	Bottom func(key crdt.Key) S

	// Updates and Reads have a handler for every type of request clients make, but init.
	Updates map[string]Update[S]
	Reads   map[string]Read[S]

	// Ledger is for states that count by origin; nil for others.
	Ledger *Ledger[S]
}

// Update handles a request that adds something. From the request's body it returns what is to be done, and the body of the
// reply, whose in_reply_to is set by the caller. An error is a *maelstrom.RPCError, sent to the client,
// and adds nothing.
type Update[S crdt.Lattice[S]] func(body json.RawMessage) (Change[S], Reply, error)

// Change returns the delta to be added at this node, which may be empty. It must not change or keep the states in
// local. What is said of Update's error holds for a Change's.
type Change[S crdt.Lattice[S]] func(local Local[S]) (delta S, err error)

// Read handles a request that adds nothing. What is said of the others holds for a Read.
type Read[S crdt.Lattice[S]] func(local Local[S], body json.RawMessage) (Reply, error)

// Local is what a request finds at the node that it came to. The node's state is the join of
// Stable and Pending.
type Local[S crdt.Lattice[S]] struct {
	// Stable and Pending are the replica's values. Reading them copies nothing.
	Stable, Pending S

	// made is the join of the updates that are to be committed together with this one; the zero S if
	// there are none.
	made S

	// Origin is this node, and its incarnation. A node that is started again with its data goes on
	// with its incarnation. One that has lost its state, or may have, has a new one, drawn at random.
	Origin crdt.Origin
}

// State returns the node's state. That is a copy while updates are pending: for reads, not for
// updates.
func (l Local[S]) State() S {
	if l.Pending.Len() == 0 {
		return l.Stable
	}
	all := l.Stable.Clone()
	all.Join(l.Pending)
	return all
}
