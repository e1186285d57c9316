package replica

import (
	"encoding/binary"
	"iter"
	"slices"
	"time"

	"gset/crdt"
	"gset/crdt/riblt"
)

// Rule *repair*: how two unequal replicas find and exchange what differs, with two shapes of
// message.
//
//	diff   describes the sender's stable cells in a key range, by a sketch, or by the cells
//	       themselves if those waste less. A probe is a diff by a sketch without coded symbols, but
//	       with an estimator of the difference. The receiver subtracts its own sketch. If the
//	       difference decodes, it answers by cells. Else it answers by a diff of its own, with twice
//	       as many coded symbols at least, so that in the end one side sends all its cells.
//	cells  has cells that the receiver lacks, and ids of cells that the sender lacks.
//
// Every message stands alone, and describes one version of a state. If either state has changed by
// the time an answer comes, the answer is about cells that differed once, and is joined like any
// other. So any number of repairs may be under way at the same time. At worst something is sent twice.
//
// Only stable values are described and sent. What is pending is on its way to every member: one that
// got it early would seem to differ from all others.
//
// A difference of more than a few messages takes many steps: see walk.go.

const (
	// A coded symbol takes so many bytes at least, if all ids are alike, and at most.
	minCodedSymbol = 6
	maxCodedSymbol = 14

	// sketchHeader bounds what a sketch takes besides its coded symbols.
	sketchHeader = 40

	// maxChunk is how many cells an event sketches or looks through at most.
	maxChunk = 1 << 14
)

// sketchAhead has the state keep a sketch as long as any message holds, before the state has so many
// cells that an event could not make one in time.
func (r *Replica[S]) sketchAhead() {
	if !r.sketched && !r.cfg.Alone && r.stable.Len() > maxChunk {
		r.sketched = true
		crdt.SketchOf(r.stable, r.longestSketch())
	}
}

// describe returns a diff of the stable cells in a key range by a sketch: a probe, if length
// is 0. Of a range with many cells it describes the first, and names the rest.
func (r *Replica[S]) describe(about Range, length int) Message[S] {
	m := Message[S]{Kind: Diff, Range: about}
	if length == 0 {
		m.Kind = Probe
	}
	if about == Everything {
		m.Sketch = crdt.SketchOf(r.stable, length)
		return m
	}
	m.Range, m.Rest = r.chunk(about, maxChunk)
	m.Sketch = r.sketch(m.Range, length)
	return m
}

// sketch returns the first coded symbols of the stable cells in a key range, or of all.
func (r *Replica[S]) sketch(about Range, length int) *riblt.Sketch {
	if about == Everything {
		return crdt.SketchOf(r.stable, length)
	}
	return crdt.SketchOfCells(func(yield func(crdt.Cell) bool) {
		for c := range r.stable.Cells(about.First) {
			if c.ID > about.Last || !yield(c) {
				return
			}
		}
	}, length)
}

// chunk cuts a key range behind its first count stable cells, and returns both parts; rest is zero
// if there are no more.
func (r *Replica[S]) chunk(about Range, count int) (first, rest Range) {
	next, more := crdt.Skip(r.stable, about.First, count)
	if !more || next > about.Last {
		return about, Range{}
	}
	return Range{about.First, next - 1}, about.from(next)
}

// exceeds reports whether there are more than count stable cells in a key range.
func (r *Replica[S]) exceeds(about Range, count int) bool {
	_, rest := r.chunk(about, count)
	return rest != (Range{})
}

// difference decodes what differs between our cells and those that a diff describes by a sketch, or
// tells that the sketch is too short for that. So it is if items come up that cannot be: once in millions,
// a sum of several items looks like one.
func (r *Replica[S]) difference(m Message[S]) (items []riblt.Item, decoded bool) {
	if m.Kind == Probe { // there is nothing to decode
		return nil, false
	}
	if m.Range != Everything && r.exceeds(m.Range, 2*maxChunk) { // more cells than the sketch could tell from its own
		return nil, false
	}
	ours := r.sketch(m.Range, m.Sketch.Len())
	ours.Subtract(m.Sketch)
	items, decoded, err := ours.Peel()
	outside := func(it riblt.Item) bool { return !m.Range.Contains(crdt.CellID(it.ID)) }
	return items, decoded && err == nil && !slices.ContainsFunc(items, outside)
}

