package cluster

import (
	"errors"
	"time"

	"gset/crdt"
	"gset/internal/store"
	"gset/replica"
)

// How a batch becomes durable.
//
// An update is written to the log, and synced, before the engine learns it. So it is
// acknowledged, and leaves this node, only when it is on disk, and one whose commit fails was
// never made. What peers send is in the engine at once; it is committed before any message leaves
// that may carry it, or that has a digest with it. While the disk takes nothing that is waived:
// what peers send is on the disk of the node that acknowledged it, and gossip goes on.

// retryDisk is after how long what the disk did not take is tried again.
const retryDisk = time.Second

// Commit ends the batch: it makes durable what was updated and heard since the last Commit, hands
// the updates to the engine, calls what OnCommit was given, and sends what has become due. It
// waits for the disk, if there is something to write. The error is that of the updates; the
// functions given to OnCommit have it as well.
func (c *Core) Commit() error {
	deltas, err := c.prepare()
	if err == nil {
		err = c.write(deltas)
	}
	return c.finish(err)
}

// prepare returns the binary forms of what is to be written. They are good until the next call.
func (c *Core) prepare() ([][]byte, error) {
	c.writes = c.store != nil && (c.made != nil || c.unsaved == nil || c.clock()-c.tried >= retryDisk)
	if !c.writes {
		return nil, nil
	}
	var deltas [][]byte
	c.scratch = c.scratch[:0]
	var err error
	for _, part := range c.heard {
		if deltas, err = c.encode(deltas, part); err != nil {
			return nil, err
		}
	}
	for _, part := range []*crdt.Collections{c.unsaved, c.made} {
		if part == nil {
			continue
		}
		if deltas, err = c.encode(deltas, part); err != nil {
			return nil, err
		}
	}
	return deltas, nil
}

// encode appends the binary forms of a state's parts, each short enough for the store.
func (c *Core) encode(deltas [][]byte, state *crdt.Collections) ([][]byte, error) {
	at := len(c.scratch)
	b, err := state.AppendBinary(c.scratch)
	if err != nil {
		return nil, err
	}
	if c.scratch = b; len(b)-at <= store.MaxDelta {
		return append(deltas, b[at:]), nil
	}
	c.scratch = b[:at]
	for part, err := range crdt.Split(state, 0, store.MaxDelta) {
		if err != nil {
			return nil, err
		}
		b, err := part.AppendBinary(nil)
		if err != nil {
			return nil, err
		}
		deltas = append(deltas, b)
	}
	return deltas, nil
}

// maxScratch bounds the memory that is kept from one commit to the next.
const maxScratch = 1 << 20

// write brings deltas to the disk. It may run beside readers of the state.
func (c *Core) write(deltas [][]byte) error {
	if len(deltas) == 0 {
		return nil
	}
	if c.config.Sync == SyncEverySecond {
		return c.flush.append(c.store, deltas)
	}
	return c.store.Commit(deltas...)
}

// finish ends the batch, whose commit had the error given.
func (c *Core) finish(err error) error {
	if cap(c.scratch) > maxScratch {
		c.scratch = nil
	}
	made := c.made
	c.made = nil
	switch {
	case c.store == nil:
	case err == nil && c.writes:
		c.unsaved = nil
	default:
		c.keep(err)
	}
	clear(c.heard)
	c.heard = c.heard[:0]
	if err == nil && made != nil {
		err = c.adopt(made)
	}
	c.ledger.settle(c)
	acks := c.acks
	c.acks = nil
	for _, f := range acks {
		f(err)
	}
	c.proof.check(c)
	c.sendAll()
	c.afterwards()
	return err
}

// keep keeps what peers have sent for a later commit, as this one has failed, or wrote nothing.
func (c *Core) keep(err error) {
	if err != nil {
		c.tried = c.clock()
		if c.unsaved == nil && len(c.heard) > 0 {
			c.faults("what peers have sent cannot be saved: %v", err)
		}
	}
	for _, delta := range c.heard {
		c.unsaved = plus(c.unsaved, delta)
	}
}

// adopt hands a batch that was committed to the engine.
func (c *Core) adopt(made *crdt.Collections) error {
	c.ledger.reckon(c, made)
	out, err := c.replica.Update(c.clock(), made)
	if err != nil {
		c.faults("an update that is on disk already was refused: %v", err)
		return errors.Join(err, ErrUncertain)
	}
	c.ledger.note(made)
	c.notify(Event{Kind: Written, Parts: made.Len()})
	if out.HasDurable() {
		c.learn(out.Durable)
	}
	c.outbox = append(c.outbox, out.Messages...)
	c.proof.update(c)
	return nil
}

// sendAll hands what has been put out to the links.
func (c *Core) sendAll() {
	for i := range c.outbox {
		e := &c.outbox[i]
		data, err := c.encoder.encode(&e.Message)
		if err != nil {
			c.faults("a message without a binary form: %v", err)
			continue
		}
		c.send(e.To, &e.Message, data)
	}
	clear(c.outbox)
	c.outbox = c.outbox[:0]
	c.encoder = encoder{}
	told := c.told
	c.told = c.told[:0]
	for _, f := range told {
		f()
	}
	clear(told)
}

// encoder encodes the messages of one batch. A scatter goes to many members with the same delta,
// which is encoded once; only headers differ.
type encoder struct {
	delta   *crdt.Collections // the one encoded last
	encoded []byte
}

func (e *encoder) encode(m *replica.Message[*crdt.Collections]) ([]byte, error) {
	if m.Delta == nil {
		return m.AppendBinary(nil)
	}
	if m.Delta != e.delta { // a delta is never changed
		b, err := m.Delta.AppendBinary(nil)
		if err != nil {
			return nil, err
		}
		e.delta, e.encoded = m.Delta, b
	}
	const header = 64 // bytes, as a rule
	return append(m.AppendHeader(make([]byte, 0, header+len(e.encoded))), e.encoded...), nil
}
