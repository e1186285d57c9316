package replica

import (
	"encoding/binary"
	"errors"
	"slices"
	"time"

	"gset/crdt"
	"gset/crdt/riblt"
)

// Rule *repair*: how two unequal replicas find and exchange what differs, with no
// state kept between messages.
//
//	probe   a digest, and an estimator from which its receiver tells how much differs
//	sketch  coded cells of the sender's state, as many as that takes; the receiver
//	        subtracts its own, and what is left decodes to the cells that differ
//	repair  the sender's version of those, and the ids of those it has none of
//	repair  what the other side has beyond that
//
// The sketch is left out where the whole state is shorter, which is then sent in
// its place; the last message answers that. A sketch that does not decode, since it was
// too short after all, is answered by one that is twice as long, or by the state, so
// that either side comes to send its state in the end.
//
// Every message stands alone: a sketch describes one version of a state, whose digest
// is on the message, and is only ever held against one version of another. If
// either state has changed by the time an answer comes, the answer is about cells
// that differed once; it is joined like any other and does no harm. So any number
// of repairs may be under way between any replicas at the same time. The worst that
// comes of it is that something is told twice.
//
// Nothing pending is told in a repair, since it is on its way to everyone: whoever
// got it early would seem to differ from all the others.

const (
	// A coded cell takes so many bytes at least, if all ids are alike, and at most.
	minCodedCell = 6
	maxCodedCell = 14

	// sketchHeader bounds what a sketch takes besides its coded cells.
	sketchHeader = 40
)

// receiveProbe answers a digest that is not ours. What comes of that mends both sides, so
// it is as good as a probe of our own.
func (r *Replica[S]) receiveProbe(now time.Duration, from ID, m Message[S]) {
	if m.Digest != r.fingerprint() {
		r.audit.proof = now
		r.show(now, from, everything, m.Sketch, 1)
	}
}

// show lets a peer find out what differs between its cells in a span, of which it has
// sent a sketch, and ours: by all our cells in the span, or by a sketch of them of at
// least so many coded cells, whatever wastes less. What takes more than one message
// is told part by part of the span.
func (r *Replica[S]) show(now time.Duration, to ID, span Span, theirs *riblt.Sketch, least int) {
	ours := r.settledIn(span)
	short := r.sketch(span, 0)
	length := max(least, riblt.SketchLen(short.Difference(theirs)))
	if fits(ours, affordable(length*minCodedCell, short, theirs)) {
		r.sendState(now, to, span, ours)
		return
	}
	sketches := r.sketches(span, length)
	size := 0
	for _, m := range sketches {
		size += sketchHeader + len(encoded(m.Sketch))
	}
	if fits(ours, affordable(size, short, theirs)) {
		r.sendState(now, to, span, ours)
		return
	}
	for _, m := range sketches {
		r.send(now, to, m)
	}
}

// affordable returns how long our state may be for sending all of it to waste no more
// than a sketch of the given size does: all of a sketch is wasted, and of a state what
// the other side has as well.
func affordable(sketch int, ours, theirs *riblt.Sketch) int {
	const enough = 1<<31 - 1
	mine, their := int(min(ours.Items(), enough)), int(min(theirs.Items(), enough))
	differing := (ours.Difference(theirs) + mine - their) / 2 // of mine
	if common := mine - min(differing, mine); common > 0 {
		return int(min(float64(sketch)/float64(common)*float64(mine), enough))
	}
	return enough
}

// sketches returns a sketch of our cells in a span with the given number of coded cells,
// or as many of parts of the span as it takes for each to fit a message.
func (r *Replica[S]) sketches(span Span, length int) []Message[S] {
	spans := []Span{span}
	longest := min(riblt.MaxSketch, (r.payload()-sketchHeader)/maxCodedCell)
	if count := (length + longest - 1) / longest; count > 1 {
		spans = divide(span, idsOf(r.settledIn(span)), count)
	}
	var messages []Message[S]
	for _, part := range spans {
		sketch := r.sketch(part, (length+len(spans)-1)/len(spans))
		messages = append(messages, Message[S]{Kind: Sketch, Span: part, Sketch: sketch})
	}
	return messages
}

// fits reports whether a state's binary form takes at most size bytes, which costs no
// more than encoding about as many.
func fits[S crdt.Lattice[S]](state S, size int) bool {
	parts := 0
	for range crdt.Split(state, 0, max(size, crdt.MaxCell)) {
		if parts++; parts > 1 {
			return false
		}
	}
	return true
}

func encoded(s *riblt.Sketch) []byte {
	b, _ := s.AppendBinary(nil) // never fails
	return b
}

// divide cuts a span into count spans with as many of the given cells each.
func divide(span Span, ids []crdt.CellID, count int) []Span {
	count = max(1, min(count, len(ids)))
	spans := make([]Span, count)
	for i := range spans {
		spans[i] = span
		if i > 0 {
			spans[i].First = ids[i*len(ids)/count]
			spans[i-1].Last = spans[i].First - 1
		}
	}
	return spans
}

// sendState sends all cells in a span, in parts that each name their own.
func (r *Replica[S]) sendState(now time.Duration, to ID, span Span, cells S) {
	parts := r.parts(cells, r.payload())
	if len(parts) == 1 {
		parts[0] = cells.Clone() // it may be the state itself, which goes on changing
	}
	for i, part := range parts {
		m := Message[S]{Kind: Repair, Span: span, Whole: true, Partial: len(parts) > 1, Delta: part}
		if i+1 < len(parts) {
			m.Span.Last = firstCell(parts[i+1]) - 1
			span.First = m.Span.Last + 1
		}
		r.send(now, to, m)
	}
}

