package replica

import (
	"encoding/binary"
	"slices"
	"time"

	"gset/crdt"
)

// Rule *repair*: how two unequal replicas find and exchange what differs, with no
// state kept between messages. A probe that does not match is answered with
// what is shorter, the whole state or the hashes of its cells; the other side
// can tell from either what each lacks, in a span of cells that the message
// names, so that every chunk stands alone.
//
// Nothing pending is told in a repair, since it is on its way to everyone: whoever
// got it early would seem to differ from all the others.

// cellBytes is what a cell takes in a sketch, its id being close to the one before.
const cellBytes = cellHashBytes + 2

// receiveProbe answers a digest that is not ours.
func (r *Replica[S]) receiveProbe(now time.Duration, from ID, m Message[S]) {
	if m.Digest == r.Settled() {
		return
	}
	settled := r.pending.settled(r.state)
	var cells []CellHash
	for c := range settled.Cells() {
		cells = append(cells, cellHash(c))
	}
	encoded, err := settled.AppendBinary(nil)
	if err == nil && len(encoded) <= len(cells)*cellBytes || len(cells) == 0 {
		r.sendState(now, from, settled)
	} else {
		r.sendSketch(now, from, cells)
	}
}

// sendState sends a whole state, in chunks that each name their span.
func (r *Replica[S]) sendState(now time.Duration, to ID, state S) {
	parts := r.parts(state, r.payload())
	span := everything
	for i, part := range parts {
		span.Last = everything.Last
		if i+1 < len(parts) {
			span.Last = firstCell(parts[i+1]) - 1
		}
		r.send(now, to, Message[S]{Kind: Repair, Span: &Span{span.First, span.Last}, Delta: part})
		span.First = span.Last + 1
	}
}

// firstCell returns the id of the first cell of a state that is not empty.
func firstCell[S crdt.Lattice[S]](s S) crdt.CellID {
	for c := range s.Cells() {
		return c.ID
	}
	return everything.Last
}

// sendSketch sends the hashes of all cells, in chunks that each name their span.
// A chunk fills half a message, so that an answer has room for wants and cells.
func (r *Replica[S]) sendSketch(now time.Duration, to ID, cells []CellHash) {
	size := r.payload() / 2 / (cellHashBytes + binary.MaxVarintLen64)
	span := everything
	for first := 0; first < len(cells); first += size {
		chunk := cells[first:min(first+size, len(cells))]
		span.Last = everything.Last
		if first+size < len(cells) {
			span.Last = cells[first+size].ID - 1
		}
		r.send(now, to, Message[S]{Kind: Sketch, Span: &Span{span.First, span.Last}, Cells: chunk})
		span.First = span.Last + 1
	}
}

// receiveSketch answers hashes of cells with the cells that differ, and the ids of
// those wanted back.
func (r *Replica[S]) receiveSketch(now time.Duration, from ID, m Message[S]) {
	settled, theirs := r.pending.settled(r.state), m.Cells
	var give, want []crdt.CellID
	for c := range settled.Cells() {
		if !m.Span.contains(c.ID) {
			continue
		}
		for len(theirs) > 0 && theirs[0].ID < c.ID {
			want, theirs = append(want, theirs[0].ID), theirs[1:]
		}
		switch {
		case len(theirs) == 0 || theirs[0].ID > c.ID:
			give = append(give, c.ID)
		case theirs[0] != cellHash(c):
			give, want, theirs = append(give, c.ID), append(want, c.ID), theirs[1:]
		default:
			theirs = theirs[1:]
		}
	}
	for _, c := range theirs {
		want = append(want, c.ID)
	}
	r.sendCells(now, from, settled.Extract(give), want)
}

// receiveRepair takes in cells, and sends those the other side lacks.
//
// What the hub says is known to everyone who hears the hub, so it is not news. What
// the hub learns is. What anyone else learns is hearsay: it may be on its way
// here by scatter too, and is passed on only if that does not show.
func (r *Replica[S]) receiveRepair(now time.Duration, from ID, m Message[S]) {
	switch r.Hub() {
	case from:
		r.hear(m.Delta)
	case r.cfg.Self:
		r.tell(r.learn(m.Delta), now)
	default:
		r.hearsay(r.learn(m.Delta), now)
	}
	if len(m.Want) == 0 && m.Span == nil {
		return
	}
	settled := r.pending.settled(r.state)
	lacking := settled.Extract(m.Want)
	if m.Span != nil {
		outside := func(id crdt.CellID) bool { return !m.Span.contains(id) }
		lacking.Join(settled.Extract(slices.DeleteFunc(idsOf(settled), outside)).Minus(m.Delta))
	}
	r.sendCells(now, from, lacking, nil)
}

// sendCells sends cells and wants, if there are any.
func (r *Replica[S]) sendCells(now time.Duration, to ID, cells S, want []crdt.CellID) {
	if cells.Len() == 0 && len(want) == 0 {
		return
	}
	for i, part := range r.parts(cells, r.payload()/2) {
		m := Message[S]{Kind: Repair, Delta: part}
		if i == 0 {
			m.Want = want
		}
		r.send(now, to, m)
	}
}

// hearsay keeps news back for the reordering window.
func (r *Replica[S]) hearsay(news S, now time.Duration) {
	if news.Len() == 0 {
		return
	}
	if r.pending.hearsay.Len() == 0 {
		r.pending.until = now + r.rtt.settling()
	}
	r.pending.hearsay.Join(news)
}

func (r *Replica[S]) hearsayDue() time.Duration {
	if r.pending.hearsay.Len() == 0 {
		return never
	}
	return r.pending.until
}
