package replica

import (
	"time"

	"gset/crdt"
)

// Rule *pending*: news that this replica made, or learned outside a scatter, is
// pending until somebody says it back. It waits in one of three places and
// moves on from hearsay to fresh to sent.
//
// It is tracked as whole batches, not by message or peer: a batch is dropped
// when all of it has been heard, whoever said it.
type pending[S crdt.Lattice[S]] struct {
	hearsay batch[S]      // learned in a repair, and perhaps on its way here by scatter too
	until   time.Duration // when hearsay turns into fresh news
	fresh   batch[S]      // goes out with the next gather or scatter
	sent    []batch[S]    // went out in gathers, oldest first
}

// batch is some news, and what the state's digest gained by it.
type batch[S crdt.Lattice[S]] struct {
	delta  S
	weight crdt.Digest
	at     time.Duration // when it was sent
}

func (b *batch[S]) empty() bool { return b.delta.Len() == 0 }

func (b *batch[S]) add(c batch[S]) {
	b.delta.Join(c.delta)
	b.weight = b.weight.Add(c.weight)
}

// take empties the batch and returns what was in it.
func (b *batch[S]) take() batch[S] {
	taken := *b
	*b = batch[S]{delta: b.delta.New()}
	return taken
}

// heard takes what delta says back out of the batch. The weight stays until
// nothing is left, since a part of a batch has no weight of its own.
func (b *batch[S]) heard(delta S) {
	if b.empty() {
		return
	}
	if b.delta = b.delta.Minus(delta); b.empty() {
		b.weight = crdt.Digest{}
	}
}

func newPending[S crdt.Lattice[S]](bottom S) pending[S] {
	return pending[S]{hearsay: batch[S]{delta: bottom.New()}, fresh: batch[S]{delta: bottom.New()}}
}

// weight is what the state's digest owes to pending news: the digest of the state
// without it is the state's less this, at no cost.
func (p *pending[S]) weight() crdt.Digest {
	w := p.hearsay.weight.Add(p.fresh.weight)
	for _, b := range p.sent {
		w = w.Add(b.weight)
	}
	return w
}

// heard drops the news that delta says back, and reports whether that was all of a
// batch that had been sent, or may have been.
func (p *pending[S]) heard(delta S) (completed bool) {
	p.hearsay.heard(delta)
	if !p.fresh.empty() {
		p.fresh.heard(delta)
		completed = p.fresh.empty()
	}
	waiting := p.sent[:0]
	for _, b := range p.sent {
		if b.heard(delta); b.empty() {
			completed = true
		} else {
			waiting = append(waiting, b)
		}
	}
	clear(p.sent[len(waiting):])
	p.sent = waiting
	return completed
}

// recall makes what was sent fresh again.
func (p *pending[S]) recall() {
	for _, b := range p.sent {
		p.fresh.add(b)
	}
	clear(p.sent)
	p.sent = p.sent[:0]
}