// receiveDiff answers a probe or diff: by what its sender lacks, or by a diff from which the sender can
// find out.
func (r *Replica[S]) receiveDiff(now time.Duration, from ID, m Message[S]) {
	if m.Digest == r.fingerprint() {
		if m.Range != Everything { // the walk has come to its end
			r.send(now, from, Message[S]{Kind: Cells, Delta: r.none})
		}
		return
	}
	r.observe(Event{Kind: Mismatch, Peer: from})
	if m.Sketch == nil {
		beyond, left := r.beyond(m.Range, m.Delta) // of the cells before the delta is one of them: a joiner has next to none
		r.takeIn(now, from, m.Delta)
		r.sendCells(now, from, beyond, nil, left)
		r.goOn(now, from, m)
		return
	}
	switch differing, decoded := r.difference(m); {
	case !decoded:
		r.show(now, from, m)
		return // with what is left of the key range
	case len(differing) == 0 && m.Range == Everything:
		// Two versions of a cell look alike once in 2^24 times.
		r.sendAll(now, from, m)
	default:
		r.sendDiffering(now, from, differing)
	}
	r.goOn(now, from, m)
}

// receiveCells takes in cells, and sends those that the sender wants.
func (r *Replica[S]) receiveCells(now time.Duration, from ID, m Message[S]) {
	r.takeIn(now, from, m.Delta)
	if len(m.Want) > 0 { // and so the cells of the delta are wanted, too
		ids := slices.AppendSeq(slices.Clone(m.Want), cellIDs(m.Delta))
		parts, rest := r.cut(r.stable.Extract(ids).Minus(m.Delta), r.payload(), r.budget())
		r.sendCells(now, from, parts, nil, restOf(rest))
	}
	r.goOn(now, from, m)
}

// restOf returns the key range that begins with the first cell of what is left of a state.
func restOf[S crdt.Lattice[S]](left S) Range {
	if left.Len() == 0 {
		return Range{}
	}
	return Everything.from(firstCell(left))
}

// show answers a probe, or a diff whose sketch was too short, by a diff of our cells: by all of them or by
// a sketch, whatever wastes less. All of a sketch is waste, and of the cells those that the peer has as
// well. The sketch is as long as the estimated difference calls for, and at least twice as long as the
// peer's.
func (r *Replica[S]) show(now time.Duration, to ID, m Message[S]) {
	about := m.Range
	if about != Everything && (m.Sketch.Items() == 0 || r.exceeds(about, 2*maxChunk)) {
		r.sendAll(now, to, m) // the peer has described at most half of the cells, or wants all
		return
	}
	short := r.sketch(about, 0)
	length := max(1, 2*m.Sketch.Len(), riblt.SketchLen(short.Difference(m.Sketch)))
	longest := r.longestSketch()
	if (length-longest)*maxCodedSymbol > much && !r.agree(now, to, m) {
		return
	}
	if r.fits(about, int(short.Items()), affordable(length*minCodedSymbol, short, m.Sketch)) {
		r.sendAll(now, to, m)
		return
	}
	if length > longest {
		r.sendSketches(now, to, m, int(short.Items())*longest/length)
		return
	}
	d := r.describe(about, length)
	d.Rest = span(d.Rest, m.Rest)
	r.send(now, to, d)
}

// longestSketch is how many coded symbols a message has room for.
func (r *Replica[S]) longestSketch() int {
	return min(riblt.MaxSketch, (r.payload()-sketchHeader)/maxCodedSymbol)
}

// affordable returns how many bytes all our cells may take for sending them to waste no more
// than a sketch of the given size does.
func affordable(sketch int, ours, theirs *riblt.Sketch) int {
	const enough = 1 << 30
	mine, their := int(min(ours.Items(), enough)), int(min(theirs.Items(), enough))
	differing := (ours.Difference(theirs) + mine - their) / 2 // of mine
	if common := mine - min(max(differing, 0), mine); common > 0 {
		return int(min(float64(sketch)/float64(common)*float64(mine), enough))
	}
	return enough
}

