package cluster

import (
	"math"
	"time"
)

// begin notes when the latest epoch began: members that had proved to hold the one before are
// behind from then on.
func (p *proof) begin(now time.Duration) {
	p.born[p.latest%epochs] = now
	for i, e := range p.level {
		e.behind = max(now, 1)
		p.level[i] = nil
	}
	p.level = p.level[:0]
}

// prove notes that a member has proved to hold an epoch, which is one of the ring's.
func (p *proof) prove(c *Core, member string, epoch uint64) {
	e := p.equal[member]
	if e == nil {
		e = new(equality)
		p.equal[member] = e
	} else if epoch < p.held[member] {
		return
	}
	e.proved = c.clock()
	wasEqual := p.held[member] == p.latest
	p.held[member] = epoch
	switch {
	case epoch < p.latest:
		e.behind = max(p.born[(epoch+1)%epochs], 1)
	case !wasEqual:
		e.behind = 0
		p.level = append(p.level, e)
	}
	if began, goesOn := c.repairs.began[member]; goesOn && (epoch == p.latest || p.born[epoch%epochs] >= began) {
		c.repairs.end(member)
		c.notify(Event{Kind: Repaired, Peer: member})
	}
}

// times returns how long ago a member has proved to hold what was stable here, -1 for never, and for how
// long there has been something that it has not proved to hold. since is when it came up or went down.
func (p *proof) times(c *Core, member string, since time.Duration) (proved, behind time.Duration) {
	now := c.clock()
	e := p.equal[member]
	switch {
	case e == nil:
		return -1, now - since
	case e.behind == 0:
		return now - e.proved, 0
	}
	return now - e.proved, now - e.behind
}

// each is what AwaitEach waits for.
type each struct {
	held  func(member string)
	told  map[string]bool
	pause time.Duration // until members are asked again
}

// maxAskAgain bounds how long AwaitEach leaves between two asks, which double: it may wait long for
// a member that is down.
const maxAskAgain = 5 * time.Second

// pause returns after how long to ask again.
func (w *waiter) pause() time.Duration {
	if w.each == nil {
		return askAgain
	}
	defer func() { w.each.pause = min(2*w.each.pause, maxAskAgain) }()
	return w.each.pause
}

// tellEach tells of members that hold by now what is waited for.
func (p *proof) tellEach(w *waiter) {
	for name, epoch := range p.held {
		if epoch >= w.epoch && !w.each.told[name] {
			w.each.told[name] = true
			w.each.held(name)
		}
	}
}

// AwaitEach has held called, in the executor, for each other member once it is proved to hold everything
// that was committed at this node before the call, as Await has. It goes on until cancel is called, and
// held must not call the Core.
func (c *Core) AwaitEach(held func(member string)) (cancel func()) {
	stop := c.Await(math.MaxInt, func(int) {})
	w := c.proof.waiters[len(c.proof.waiters)-1]
	w.each = &each{held, map[string]bool{}, askAgain}
	return func() { stop() }
}
