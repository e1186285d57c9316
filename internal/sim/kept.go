package sim

import (
	"slices"

	"gset/crdt"
	"gset/internal/simnet"
)

// requireKept holds the state that a node's disk gives back against what was acknowledged there.
func (r *run[S, K]) requireKept(node int, state S) {
	owed := r.disks[node].owed
	for _, s := range []S{owed.acked, owed.synced} {
		if crdt.Excess(s, state) > 0 {
			r.violate(Kept, "n%d's disk has lost %s", node, brief(s.Minus(state)))
		}
	}
}

// adopt settles the fate of updates of which nobody knew whether they were on a node's disk. What a
// commit was said to have failed for certain, or was void, must not come back.
func (r *run[S, K]) adopt(node int, state S) {
	open := r.disks[node].owed.open
	for part, count := range r.work.parts(state) {
		if count <= r.model.count(part) {
			continue
		}
		if !slices.Contains(open, issued[K]{part, count}) {
			r.violate(NothingForeign, "n%d's disk gives back %d of %v, where %d were acknowledged, and %v may have been", node, count, part, r.model.count(part), open)
			return
		}
		r.model.add(part, count)
		r.History.added(r.net.Now(), node, r.model.index[part])
	}
}

// requireNoRepetition holds that a node raises a counter's entry from what it was raised to last: a count that
// others may have heard of must not be told again for something else.
func (r *run[S, K]) requireNoRepetition(e Event, delta S) {
	if r.s.Lattice.set() {
		return
	}
	raised := uint64(0)
	for part, count := range r.work.parts(delta) {
		had := r.model.count(part)
		if raised += count - had; count < had || raised > amount(e) {
			r.violate(Exact, "n%d adds %d to %v, which had been told to be %d, and says %d", e.Node, amount(e), part, had, count)
			return
		}
	}
	if raised != amount(e) {
		r.violate(Exact, "n%d adds %d, and raises its entry by %d", e.Node, amount(e), raised)
	}
}

// requireExact holds the entries of each node in the counter that all have come to hold against what its clients
// were told. A node that lost its folder, or whose folder was set back, may have lost adds with it; one that is down
// may be alone with some.
func (r *run[S, K]) requireExact(state S) {
	if r.disks == nil || r.s.Lattice.set() {
		return
	}
	sums := make([]uint64, r.s.Nodes)
	for part, count := range r.work.parts(state) {
		sums[r.work.maker(part)] += count
	}
	for node, l := range r.model.ledgers {
		least := l.acked
		if l.setBack || r.net.Replica(node) == nil {
			least = 0
		}
		if got := sums[node]; got < least || got > l.acked+l.unknown {
			r.violate(Exact, "n%d was told to add %d, and perhaps %d more; all hold %d of it", node, l.acked, l.unknown, got)
		}
	}
}

// inspect looks at the disks of nodes that are down for good. Nothing befalls disks any more.
func (r *run[S, K]) inspect() {
	for node := range r.disks {
		if r.net.Replica(node) != nil || !r.going() {
			continue
		}
		state, _, err := r.openStore(node)
		if err != nil {
			r.violate(Kept, "the store of n%d, which is down, does not open: %v", node, err)
			return
		}
		r.requireKept(node, state)
	}
}

// watchDurability looks at every message for what is not durable at its sender.
func (r *run[S, K]) watchDurability() {
	watch := r.net.Watch
	var none S
	var last any // of the deltas that have been looked at, which go to several nodes
	from := -1
	r.net.Watch = func(fate simnet.Fate, p simnet.Packet[S]) {
		if watch != nil {
			watch(fate, p)
		}
		delta := p.Message.Delta
		if fate != simnet.Sent || any(delta) == any(none) || any(delta) == last && p.From == from {
			return
		}
		last, from = delta, p.From
		d := r.disks[p.From]
		if crdt.Excess(delta, d.owed.synced) == 0 {
			return
		}
		rest := delta.Minus(d.owed.synced)
		if !d.ahead.Saved() {
			rest = rest.Minus(d.ahead.Unsaved())
		}
		if rest.Len() > 0 {
			r.violate(Told, "n%d sends n%d a %v of %s", p.From, p.To, p.Message.Kind, brief(rest))
		}
	}
}
