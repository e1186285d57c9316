package replica

import (
	"time"

	"gset/crdt"
	"gset/crdt/riblt"
)

// Rule *walk*: how a repair that takes more than a few messages goes on, step by step, through the
// keys.
//
// No event sends more than a budget of messages. An answer that the budget cuts off names the
// rest of its key range, and the receiver asks for that by a probe of the rest. The receiver
// remembers one such range, so that a lost message costs a step and not the walk.
//
// One member should not repair all others, nor be repaired by all others. So a replica walks with one
// peer at a time. To another peer that asks for a walk meanwhile it sends a busy: cells whose rest is
// everything. That peer probes the next one instead. After a partition, members of the two sides thus
// find each other in pairs.

// walk is the key range that a repair has still to go through, with a peer.
type walk struct {
	peer  ID
	rest  Range         // zero for the side that answers
	all   bool          // the peer sends all its cells, and needs no description of ours
	until time.Duration // when the walk is over, unless the peer is heard before
	tries int           // that came to nothing
}

// maxTries is how often a walk asks in vain before it is given up. A probe will start
// another if the difference is still there.
const maxTries = 8

// goOn asks for the rest of a repair, if there is one: the sender of the message, or the next peer if the
// sender is busy.
func (r *Replica[S]) goOn(now time.Duration, from ID, m Message[S]) {
	switch {
	case r.walks(now) && r.walk.peer != from:
	case m.Rest == (Range{}):
		if r.walk.rest != (Range{}) && m.Kind == Diff && m.Range.Last >= r.walk.rest.Last {
			r.walk = walk{} // it has come to its end
			r.suspect(from, now+r.window())
		}
	case m.Rest == Everything:
		r.walk.rest = Everything
		r.resume(now)
	default:
		r.walk = walk{peer: from, rest: m.Rest, all: m.Kind == Diff && m.Sketch == nil}
		r.step(now)
	}
}

// step asks the peer of the walk for the rest.
func (r *Replica[S]) step(now time.Duration) {
	w := &r.walk
	w.until = now + 2*r.rtt.timeout()
	if w.rest == Everything { // a peer that is equal does not answer
		w.until = now + r.rtt.timeout()
	}
	r.observe(Event{Kind: Walked, Peer: w.peer})
	if w.all {
		r.send(now, w.peer, Message[S]{Kind: Probe, Range: w.rest, Sketch: riblt.New(0)})
	} else {
		r.ask(now, w.peer, w.rest)
	}
}

// walks reports whether a repair of many steps is under way.
func (r *Replica[S]) walks(now time.Duration) bool { return now < r.walk.until }

func (r *Replica[S]) walkDue() time.Duration {
	if r.walk.rest == (Range{}) {
		return Never
	}
	return r.walk.until
}

// resume asks again for the rest of a walk, once; then the peer whose turn it is, for everything.
func (r *Replica[S]) resume(now time.Duration) {
	w := &r.walk
	switch w.tries++; {
	case w.tries > maxTries || r.alone():
		*w = walk{}
		r.suspect(r.hub, now+r.window())
		return
	case w.rest == Everything || w.tries > 1:
		*w = walk{peer: r.nextPeer(), rest: Everything, tries: w.tries}
	}
	r.step(now)
}

// busy reports whether a walk with another peer is under way, and if so sends a busy to this one. Else
// it begins a walk with this one, unless this replica is on one of its own.
func (r *Replica[S]) busy(now time.Duration, with ID) bool {
	if r.walks(now) && r.walk.rest != Everything && r.walk.peer != with {
		r.sendCells(now, with, nil, nil, Everything)
		return true
	}
	if r.walk.rest == (Range{}) || r.walk.rest == Everything {
		r.walk = walk{peer: with, until: now + 2*r.rtt.timeout()}
		r.suspect(with, r.walk.until)
	}
	return false
}