// firstCell returns the id of the first cell of a state that is not empty.
func firstCell[S crdt.Lattice[S]](s S) (first crdt.CellID) {
	for c := range s.Cells(0) {
		first = c.ID
		break
	}
	return first
}

// difference decodes what differs between our cells and those a sketch tells of: the
// ids of the cells, increasing, or false if the sketch is too short for that.
func (r *Replica[S]) difference(m Message[S]) (ids []crdt.CellID, decoded bool, err error) {
	ours := r.sketch(m.Span, m.Sketch.Len())
	ours.Subtract(m.Sketch)
	items, decoded, err := ours.Peel()
	if err != nil || !decoded {
		return nil, false, err
	}
	for _, item := range items {
		id := crdt.CellID(item.ID)
		if !m.Span.contains(id) {
			return nil, false, errors.New("a sketch with a cell outside its span")
		}
		ids = append(ids, id)
	}
	slices.Sort(ids)
	return slices.Compact(ids), true, nil // both versions of a cell may be there
}

// receiveSketch sends our version of the cells that differ, and asks for the others.
func (r *Replica[S]) receiveSketch(now time.Duration, from ID, m Message[S], differing []crdt.CellID, decoded bool) {
	switch {
	case m.Digest == r.fingerprint(): // by now
	case !decoded:
		r.show(now, from, m.Span, m.Sketch, 2*m.Sketch.Len())
	case len(differing) == 0 && m.Span == everything:
		// Two versions of a cell look alike once in 2^24 times.
		r.sendState(now, from, everything, r.settledIn(everything))
	default:
		ours := r.pending.settled(r.state.Extract(differing))
		r.sendCells(now, from, ours, without(differing, idsOf(ours)), true)
	}
}

// receiveRepair takes in cells, and sends what the other side lacks.
//
// What the hub learns is news, to be told in the next round, unless it is too long for
// a message: then the hub only shows that it holds more by now, and those who lack it
// come for it. A leaf that learns something from another cannot know whether the
// hub has it: it takes it for settled, and asks the hub by a probe, unless a scatter
// has shown it by then. If the hub's scatters do not come through at all, it adopts
// another view (tree.go).
func (r *Replica[S]) receiveRepair(now time.Duration, from ID, m Message[S]) {
	switch hub := r.Hub(); {
	case hub == r.cfg.Self && m.Partial:
		r.hear(m.Delta)
		r.round.announce = now + r.rtt.settling()
	case hub == r.cfg.Self:
		r.tell(r.learn(m.Delta), now)
	case r.hear(m.Delta).Len() == 0:
	case r.severed(now):
		r.giveUp(now)
	case r.cfg.Interval == 0 && r.calm(now):
		// Nobody gathers, so nobody finds out that a hub is dead: the next peer is asked, and
		// so on, as long as there is something to be learned.
		r.doubt(r.peer(r.turn.next()), now+r.jittered(r.window()))
	case hub != from:
		r.doubtHub(now)
	}
	switch {
	case m.Whole:
		r.sendCells(now, from, r.settledIn(m.Span).Minus(m.Delta), nil, false)
	case m.Ask:
		ids := append(idsOf(m.Delta), m.Want...)
		r.sendCells(now, from, r.pending.settled(r.state.Extract(ids)).Minus(m.Delta), nil, false)
	}
}

// sendCells sends cells, and asks for what the receiver has beyond them, and for the
// cells wanted. It sends nothing if there are neither.
func (r *Replica[S]) sendCells(now time.Duration, to ID, cells S, want []crdt.CellID, ask bool) {
	if cells.Len() == 0 && len(want) == 0 {
		return
	}
	if r.Hub() == r.cfg.Self && cells.Len() > 0 && r.calm(now) {
		// Somebody lacks what nothing that is under way explains, so others may as well.
		r.round.announce = min(r.round.announce, now+r.window())
	}
	var messages []Message[S]
	add := func(part S, want []crdt.CellID) {
		messages = append(messages, Message[S]{Kind: Repair, Span: everything, Ask: ask, Want: want, Delta: part})
	}
	// Ids that would take much of the room for cells go ahead in messages of their own.
	atMost := r.payload() / 4 / binary.MaxVarintLen64
	for len(want) > atMost {
		n := min(len(want), 3*atMost)
		add(cells.New(), want[:n])
		want = want[n:]
	}
	if cells.Len() > 0 || len(want) > 0 {
		for _, part := range r.parts(cells, r.payload()-len(want)*binary.MaxVarintLen64) {
			add(part, want)
			want = nil
		}
	}
	for _, m := range messages {
		m.Partial = len(messages) > 1
		r.send(now, to, m)
	}
}

// settledIn returns the settled part of the state in a span.
func (r *Replica[S]) settledIn(span Span) S {
	if span == everything {
		return r.pending.settled(r.state)
	}
	return r.pending.settled(crdt.Range(r.state, span.First, span.Last))
}

// sketch returns the first coded cells of the settled part of the state in a span. That
// of everything is at hand, but for what is pending.
func (r *Replica[S]) sketch(span Span, length int) *riblt.Sketch {
	if span != everything {
		return crdt.SketchOfCells(r.settledIn(span).Cells(0), length)
	}
	sketch := crdt.SketchOf(r.state, length)
	held := r.pending.cells()
	for c := range r.state.Extract(held).Cells(0) {
		sketch.Remove(c.Item())
	}
	for c := range r.pending.base.Extract(held).Cells(0) {
		sketch.Add(c.Item())
	}
	return sketch
}
