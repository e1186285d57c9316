package cluster

import (
	"errors"

	"gset/crdt"
	"gset/replica"
)

// A batch becomes durable by the rule of durable.Ahead: an update before the engine learns it, and
// what peers send, which is in the engine at once, before any message leaves that may carry it or
// that has a digest with it.

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

// prepare returns the binary forms of what is to be written. They are good until finish.
func (c *Core) prepare() ([][]byte, error) {
	if c.store == nil {
		return nil, nil
	}
	return c.ahead.Begin(c.clock(), c.made)
}

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
	made := c.made
	c.made = nil
	if c.store != nil {
		saved := c.ahead.Saved()
		if lost := c.ahead.End(c.clock(), err); lost && saved {
			c.faults("what peers have sent cannot be saved: %v", err)
		}
	}
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

// adopt hands a batch that was committed to the engine. Nobody changes it afterwards.
func (c *Core) adopt(made *crdt.Collections) error {
	c.ledger.note(c, made)
	out, err := c.replica.Take(c.clock(), made)
	if err != nil {
		c.faults("an update that is on disk already was refused: %v", err)
		return errors.Join(err, ErrUncertain)
	}
	c.looksForHidden(made)
	c.notify(Event{Kind: Written, Parts: made.Len(), Beacons: made.Lookup(BeaconName).Entries})
	if out.HasDurable() {
		c.learn(out.Durable)
	}
	c.outbox = append(c.outbox, out.Messages...)
	c.updateProof()
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
