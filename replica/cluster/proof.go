package cluster

import (
	"slices"
	"time"

	"gset/crdt"
	"gset/replica"
	"gset/replica/cluster/internal/wire"
)

// How Wait proves that a member holds what was written here.
//
// States only grow. So a member whose stable digest was equal to one that this node had at some time holds all
// that was stable here at that time, for good. Every message of the engine carries the digest of
// its sender's stable state; this node numbers its own latest stable digests, its epochs, and notes
// for each member the greatest epoch whose digest that member has shown. A member may be ahead: so
// the last few digests that a member has shown and this node has not come to are kept, too, and
// count as soon as it comes to one of them. Under load both are the rule, as all members hear the
// scatters of one hub. Nothing is kept for a write: who waits keeps what was pending when the waiting began, until all of it is stable. From
// then on members that have shown a later epoch count.
//
// Equal members send nothing. So while somebody waits this node asks the members that have not
// shown a digest late enough: an ask has the digest of its latest epoch, and goes behind the
// scatter with the updates, on the same link. A member answers by the asked digest, if it is
// that of one of its own latest epochs, and else by its own digest, and by the one that was asked for
// once it comes to it. It answers after its commit. So what is proved held is on the member's disk.

// ahead is how many digests of a member are kept that this node has not come to.
const ahead = 8

// shown is those digests of one member; the oldest is replaced.
type shown struct {
	digests [ahead]crdt.Fingerprint
	next    int
}

func (s *shown) has(digest crdt.Fingerprint) bool { return slices.Contains(s.digests[:], digest) }

// epochs is how many of the latest stable digests are kept. Each event may bring one.
const epochs = 256

// askAgain is after how long members are asked again that have not answered, or were not equal.
const askAgain = 100 * time.Millisecond

type proof struct {
	latest uint64 // the epoch
	digest crdt.Fingerprint
	ring   [epochs]crdt.Fingerprint
	born   [epochs]time.Duration       // when the epochs in ring began
	at     map[crdt.Fingerprint]uint64 // the epoch of a digest in ring

	held  map[string]uint64           // by member: the greatest epoch that it has proved to hold
	equal map[string]*equality        // by member, for those who watch
	level []*equality                 // of those that have proved to hold the latest epoch
	shown map[string]*shown           // by member
	asked map[string]crdt.Fingerprint // by member: what to tell once this node comes to it

	waiters []*waiter
}

// equality is when a member has proved what.
type equality struct {
	proved time.Duration // the latest proof
	behind time.Duration // when the first epoch began that it has not proved to hold; 0 if there is none
}

type waiter struct {
	left  *crdt.Collections // what was pending at the beginning and may not be stable; nil if nothing
	first *crdt.Collections // a cell of left: while it is not stable nobody need look at the others
	epoch uint64            // when all was stable
	again time.Duration     // when to ask again: an ask may be lost, or was for what the member never comes to
	n     int
	done  func(held int) // called once; nil then
	each  *each          // of AwaitEach; nil of Await
}

func newProof() proof {
	return proof{
		at: map[crdt.Fingerprint]uint64{}, held: map[string]uint64{}, equal: map[string]*equality{},
		shown: map[string]*shown{}, asked: map[string]crdt.Fingerprint{},
	}
}

// update takes notice of a new stable digest.
func (p *proof) update(c *Core) {
	digest := c.replica.Stable().Digest().Fingerprint()
	if p.latest > 0 && digest == p.digest {
		return
	}
	p.latest++
	p.digest = digest
	slot := &p.ring[p.latest%epochs]
	if p.at[*slot]+epochs == p.latest {
		delete(p.at, *slot)
	}
	*slot = digest
	p.at[digest] = p.latest
	p.begin(c.clock())
	for name, s := range p.shown {
		if s.has(digest) {
			p.prove(c, name, p.latest)
		}
	}
	for name, wanted := range p.asked {
		if wanted == digest {
			delete(p.asked, name)
			c.tell(name, wire.Told, digest)
		}
	}
}