// fits reports whether our cells in a key range, count of them, take at most limit bytes. It encodes
// a few kilobytes of them, and takes the others to be like those.
func (r *Replica[S]) fits(about Range, count, limit int) bool {
	const enough = 1 << 12
	for part, err := range crdt.Split(r.stable, about.First, min(max(limit, 64), enough)) {
		if err != nil {
			return limit > enough // a cell of many kilobytes: let others be like it
		}
		cells := 0
		for range part.Cells(0) {
			cells++
		}
		b, _, _ := r.encoded(part, enough)
		return cells >= count || limit > enough && int64(len(b))*int64(count) <= int64(limit)*int64(cells)
	}
	return true
}

// sendDiffering sends our versions of cells that differ, and asks for the peer's.
func (r *Replica[S]) sendDiffering(now time.Duration, to ID, differing []riblt.Item) {
	ids := make([]crdt.CellID, len(differing))
	for i, it := range differing {
		ids[i] = crdt.CellID(it.ID)
	}
	ours := r.stable.Extract(ids)
	mine := make(map[crdt.CellID]riblt.Item, len(ids))
	for c := range ours.Cells(0) {
		mine[c.ID] = c.Item()
	}
	_, short, _ := r.encoded(ours, r.payload()/2)
	short = short && 2*len(ids)*binary.MaxVarintLen64 <= r.payload() // so it will be one message
	var want, both []crdt.CellID
	for _, it := range differing {
		id := crdt.CellID(it.ID)
		switch version, ok := mine[id]; {
		case ok && version == it:
		case ok && short:
			both = append(both, id)
		default:
			want = append(want, id)
		}
	}
	if len(want) == 0 { // one id says it of all cells of the delta
		want = both[:min(len(both), 1)]
	}
	slices.Sort(want)
	parts, rest := r.cut(ours, r.payload(), r.budget())
	r.sendCells(now, to, parts, slices.Compact(want), restOf(rest))
}

// cellIDs yields the ids of a state's cells.
func cellIDs[S crdt.Lattice[S]](state S) iter.Seq[crdt.CellID] {
	return func(yield func(crdt.CellID) bool) {
		for c := range state.Cells(0) {
			if !yield(c.ID) {
				return
			}
		}
	}
}

// sendCells sends parts of our cells, and asks for others. It sends nothing if there are neither.
func (r *Replica[S]) sendCells(now time.Duration, to ID, parts []S, want []crdt.CellID, rest Range) {
	parts = slices.DeleteFunc(parts, func(part S) bool { return part.Len() == 0 })
	want = want[:min(len(want), r.payload()/binary.MaxVarintLen64)] // no sketch of ours has more
	room := r.payload() - len(want)*binary.MaxVarintLen64
	if len(parts) == 0 && (len(want) > 0 || rest != (Range{})) {
		parts = []S{r.none}
	} else if len(want) > 0 {
		if _, fits, _ := r.encoded(parts[0], room); !fits {
			parts = slices.Insert(parts, 0, r.none)
		}
	}
	for i, part := range parts {
		m := Message[S]{Kind: Cells, Want: want, Delta: part}
		if i+1 == len(parts) {
			m.Rest = rest
		}
		r.send(now, to, m)
		want = nil
	}
}

// takeIn takes in cells from a repair.
//
// What the hub learns may be new to every member. The hub makes it pending and scatters it, unless it
// takes more than an eighth of a message or is of a walk: then the hub scatters its digest, and members that lack
// something probe. A leaf that learns something from another leaf cannot know whether the hub has it.
// The leaf makes it stable, and probes the hub unless the hub's digest matches before.
func (r *Replica[S]) takeIn(now time.Duration, from ID, delta S) {
	if r.hub == r.cfg.Self {
		if _, short, _ := r.encoded(delta, r.payload()/8); short && !r.walks(now) {
			r.learn(delta, now)
		} else if r.hear(delta).Len() > 0 {
			r.suspect(r.hub, now+r.rtt.timeout())
		}
		return
	}
	if r.hear(delta).Len() == 0 {
		return
	}
	switch {
	case r.leaf.standIn != "":
		r.poll(now)
	case r.cfg.Interval == 0 && r.calm(now) && !r.alone():
		// Nobody gathers, so nobody finds out that a hub is dead: the next peer is asked, and
		// so on, as long as there is something to be learned.
		r.suspect(r.nextPeer(), now+r.jittered(r.window()))
	case r.hub != from:
		r.suspect(r.hub, now+r.jittered(r.window()))
	}
}
