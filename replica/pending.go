package replica

import (
	"slices"
	"time"

	"gset/crdt"
)

// Rule *pending*: news that this replica made, was sent in a gather, or learned as the hub
// in a repair of one message, is pending until somebody says it back. First it is fresh,
// then sent. Everything else in the state is settled: what was there at first, what came
// in scatters and other repairs, and what this replica has scattered itself.
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

	// held is the ids of the cells that have something pending in them, increasing, if
	// current; else they are to be worked out anew.
	held    *ids
	current bool

	learned *ids // of what is being learned
}

// batch is the news that went out in a gather.
type batch[S crdt.Lattice[S]] struct {
	delta S
	at    time.Duration // when it was sent
}

func newPending[S crdt.Lattice[S]](bottom S) pending[S] {
	return pending[S]{fresh: bottom.New(), base: bottom.New(), known: true, held: newIDs(), learned: newIDs()}
}

// none reports whether nothing is pending.
func (p *pending[S]) none() bool { return p.fresh.Len() == 0 && len(p.sent) == 0 }

// cells returns the ids of the cells that have something pending in them, increasing.
// They are good until anything changes, and not to be changed.
func (p *pending[S]) cells() []crdt.CellID {
	if p.none() {
		return nil
	}
	if !p.current {
		all := p.fresh
		if len(p.sent) > 0 {
			all = all.Clone()
			for _, b := range p.sent {
				all.Join(b.delta)
			}
		}
		p.held.collect(all.Cells(0))
		p.current = true
	}
	return p.held.list
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

// learn joins a delta into the state, and returns the news in it, for add. What was
// settled in its cells stays so. (If some of them have no news, that is noted as well, until
// some news is said back.)
func (p *pending[S]) learn(state, delta S) (news S) {
	settled := state.Extract(without(p.learned.collect(delta.Cells(0)), p.cells()))
	before := state.Digest()
	if news = state.Join(delta); news.Len() > 0 {
		p.base.Join(settled)
		p.excess = p.excess.Add(state.Digest().Sub(before))
	}
	return news
}

// add makes news fresh that was learned.
func (p *pending[S]) add(news S) {
	if p.none() {
		p.held.list, p.current = p.held.list[:0], true
	}
	p.fresh.Join(news)
	if p.current {
		p.held.merge(p.learned.collect(news.Cells(0)))
	}
}

// heard settles what somebody said, which is in the state by now, and drops the news
// that it says back. It reports whether that was all the news of a gather, or all
// that would have gone into the next.
func (p *pending[S]) heard(delta S) (completed bool) {
	if p.none() {
		return false
	}
	said := delta.Extract(p.cells())
	if said.Len() == 0 {
		return false
	}
	p.base.Join(said)
	if p.fresh.Len() > 0 {
		p.fresh = p.fresh.Minus(said)
		completed = p.fresh.Len() == 0
	}
	waiting := p.sent[:0]
	for _, b := range p.sent {
		if b.delta = b.delta.Minus(said); b.delta.Len() == 0 {
			completed = true
		} else {
			waiting = append(waiting, b)
		}
	}
	clear(p.sent[len(waiting):])
	p.sent, p.current, p.known = waiting, false, false
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
// something pending in them, and only once after news was said back.
func (p *pending[S]) digest(state S) crdt.Digest {
	if !p.known {
		p.excess, p.known = crdt.Digest{}, true
		switch cells := p.cells(); {
		case len(cells) > 0:
			p.base = p.base.Extract(cells)
			p.excess = state.Extract(cells).Digest().Sub(p.base.Digest())
		case p.base.Len() > 0:
			p.base = p.base.New()
		}
	}
	return state.Digest().Sub(p.excess)
}
