package replica

import (
	"time"

	"gset/crdt"
	"gset/crdt/riblt"
)

// Rule *walk*: how a repair that takes more than a few messages goes on, step by step, through the
// keys.
//
// An answer is a budget of messages at most, and names the rest of its key range. The receiver asks for that by a
// probe of the rest. All cells of a range are cut and sent a few at a time, by one event after another: so nobody waits for
// long meanwhile. The receiver remembers one such range, so that a lost message costs a step and not the walk, and does not ask
// for a range that begins before it: then the peer has answered two probes.
//
// A replica walks with one peer at a time, so that no member repairs all others or is repaired by all
// others. Two members agree before either sends much: who is probed probes back, and the smaller one sends
// its cells. To another peer that asks for a walk meanwhile a replica sends a busy: cells whose rest is
// everything. Who gets one seeks: it probes several peers at a time, until one of them is free. Who
// begins a walk sends a busy to several peers unasked, since they may differ from half of the
// cluster, too. So after a partition all members know within a few hops, and those of the two sides find
// each other in pairs.

// walk is a repair of many steps.
type walk struct {
	peer  ID            // while this replica seeks one, the one asked last
	rest  Range         // to be asked for: none if the peer asks, Everything while this replica seeks a peer
	all   bool          // the peer sends all its cells, and needs no description of ours
	until time.Duration // when the walk is over, or the next step due, unless the peer is heard before
	tries int           // that came to nothing
}

const (
	// maxTries is how often a replica seeks in vain before it gives up. A probe will start another walk if the
	// difference is still there.
	maxTries = 5

	// much is what a replica sends only after an agreement, in bytes beyond a message. What takes less costs
	// less than finding other peers.
	much = budgetBytes / 8

	// several is how many peers a seeker asks at a time, and how many are told that a walk has begun.
	several = 3
)

// walks reports whether a walk with a peer is under way.
func (r *Replica[S]) walks(now time.Duration) bool {
	return now < r.walk.until && r.walk.rest != Everything
}

// goOn asks the sender of a message for the rest of a repair, if there is one, or other peers if the sender
// is busy.
func (r *Replica[S]) goOn(now time.Duration, from ID, m Message[S]) {
	w := &r.walk
	walked := r.walks(now) && w.peer == from
	switch {
	case m.Digest == r.fingerprint():
	case m.Rest == Everything:
		if w.rest != Everything && (walked || !r.walks(now)) { // else it seeks already, or walks with another
			r.seek(now, from)
		}
	case m.Rest == (Range{}) && walked:
		w.until = now + r.stepTimeout() // the message that names the rest is behind this one
		if m.Kind == Diff && m.Range.Last >= w.rest.Last {
			w.rest, w.until = Range{}, now+2*r.window() // it has come to its end
		}
	case m.Rest == (Range{}) || walked && m.Rest.First <= w.rest.First:
		// nothing is left, or it was asked for
	case r.agree(now, from, m):
		w.rest, w.all = m.Rest, m.Kind == Diff && m.Sketch == nil
		r.step(now)
	}
}

// agree reports whether this replica may send a peer much, in answer to a message: the two are on a walk. The
// answer to a first probe is a probe. The answer to that are the cells, or one more probe if the state of this
// replica is the larger one.
func (r *Replica[S]) agree(now time.Duration, with ID, m Message[S]) bool {
	engaged := r.walks(now)
	if engaged && r.walk.peer != with {
		r.busy(now, with)
		return false
	}
	r.walk = walk{peer: with, until: now + r.stepTimeout()}
	if m.Kind != Probe || m.Range != Everything {
		return true
	}
	for i := 0; i < min(several, r.others) && !engaged; i++ {
		if to := r.nextPeer(); to != with {
			r.busy(now, to)
		}
	}
	answers := len(m.Echoes) > 0 && m.Echoes[0].Wait == 0 // it was sent in the event in which ours arrived
	smaller := crdt.SketchOf(r.stable, 0).Items() <= m.Sketch.Items()
	if !engaged && !(answers && smaller) {
		r.ask(now, with, Everything)
		return false
	}
	return smaller || !answers // if two have probed each other at the same time, the smaller one sends
}

// stepTimeout is after how long without a word of the peer a step is taken for lost: two windows, as scatters are.
func (r *Replica[S]) stepTimeout() time.Duration { return r.patient(2 * r.window()) }

// busy tells a peer to repair with others.
func (r *Replica[S]) busy(now time.Duration, to ID) { r.sendCells(now, to, nil, nil, Everything) }

// step asks the peer of the walk for the rest.
func (r *Replica[S]) step(now time.Duration) {
	w := &r.walk
	w.until = now + r.stepTimeout()
	r.observe(Event{Kind: Walked, Peer: w.peer})
	if w.all {
		r.send(now, w.peer, Message[S]{Kind: Probe, Range: w.rest, Sketch: riblt.New(0)})
	} else {
		r.ask(now, w.peer, w.rest)
	}
}

// seek asks several peers whose turn it is for everything, but not the one that is busy.
func (r *Replica[S]) seek(now time.Duration, busy ID) {
	r.walk = walk{rest: Everything, tries: r.walk.tries + 1, until: now + r.window()}
	if r.walk.tries > maxTries {
		r.walk = walk{}
		return
	}
	for range min(several, r.others) {
		if to := r.nextPeer(); to != busy {
			r.walk.peer = to
			r.ask(now, to, Everything)
		}
	}
}

