package cluster

import (
	"errors"
	"fmt"
	"time"

	"gset/crdt"
	"gset/internal/durable"
	"gset/internal/store"
	"gset/replica"
)

// Core is the single-threaded part of a node: the state, the engine and the log. Its methods
// must be called in the node's executor and nowhere else: inside Config.Do, or inside [Node.Do].
// They never wait, but for Commit.
//
// Updates are made in batches. Add, Increment and Decrement put them into the batch that is open;
// Commit writes the batch to disk, hands it to the engine, and sends what has become due. Who
// owns the executor calls Commit after every turn in which any function ran that was given to
// Do, and after a turn with updates of its own:
//
//	added, err := core.Add("revoked", serial)
//	core.OnCommit(func(err error) { reply(added, err) })
//	...
//	err = core.Commit() // one write and one sync for all of the turn
//
// An update can be read through View from the moment it is made, and is in the state for good
// when its Commit has returned nil. If Commit fails its batch was not made: View lacks it again.
// (Whether a later start finds it on disk, ErrUncertain says.)
type Core struct {
	config  Config
	origin  crdt.Origin
	replica *replica.Replica[*crdt.Collections]
	store   *store.Store // nil in memory
	clock   func() time.Duration
	send    func(to replica.ID, m *replica.Message[*crdt.Collections], delta []byte)

	made    *crdt.Collections // the open batch; nil if it is empty
	ahead   durable.Ahead[*crdt.Collections]
	outbox  []replica.Envelope[*crdt.Collections]
	told    []func()      // sends what is not a message of the engine, after the commit
	acks    []func(error) //
	refusal error         // why updates are refused; nil if they are not

	members members
	proof   proof
	repairs repairs
	beacon  beacon
	hides   bool // see looksForHidden

	lost     bool // the store was salvaged at this start, and some of it could not be read
	unfilled bool // see Unfilled

	traffic *traffic
	ledger  ledger
	flush   flusher
	encoder encoder
	bottom  *crdt.Collections // empty, and never changed

	measured measured

	afterwards func() // called at the end of each commit
	learned    []func(delta *crdt.Collections)
	faults     func(format string, args ...any)
}

// ErrLeaving is the error of an update at a node that is leaving, or has left.
var ErrLeaving = errors.New("cluster: the node is leaving")

// errDisputed refuses updates while the disk takes no new incarnation; see ledger.
var errDisputed = errors.New("cluster: another process counts under this node's name and incarnation, " +
	"and the disk takes no new incarnation")

// ErrUncertain is wrapped by the error of a commit whose updates may be found on disk by the next
// start, unless a later commit succeeds. An error that does not wrap it is definite: the updates
// were not made.
var ErrUncertain = store.ErrUncertain

// Name returns the node's name.
func (c *Core) Name() string { return c.config.Name }

// View returns the state as it is now, with the batch that is open. It is good until the next
// call of any other method of Core.
func (c *Core) View() View { return c.view(c.made) }

// view returns the state with a batch, which may be nil.
func (c *Core) view(batch *crdt.Collections) View {
	v := View{parts: [3]*crdt.Collections{c.replica.Stable()}, n: 1}
	if p := c.replica.Pending(); p.Len() > 0 {
		v.parts[v.n] = p
		v.n++
	}
	if batch != nil {
		v.parts[v.n] = batch
		v.n++
	}
	return v
}

// batch returns the open batch.
func (c *Core) batch() *crdt.Collections {
	if c.made == nil {
		c.made = c.replica.Stable().NewUpdate()
	}
	return c.made
}

// Add adds elements to a set, and returns how many of them were not in it. Elements are copied. If
// an element or the name is too long nothing is added. No update is made while the node refuses
// them: see Refuses.
func (c *Core) Add(set string, elements ...[]byte) (added int, err error) {
	if err := errors.Join(c.Refuses(), checkReserved(set)); err != nil {
		return 0, err
	}
	for _, e := range elements {
		if len(set) > crdt.MaxName || len(set)+len(e) > crdt.MaxMember {
			_, err := crdt.NewCollections(c.config.Key).Insert(set, e) // says what is wrong
			return 0, err
		}
	}
	state := c.view(nil)
	for _, e := range elements {
		if state.Contains(set, e) {
			continue
		}
		isNew, err := c.batch().Insert(set, e)
		if err != nil {
			return added, err
		}
		if isNew {
			added++
		}
	}
	return added, nil
}

// Increment adds by to a counter. It fails with crdt.ErrOverflow if this node has added more than
// 2^64-1 in all.
func (c *Core) Increment(counter string, by uint64) error {
	return c.count(counter, func(b *crdt.Balance) *uint64 { return &b.Up }, by)
}

