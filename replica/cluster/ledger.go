package cluster

import (
	"math/rand/v2"

	"gset/crdt"
)

// ledger is what this process has counted under its origins.
//
// Only one process may count under an origin: an entry is a full sum, and of two the greater
// wins. A store that was copied or restored is told from the one that was there before, and gets
// a new incarnation. Where files do not tell, since a disk was set back as a whole, a node may
// hear of a greater sum under its own origin than it has made. Then it takes a new incarnation,
// and adds there what was covered up: of what it heard and what it made the lesser, less what
// was there when this process began.
type ledger struct {
	lives    []life // the last is the one that counts
	disputed bool
}

// life is one incarnation of this process.
type life struct {
	origin crdt.Origin
	counts map[string]*counted // by counter; only what this process has added to
}

type counted struct {
	base  crdt.Balance // when this process began to add
	made  crdt.Balance // what it has come to
	heard crdt.Balance // the sums that others have, where greater
}

func (l *ledger) begin(origin crdt.Origin) {
	l.lives = append(l.lives, life{origin, map[string]*counted{}})
}

// note notes the entries of a batch that is on disk, before the engine learns it: where this process
// adds to a counter for the first time, what was there before.
func (l *ledger) note(c *Core, batch *crdt.Collections) {
	now := &l.lives[len(l.lives)-1]
	for e := range batch.Entries() {
		if e.Origin != now.origin {
			continue
		}
		n := now.counts[e.Name]
		if n == nil {
			base := c.view(nil).balance(e.Name, e.Origin)
			n = &counted{base: base, made: base}
			now.counts[e.Name] = n
		}
		n.made = greater(n.made, e.Balance)
	}
}

// watch looks in what peers have sent for sums under this node's origins that it has not made.
func (l *ledger) watch(novel *crdt.Collections) {
	for e := range novel.Entries() {
		for i := range l.lives {
			if e.Origin != l.lives[i].origin {
				continue
			}
			n := l.lives[i].counts[e.Name]
			switch {
			case n != nil && (e.Balance.Up > n.made.Up || e.Balance.Down > n.made.Down):
				n.heard = greater(n.heard, e.Balance)
				l.disputed = true
			case n == nil && i == len(l.lives)-1:
				l.disputed = true // nothing is covered up yet
			}
		}
	}
}

// settle takes a new incarnation if an origin is disputed, and puts what was covered up into the next
// batch. Until that has succeeded the node makes no updates.
func (l *ledger) settle(c *Core) {
	if !l.disputed {
		return
	}
	incarnation := rand.Uint64()
	if c.store != nil {
		var err error
		if incarnation, err = c.store.Renew(); err != nil {
			c.refusal = errDisputed
			c.faults("no new incarnation can be taken: %v", err)
			return
		}
	}
	moved := l.coverUp()
	c.faults("others have counts of %v that this node has not made: its disk was set back, or copied; it goes on as incarnation %x, "+
		"with what was covered up in %d counters", c.origin, incarnation, len(moved))
	c.origin.Incarnation = incarnation
	l.begin(c.origin)
	l.disputed = false
	if c.refusal == errDisputed {
		c.refusal = nil
	}
	for name, b := range moved {
		if err := c.batch().Raise(name, c.origin, b); err != nil {
			c.faults("%v of %.40q is lost: %v", b, name, err)
		}
	}
}

// coverUp returns what was covered up, by counter, and takes it out of the ledger.
func (l *ledger) coverUp() map[string]crdt.Balance {
	moved := map[string]crdt.Balance{}
	for _, life := range l.lives {
		for name, n := range life.counts {
			b := moved[name]
			if n.heard.Up > 0 {
				b.Up += min(n.heard.Up, n.made.Up) - n.base.Up
				n.base.Up = max(n.heard.Up, n.made.Up)
			}
			if n.heard.Down > 0 {
				b.Down += min(n.heard.Down, n.made.Down) - n.base.Down
				n.base.Down = max(n.heard.Down, n.made.Down)
			}
			n.made = greater(n.made, n.base)
			n.heard = crdt.Balance{}
			if b != (crdt.Balance{}) {
				moved[name] = b
			}
		}
	}
	return moved
}