func (r *Replica[S]) walkDue() time.Duration {
	if r.walk.rest == (Range{}) {
		return Never
	}
	return r.walk.until
}

func (r *Replica[S]) serveDue() time.Duration {
	if r.serving.left == (Range{}) {
		return Never
	}
	return r.serving.due
}

// resume asks again for the rest of a walk, once; then other peers, for everything.
func (r *Replica[S]) resume(now time.Duration) {
	if r.walk.rest == Everything || r.walk.tries > 0 {
		r.seek(now, "")
		return
	}
	r.walk.tries++
	r.step(now)
}

// span returns the key range of two that follow each other; either may be zero.
func span(first, rest Range) Range {
	switch {
	case first == (Range{}):
		return rest
	case rest != (Range{}):
		first.Last = max(first.Last, rest.Last)
	}
	return first
}

// portion is what a message has of our cells.
type portion[S any] struct {
	cells S
	about Range
}

// portions cuts our cells in a key range into messages, from one to so many, and returns what they have no room for.
func (r *Replica[S]) portions(about Range, most int) (all []portion[S], left Range) {
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
			before, first := &all[n-1], firstCell(cells)
			before.about.Last, about.First = first-1, first
			switch piece := first == firstCell(before.cells); {
			case piece && n == most: // of one cell: a sketch of a later repair shows what is left of it
				before.about.Last, about = r.behind(about)
			case piece:
				before.about.Last = first
			}
			if n == most {
				return all, about
			}
		}
		if all = append(all, portion[S]{cells, about}); !more {
			break
		}
		if len(all) < most {
			continue
		}
		if last, ok := crdt.Skip(cells, 0, cells.Len()-1); ok { // spares a part that would not be sent
			all[len(all)-1].about.Last, left = r.behind(about.from(last))
			return all, left
		}
	}
	if len(all) == 0 {
		all = []portion[S]{{r.none, about}}
	}
	return all, Range{}
}

// behind returns the end of the keys up to the second cell of a range that begins with one, and the range from that on.
func (r *Replica[S]) behind(about Range) (end crdt.CellID, left Range) {
	first, left := r.chunk(about, 1)
	return first.Last, left
}

// serving is what a peer that asked for all our cells in a key range is still to be sent.
type serving struct {
	to       ID
	left     Range         // of the range; none if there is nothing to send
	behind   Range         // the rest that the last message names as well
	messages int           // of the budget
	due      time.Duration // with the next event
}

// sendAll sends all our cells in the key range that a message is about, in messages that each name their own
// range, and leaves what the budget has no room for to the peer to ask for, with the rest behind the range.
// Much is sent to one peer at a time.
func (r *Replica[S]) sendAll(now time.Duration, to ID, m Message[S]) {
	a := serving{to: to, behind: m.Rest, messages: r.budget()}
	all, left := r.portions(m.Range, min(atOnce(r.payload()), a.messages))
	if left != (Range{}) && len(all) < a.messages && !r.agree(now, to, m) {
		return
	}
	r.tell(now, a, all, left)
}

// serve sends some messages more of an answer.
func (r *Replica[S]) serve(now time.Duration) {
	a := r.serving
	r.serving = serving{}
	if w := &r.walk; w.peer == a.to && w.rest == (Range{}) { // the peer cannot ask for more before it has all of this
		w.until = now + r.stepTimeout()
	}
	all, left := r.portions(a.left, min(atOnce(r.payload()), a.messages))
	r.tell(now, a, all, left)
}

// atOnce is how many messages of so many bytes an event sends of an answer: one, and what else is not much.
func atOnce(payload int) int { return 1 + much/payload }

// tell sends messages of an answer. It leaves what they have no room for to the next event, or, if the budget is spent, to
// the peer to ask for.
func (r *Replica[S]) tell(now time.Duration, a serving, all []portion[S], left Range) {
	a.left, a.messages, a.due = left, a.messages-len(all), now+1
	goesOn := left != (Range{}) && a.messages > 0
	if goesOn {
		r.serving = a
	}
	for i, p := range all {
		m := Message[S]{Kind: Diff, Range: p.about, Delta: p.cells}
		if i+1 == len(all) && !goesOn {
			m.Rest = span(left, a.behind)
		}
		r.send(now, a.to, m)
	}
}

// beyond returns our cells in a key range beyond what a delta has of them, in messages, and what the budget has no room for.
func (r *Replica[S]) beyond(about Range, delta S) (parts []S, left Range) {
	all, left := r.portions(about, r.budget())
	for _, p := range all {
		beyond, _ := r.cut(p.cells.Minus(delta), r.payload(), 2) // holes may take more than what was in them
		parts = append(parts, beyond...)
	}
	return parts, left
}

// sendSketches sends sketches of the first parts of the key range that a message is about, each of count cells,
// and leaves the rest to the peer to ask for.
func (r *Replica[S]) sendSketches(now time.Duration, to ID, m Message[S], count int) {
	about, left := Range{}, m.Range
	for messages, cells := 1, 0; ; messages++ {
		about, left = r.chunk(left, max(1, min(count, maxChunk)))
		part := Message[S]{Kind: Diff, Range: about, Sketch: r.sketch(about, r.longestSketch())}
		cells += count
		done := left == (Range{}) || cells >= maxChunk || messages == r.budget()
		if done {
			part.Rest = span(left, m.Rest)
		}
		if r.send(now, to, part); done {
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