// Decrement takes by away from a counter; it is limited as Increment is.
func (c *Core) Decrement(counter string, by uint64) error {
	return c.count(counter, func(b *crdt.Balance) *uint64 { return &b.Down }, by)
}

func (c *Core) count(counter string, sum func(*crdt.Balance) *uint64, by uint64) error {
	if err := errors.Join(c.Refuses(), checkReserved(counter)); err != nil {
		return err
	}
	balance := c.View().balance(counter, c.origin)
	s := sum(&balance)
	if *s+by < *s {
		return fmt.Errorf("cluster: adding %d to %d in %.40q: %w", by, *s, counter, crdt.ErrOverflow)
	}
	if by == 0 {
		return nil
	}
	*s += by
	return c.batch().Raise(counter, c.origin, balance)
}

// Update joins a delta into the open batch, for callers who make their own: a backup's part, say. It
// must not have a greater sum under this node's own origin than the node has made. The delta is
// copied.
func (c *Core) Update(delta *crdt.Collections) error {
	switch {
	case c.Refuses() != nil:
		return c.Refuses()
	case delta == nil || delta.Key() != c.config.Key:
		return errors.New("cluster: an update that is nil, or under another hash key")
	}
	novel := delta.Minus(c.replica.Stable()).Minus(c.replica.Pending())
	for e := range novel.Entries() {
		if own := c.View().balance(e.Name, c.origin); e.Origin == c.origin && greater(own, e.Balance) != own {
			return fmt.Errorf("cluster: an update with a sum of %v, under which this node counts, that this node has not made", e.Origin)
		}
	}
	if novel.Len() > 0 {
		c.batch().Merge(novel)
	}
	return nil
}

// Refuses returns why the node makes no updates now; nil if it does.
func (c *Core) Refuses() error { return c.refusal }

// OnCommit has f called at the end of the next Commit, with its error.
func (c *Core) OnCommit(f func(error)) { c.acks = append(c.acks, f) }

// OnLearned has f called with everything that is new to the state, from now on: what Commit made
// of this node's updates, and what came from others. f must not change the delta, nor call Core. It may
// keep the delta.
func (c *Core) OnLearned(f func(delta *crdt.Collections)) { c.learned = append(c.learned, f) }

// Memory returns about how many bytes the state takes.
func (c *Core) Memory() int {
	n := 0
	v := c.View()
	for _, part := range v.parts[:v.n] {
		n += part.Memory()
	}
	return n
}

// perform notes what an event of the engine has put out.
func (c *Core) perform(out replica.Output[*crdt.Collections]) {
	if out.HasDurable() {
		c.learn(out.Durable)
		if c.store != nil {
			c.ahead.Hear(out.Durable)
		}
	}
	c.outbox = append(c.outbox, out.Messages...)
	c.updateProof()
}

// updateProof takes notice of a change of the stable state. A node that is alone proves nothing, and is spared the
// digest.
func (c *Core) updateProof() {
	if !c.config.Alone {
		c.proof.update(c)
	}
}

func (c *Core) learn(delta *crdt.Collections) {
	for _, f := range c.learned {
		f(delta)
	}
}

// receive takes in a message of the engine, whose binary form had some bytes.
func (c *Core) receive(from string, m replica.Message[*crdt.Collections], bytes int) error {
	out, err := c.replica.Receive(c.clock(), replica.ID(from), m)
	if err != nil {
		return err
	}
	c.notifyMessage(Heard, from, &m, bytes)
	if out.HasDurable() {
		c.ledger.watch(out.Durable)
		c.beacon.learn(c, out.Durable)
		c.spare(out.Durable)
	}
	root := from
	if m.Root != "" {
		root = string(m.Root)
	}
	c.perform(out)
	c.proof.matches(c, root, m.Digest)
	return nil
}

// spare takes out of the open batch what a peer has just sent as well: no element is in two parts of a
// View.
func (c *Core) spare(heard *crdt.Collections) {
	if c.made == nil || c.made.Excess(heard) == c.made.Len() {
		return
	}
	if c.made = c.made.Minus(heard); c.made.Len() == 0 {
		c.made = nil
	}
}

// empty returns an empty state, for any goroutine.
func (c *Core) empty() *crdt.Collections { return c.bottom }

// tick does what is due.
func (c *Core) tick() {
	c.perform(c.replica.Tick(c.clock()))
	c.beacon.tick(c)
}

// deadline returns after how long to call tick.
func (c *Core) deadline() time.Duration {
	return max(0, min(c.replica.Deadline(), c.proof.deadline(), c.beacon.deadline(c))-c.clock())
}
