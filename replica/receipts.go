package replica

import (
	"slices"

	"gset/crdt"
)

// Rule *receipts*: on reliable links a hub acknowledges gathers by their digests, and does not send a leaf
// back what the leaf has told it.
//
// Where messages get lost the echo of an update is cheap: it goes to every member in the same scatter. Where they
// do not, and a cluster is small, it is up to a third of the bytes. So with Config.Reliable a scatter
// that goes straight to a leaf has the digests of the leaf's gathers, of which the leaf still has the batches. The
// few leaves that brought much of the round are scattered the rest of it alone.
//
// A gather is acknowledged when all of its updates are being told to every member, or have been. A digest of a
// batch that the leaf has taken back meanwhile, to send it once more, says nothing to the leaf: it gets
// another one for what it sent.

const (
	// A leaf that brought this part of what a scatter tells is not told it again, and there are so many of those at
	// most: each costs an encoding.
	ownShare  = 4
	ownDeltas = 4
)

// receipt is the gathers of a leaf that are to be acknowledged by their digests.
type receipt[S crdt.Lattice[S]] struct {
	from    ID
	digests []crdt.Fingerprint
	brought S // their updates
}

// owed returns how many irreducible parts there are in the gathers that are to be acknowledged.
func (r *round[S]) owed() (parts int) {
	for _, g := range r.receipts {
		parts += g.brought.Len()
	}
	return parts
}

// receive notes a gather that is to be acknowledged.
func (r *round[S]) receive(from ID, delta S) {
	at := slices.IndexFunc(r.receipts, func(g receipt[S]) bool { return g.from == from })
	if at < 0 {
		at = len(r.receipts)
		r.receipts = append(r.receipts, receipt[S]{from: from, brought: delta.New()})
	}
	g, digest := &r.receipts[at], delta.Digest().Fingerprint()
	if !slices.Contains(g.digests, digest) { // else the gather has come twice
		g.digests, g.brought = append(g.digests, digest), grown(g.brought, delta)
	}
}

// receipted reports whether this replica acknowledges gathers by their digests.
func (r *Replica[S]) receipted() bool { return r.cfg.Reliable && !r.inTrees() }

// debt is what a scatter owes to a leaf.
type debt[S crdt.Lattice[S]] struct {
	receipt[S]
	parts []S // what it is told, a message each
	at    int // how many of them are in place
}

// settle puts what leaves are owed into the messages of a scatter, which are those of the output from first on, and have
// the parts given for all. told is what the scatter tells, and rest what it had no room for.
func (r *Replica[S]) settle(first int, parts []S, told, rest S) {
	if len(r.round.receipts) == 0 {
		return
	}
	debts := r.debts(rest)
	scattered := slices.Clone(r.out.Messages[first:])
	all := r.out.Messages[:first]
	roomy, own := r.hasRoom(parts[0]), 0
	for _, e := range scattered {
		d := debts[e.To]
		if d == nil || e.Message.End != nil {
			all = append(all, e)
			continue
		}
		if d.at == 0 {
			room := roomy
			if d.parts = parts; own < ownDeltas && r.bringMuch(d, told, len(parts)) {
				own, room = own+1, r.hasRoom(d.parts[0])
			}
			all = r.acknowledge(all, &e, d.digests, room)
		}
		if d.at < len(d.parts) {
			e.Message.Delta = d.parts[d.at]
			all = append(all, e)
		}
		d.at++
	}
	r.out.Messages = all
}

// debts returns what each leaf is owed. Receipts of which a part is told later stay for that scatter.
func (r *Replica[S]) debts(rest S) map[ID]*debt[S] {
	all := make(map[ID]*debt[S], len(r.round.receipts))
	r.round.receipts = slices.DeleteFunc(r.round.receipts, func(g receipt[S]) (told bool) {
		d := &debt[S]{receipt: g}
		all[g.from] = d
		if told = rest.Len() == 0 || r.without(g.brought, rest).Len() == g.brought.Len(); !told {
			d.digests = nil
		}
		return told
	})
	return all
}

// bringMuch has a leaf told less than all others, if it has brought much of that: the rest, in count messages at most.
func (r *Replica[S]) bringMuch(d *debt[S], told S, count int) bool {
	if d.brought.Len()*ownShare < told.Len() {
		return false
	}
	parts, left := r.cut(r.without(told, d.brought), r.payload(), count)
	if left.Len() > 0 {
		return false
	}
	if d.parts = slices.Clone(parts); len(d.parts) == 0 {
		d.parts = []S{r.none}
	}
	return true
}

// acknowledge puts digests into a leaf's message, if that has room for them, and into messages of their own otherwise.
func (r *Replica[S]) acknowledge(all []Envelope[S], e *Envelope[S], acks []crdt.Fingerprint, roomy bool) []Envelope[S] {
	for some := range slices.Chunk(acks, maxAcks) {
		if roomy {
			e.Message.Acks, roomy = some, false
			continue
		}
		alone := *e
		alone.Message.Acks, alone.Message.Delta = some, r.none
		all = append(all, alone)
	}
	return all
}

// hasRoom reports whether a message has room for digests beside a delta.
func (r *Replica[S]) hasRoom(delta S) bool {
	_, fits, _ := r.encoded(delta, r.payload()-ackRoom)
	return fits
}