// span returns the key range of two that follow each other; the second may be zero.
func span(first, rest Range) Range {
	if rest != (Range{}) {
		first.Last = rest.Last
	}
	return first
}

// portion is what a message has of our cells.
type portion[S any] struct {
	cells S
	about Range
}

// portions cuts our cells in a key range into messages, at least one, and returns what the budget has
// no room for.
func (r *Replica[S]) portions(about Range) (all []portion[S], left Range) {
	for cells, err := range crdt.Split(r.stable, about.First, r.payload()) {
		if err != nil {
			r.observe(Event{Kind: Unsendable})
			continue
		}
		cells, more := upTo(cells, about.Last)
		if cells.Len() == 0 {
			break
		}
		if n := len(all); n > 0 {
			first := firstCell(cells)
			all[n-1].about.Last = first - 1
			about.First = first
			if n == r.budget() {
				return all, about
			}
		}
		if all = append(all, portion[S]{cells, about}); !more {
			break
		}
	}
	if len(all) == 0 {
		all = []portion[S]{{r.none, about}}
	}
	return all, Range{}
}

// sendAll sends all our cells in a key range, in messages that each name their own range, and
// leaves what the budget has no room for to the peer to ask for, with the rest behind the range.
func (r *Replica[S]) sendAll(now time.Duration, to ID, about, rest Range) {
	all, left := r.portions(about)
	if (len(all)-1)*r.payload() > exclusiveBytes && r.busy(now, to) {
		return
	}
	if left == (Range{}) && r.walks(now) && r.walk.peer == to && r.walk.rest == (Range{}) {
		r.walk.until = now + r.cfg.Probe/4 // the last step: stay busy, so that who asks next asks a member that was repaired
	}
	for i, p := range all {
		m := Message[S]{Kind: Diff, Range: p.about, Delta: p.cells}
		switch {
		case i+1 < len(all):
		case left != (Range{}):
			m.Rest = span(left, rest)
		default:
			m.Rest = rest
		}
		r.send(now, to, m)
	}
}

// sendBeyond sends our cells in a key range beyond what a delta has of them.
func (r *Replica[S]) sendBeyond(now time.Duration, to ID, about Range, delta S) {
	all, left := r.portions(about)
	var parts []S
	for _, p := range all {
		beyond, _ := r.cut(p.cells.Minus(delta), r.payload(), 2) // holes may take more than what was in them
		parts = append(parts, beyond...)
	}
	r.sendCells(now, to, parts, nil, left)
}

// sendSketches sends sketches of the first parts of a key range, each of count cells, and leaves the
// rest to the peer to ask for.
func (r *Replica[S]) sendSketches(now time.Duration, to ID, about, rest Range, count int) {
	if r.busy(now, to) {
		return
	}
	left := about
	for messages, cells := 1, 0; ; messages++ {
		about, left = r.chunk(left, max(1, min(count, maxChunk)))
		m := Message[S]{Kind: Diff, Range: about, Sketch: r.sketch(about, r.longestSketch())}
		cells += count
		done := left == (Range{}) || cells >= maxChunk || messages == r.budget()
		switch {
		case done && left == (Range{}):
			m.Rest = rest
		case done:
			m.Rest = span(left, rest)
		}
		if r.send(now, to, m); done {
			return
		}
	}
}

// upTo returns the part of a state in the cells up to an id, and whether that is all of it.
func upTo[S crdt.Lattice[S]](state S, last crdt.CellID) (part S, all bool) {
	if last == Everything.Last {
		return state, true
	}
	var ids []crdt.CellID
	for c := range state.Cells(0) {
		if c.ID > last {
			return state.Extract(ids), false
		}
		ids = append(ids, c.ID)
	}
	return state, true
}

// firstCell returns the id of the first cell of a state that is not empty.
func firstCell[S crdt.Lattice[S]](s S) (first crdt.CellID) {
	for c := range s.Cells(0) {
		first = c.ID
		break
	}
	return first
}
