package replica

import (
	"time"

	"gset/crdt"
)

// Rule *walk*: how a repair that takes more than a few messages goes on, step by step, through the
// keys.
//
// No event sends more than a budget of messages. An answer that the budget cuts off names the
// rest of its key range, and the receiver asks for that by a probe of the rest. The receiver
// remembers one such range, so that a lost message costs a step and not the walk.
//
// Who heals a large difference should not be one member for all, nor one member's healer
// everybody: a replica walks with one peer at a time. Another peer that asks for a walk
// meanwhile is told that the rest is all it asked for. It asks the peer whose turn it is
// next, and so on, so that after a partition members of the two sides find each other in pairs.

// walk is the key range that a repair has still to go through.
type walk struct {
	peer  ID
	rest  Range         // zero for the side that answers
	until time.Duration // when the peer is taken to have gone
	tries int           // without an answer
}

// maxTries is how many peers a walk asks in vain before it is given up. A probe will start
// another if the difference is still there.
const maxTries = 8

// goOn asks for the rest of a repair, if there is one: the peer, or another if that one has not
// come any further.
func (r *Replica[S]) goOn(now time.Duration, from ID, rest Range) {
	switch {
	case rest == (Range{}):
		if r.walk.peer == from && r.walk.rest != (Range{}) {
			r.walk = walk{} // the walk has come to its end
		}
	case r.walks(now) && r.walk.peer != from:
	case rest.First == r.walk.rest.First: // everything, or what was asked for
		r.walk = walk{from, rest, now, r.walk.tries}
		r.resume(now)
	default:
		r.walk = walk{from, rest, now + 2*r.patience(), 0}
		r.ask(now, from, rest)
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

// resume asks the next peer for the rest of a walk, as the one before did not answer.
func (r *Replica[S]) resume(now time.Duration) {
	if r.walk.tries++; r.walk.tries > maxTries || r.alone() {
		r.walk = walk{}
		return
	}
	r.walk.peer, r.walk.until = r.peer(), now+r.patience()
	r.ask(now, r.walk.peer, r.walk.rest)
}

// busy reports whether a repair of many steps is under way with another peer, and if so sends
// this one on. Else the walk is with this one.
func (r *Replica[S]) busy(now time.Duration, with ID, about, rest Range) bool {
	if r.walks(now) && r.walk.peer != with {
		r.sendCells(now, with, nil, nil, span(about, rest))
		return true
	}
	if r.walk.rest == (Range{}) {
		r.walk = walk{peer: with, until: now + 2*r.patience()}
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

// sendAll sends all our cells in a key range, in parts that each name their own range. What the
// budget has no room for is left to the peer to ask for, with a rest behind the range. A walk that
// is exclusive is with one peer at a time.
func (r *Replica[S]) sendAll(now time.Duration, to ID, about, rest Range, exclusive bool) {
	var parts []S
	bytes := 0
	left := Range{}
	for part, err := range crdt.Split(r.stable, about.First, r.payload()) {
		if err != nil {
			r.observe(Event{Kind: Unsendable})
			continue
		}
		part, more := upTo(part, about.Last)
		if part.Len() == 0 {
			break
		}
		if bytes += r.payload(); len(parts) == budgetMessages || len(parts) > 0 && bytes > budgetBytes {
			left = about.from(firstCell(part))
			break
		}
		parts = append(parts, part)
		if !more {
			break
		}
	}
	if exclusive && left != (Range{}) && r.busy(now, to, about, rest) {
		return
	}
	r.sendParts(now, to, parts, about, left, rest)
}

// sendParts sends diffs of the parts that a key range has been cut into.
func (r *Replica[S]) sendParts(now time.Duration, to ID, parts []S, about, left, rest Range) {
	if len(parts) == 0 {
		parts = []S{r.stable.New()}
	}
	if left != (Range{}) {
		about.Last, rest = left.First-1, span(left, rest)
	}
	for i, part := range parts {
		m := Message[S]{Kind: Diff, Range: about, Delta: part}
		if i+1 < len(parts) {
			m.Range.Last = firstCell(parts[i+1]) - 1
			about.First = m.Range.Last + 1
		} else {
			m.Rest = rest
		}
		r.send(now, to, m)
	}
}

// sendBeyond sends our cells in a key range beyond what a delta has of them.
func (r *Replica[S]) sendBeyond(now time.Duration, to ID, about Range, delta S) {
	var parts []S
	left := Range{}
	looked := 0
	for part, err := range crdt.Split(r.stable, about.First, r.payload()) {
		if err != nil {
			continue
		}
		part, more := upTo(part, about.Last)
		if part.Len() == 0 {
			break
		}
		if looked += r.payload(); len(parts) > 0 && looked > budgetBytes {
			left = about.from(firstCell(part))
			break
		}
		parts = append(parts, part.Minus(delta))
		if !more {
			break
		}
	}
	r.sendCells(now, to, parts, nil, left)
}

// sendSketches sends sketches of the first parts of a key range, each of count cells, and leaves the
// rest to the peer to ask for.
func (r *Replica[S]) sendSketches(now time.Duration, to ID, about, rest Range, count int) {
	if r.busy(now, to, about, rest) {
		return
	}
	count = max(1, min(count, maxChunk))
	left := about
	var messages []Message[S]
	for cells := 0; left != (Range{}) && len(messages) < budgetMessages && cells+count <= maxChunk; cells += count {
		about, left = r.chunk(left, count)
		messages = append(messages, Message[S]{Kind: Diff, Range: about, Sketch: r.sketch(about, r.longestSketch())})
	}
	for i, m := range messages {
		if i+1 == len(messages) {
			m.Rest = rest
			if left != (Range{}) {
				m.Rest = span(left, rest)
			}
		}
		r.send(now, to, m)
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
