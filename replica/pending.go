package replica

import (
	"slices"
	"time"

	"gset/crdt"
)

// Rule *pending*: news that this replica made, or learned outside a scatter, is
// pending until somebody says it back. First it is fresh, then sent. Everything
// else in the state is settled.
//
// News is tracked as a few states, not by message or peer: it is dropped as it is
// heard, whoever said it.
type pending[S crdt.Lattice[S]] struct {
	fresh S          // goes out with the next gather or scatter
	sent  []batch[S] // went out in gathers, oldest first

	// base is what is settled in the cells that have something pending in them.
	// An entry of a counter may be settled in part, so that taking the news out of
	// the state would take too much.
	base S

	// excess is what the state's digest has more than that of the settled state;
	// it is worked out anew when it is asked for and known is false.
	excess crdt.Digest
	known  bool
}

// batch is the news that went out in a gather.
type batch[S crdt.Lattice[S]] struct {
	delta S
	at    time.Duration // when it was sent
}

func newPending[S crdt.Lattice[S]](bottom S) pending[S] {
	return pending[S]{fresh: bottom.New(), base: bottom.New()}
}

// none reports whether nothing is pending.
func (p *pending[S]) none() bool { return p.fresh.Len() == 0 && len(p.sent) == 0 }

// cells returns the ids of the cells that have something pending in them, increasing.
func (p *pending[S]) cells() []crdt.CellID {
	switch {
	case len(p.sent) == 0:
		return idsOf(p.fresh)
	case len(p.sent) == 1 && p.fresh.Len() == 0:
		return idsOf(p.sent[0].delta)
	}
	all := p.fresh.Clone()
	for _, b := range p.sent {
		all.Join(b.delta)
	}
	return idsOf(all)
}

func idsOf[S crdt.Lattice[S]](s S) []crdt.CellID {
	if s.Len() == 0 {
		return nil
	}
	ids := make([]crdt.CellID, 0, min(s.Len(), 16))
	for c := range s.Cells() {
		ids = append(ids, c.ID)
	}
	return ids
}

// without returns the ids that are not among others; both increase.
func without(ids, others []crdt.CellID) []crdt.CellID {
	if len(others) == 0 {
		return ids
	}
	return slices.DeleteFunc(ids, func(id crdt.CellID) bool {
		_, found := slices.BinarySearch(others, id)
		return found
	})
}

// hold takes note of what is settled in the cells of a delta, before that is joined
// into the state as news.
func (p *pending[S]) hold(state, delta S) {
	p.known = false
	p.base.Join(state.Extract(without(idsOf(delta), p.cells())))
}

// heard settles what somebody said, which is in the state by now, and drops the news
// that it says back. It reports whether that was all the news of a gather, or all
// that would have gone into the next.
func (p *pending[S]) heard(delta S) (completed bool) {
	if p.none() {
		return false
	}
	p.known = false
	p.base.Join(delta.Extract(p.cells()))
	if p.fresh.Len() > 0 {
		p.fresh = p.fresh.Minus(delta)
		completed = p.fresh.Len() == 0
	}
	waiting := p.sent[:0]
	for _, b := range p.sent {
		if b.delta = b.delta.Minus(delta); b.delta.Len() == 0 {
			completed = true
		} else {
			waiting = append(waiting, b)
		}
	}
	clear(p.sent[len(waiting):])
	p.sent = waiting
	if p.none() {
		p.base, p.excess, p.known = p.base.New(), crdt.Digest{}, true
	}
	return completed
}

// recall makes what was sent fresh again.
func (p *pending[S]) recall() {
	for _, b := range p.sent {
		p.fresh.Join(b.delta)
	}
	clear(p.sent)
	p.sent = p.sent[:0]
}

// settled returns what is settled of the state, given all of it or some of its cells.
// That costs a copy if anything is pending; else it is what was given.
func (p *pending[S]) settled(cells S) S {
	held := p.cells()
	if len(held) == 0 {
		return cells
	}
	given := idsOf(cells)
	free := without(slices.Clone(given), held)
	return joined(cells.Extract(free), p.base.Extract(without(given, free)))
}

// digest returns that of the settled state, at the cost of the cells that have
// something pending in them, and only once after every change.
func (p *pending[S]) digest(state S) crdt.Digest {
	if !p.known {
		cells := p.cells()
		p.base = p.base.Extract(cells)
		p.excess = state.Extract(cells).Digest().Sub(p.base.Digest())
		p.known = true
	}
	return state.Digest().Sub(p.excess)
}