// matches notes a digest that a member has shown.
func (p *proof) matches(c *Core, member string, digest crdt.Fingerprint) {
	if !c.members.listed(member) {
		return
	}
	if epoch, found := p.at[digest]; found {
		if p.prove(c, member, epoch); epoch == p.latest {
			delete(p.shown, member) // what it showed before it has gone beyond
		}
		return
	}
	s := p.shown[member]
	if s == nil {
		s = new(shown)
		p.shown[member] = s
	}
	if !s.has(digest) {
		s.digests[s.next] = digest
		s.next = (s.next + 1) % ahead
	}
}

// ask answers a member that wants to know whether this node holds a state.
func (p *proof) ask(c *Core, member string, digest crdt.Fingerprint) {
	if _, held := p.at[digest]; held {
		delete(p.asked, member)
		c.tell(member, wire.Told, digest)
		return
	}
	if c.members.listed(member) {
		p.asked[member] = digest
	}
	c.tell(member, wire.Told, p.digest)
}

// forget forgets a member: it has left, or begun a new life without what it held.
func (p *proof) forget(member string) {
	delete(p.held, member)
	if e := p.equal[member]; e != nil {
		delete(p.equal, member)
		p.level = slices.DeleteFunc(p.level, func(other *equality) bool { return other == e })
	}
	delete(p.shown, member)
	delete(p.asked, member)
}

// check finds out who need not wait any longer, and asks members on behalf of the others.
func (p *proof) check(c *Core) {
	if len(p.waiters) == 0 {
		return
	}
	left := p.waiters[:0]
	for _, w := range p.waiters {
		if w.done != nil && !p.over(c, w) {
			left = append(left, w)
		}
	}
	clear(p.waiters[len(left):])
	p.waiters = left
}

// over reports whether a waiter has what it waits for, and tells it so.
func (p *proof) over(c *Core, w *waiter) bool {
	if !w.stable(c.replica.Stable()) {
		return false
	}
	if w.left != nil {
		w.left, w.first, w.epoch = nil, nil, p.latest
	}
	held := p.count(w)
	if w.each != nil {
		p.tellEach(w)
	} else if held >= w.n {
		done := w.done
		w.done = nil
		done(held)
		return true
	}
	if now := c.clock(); now >= w.again {
		w.again = now + w.pause()
		for name := range c.members.peers() {
			if p.held[name] < w.epoch {
				c.tell(name, wire.Ask, p.digest)
			}
		}
	}
	return false
}

// stable reports whether all that was pending at the beginning is stable.
func (w *waiter) stable(stable *crdt.Collections) bool {
	if w.left == nil {
		return true
	}
	if w.first != nil && w.first.Excess(stable) > 0 {
		return false
	}
	w.left = w.left.Minus(stable)
	for cell := range w.left.Cells(0) {
		w.first = w.left.Extract([]crdt.CellID{cell.ID})
		return false
	}
	return true
}

// deadline returns when to check again.
func (p *proof) deadline() time.Duration {
	earliest := replica.Never
	for _, w := range p.waiters {
		if w.left == nil {
			earliest = min(earliest, w.again)
		}
	}
	return earliest
}

// count returns how many members have proved to hold what a waiter waits for.
func (p *proof) count(w *waiter) int {
	n := 0
	if w.left == nil {
		for _, epoch := range p.held {
			if epoch >= w.epoch {
				n++
			}
		}
	}
	return n
}

// Await has done called, in the executor, once n other members are proved to hold everything that was
// committed at this node before the call, and at once if n is 0 or less. done is told how many
// members are. The proof is by digests; it takes a round trip, if the members are connected and
// equal but for this. Nothing is proved before the updates are stable here: if the hub has just died that takes until another one
// has been found, a second as a rule and two at times. cancel ends the waiting, and returns how many members hold it now; done
// is not called after it.
//
// Updates that were made in the open batch are not waited for: call Await in OnCommit.
func (c *Core) Await(n int, done func(held int)) (cancel func() (held int)) {
	w := &waiter{n: n, done: done, epoch: c.proof.latest}
	if pending := c.replica.Pending(); pending.Len() > 0 {
		w.left = pending.Clone()
	}
	c.proof.waiters = append(c.proof.waiters, w)
	return func() int {
		w.done = nil
		return c.proof.count(w)
	}
}
