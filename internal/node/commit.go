package node

import (
	"cmp"
	"errors"
	"sync"

	maelstrom "github.com/jepsen-io/maelstrom/demo/go"

	"gset/crdt"
	"gset/internal/durable"
	"gset/internal/store"
	"gset/replica"
)

// disk is the store of a node that was given a folder. The driver's mutex guards it, but for what
// compact does.
//
// What is committed when is the rule of [durable.Ahead]. All that waits while a commit is under way is in the next one: many updates share one sync, and are one
// update to the replica. Reads, and what other nodes send, do not wait.
type disk[S crdt.Lattice[S]] struct {
	store      *store.Store
	queue      []waiting[S] // what the next commit is for, in the order in which it came
	committing bool         // a goroutine is in commitQueue, and will not leave anything in the queue
	batches    int          // settled so far
	inFlight   bool         // a batch has been handed to the store, and is not settled
	settled    sync.Cond    // with the driver's mutex: a batch was settled, or commitQueue is done

	ahead      durable.Ahead[S]
	compacting bool
	running    sync.WaitGroup // compact, and answers
}

// waiting is what waits for the disk: a client's update, or what an event has given out.
type waiting[S crdt.Lattice[S]] struct {
	change  Change[S] // nil for an output
	request request
	reply   Reply // when the change is made; or err
	err     error
	out     replica.Output[S]
}

// enqueue puts a client's update behind what waits for the disk already.
func (d *driver[S]) enqueue(w waiting[S]) {
	d.mu.Lock()
	defer d.mu.Unlock()
	d.enqueueLocked(w)
}

// enqueueLocked is enqueue for a caller who holds the mutex, which is unlocked meanwhile if it falls to this
// goroutine to commit.
func (d *driver[S]) enqueueLocked(w waiting[S]) {
	if d.stopped { // nobody hears of it
		return
	}
	d.disk.queue = append(d.disk.queue, w)
	if d.disk.committing {
		return
	}
	d.disk.committing = true
	for len(d.disk.queue) > 0 {
		batch := d.disk.queue
		d.disk.queue = nil
		d.commitBatch(batch)
	}
	d.disk.committing = false
	d.disk.settled.Broadcast()
}

// mustWait reports whether an output's messages must wait for the disk: they may carry what is not on it.
func (d *driver[S]) mustWait(out replica.Output[S]) bool {
	return d.disk.store != nil && (out.HasDurable() || d.disk.committing || d.disk.ahead.Due(d.now()))
}

// awaitCommit returns when what had been handed to the store is part of the replica's state. The caller holds the mutex.
func (d *driver[S]) awaitCommit() {
	for n := d.disk.batches; d.disk.inFlight && d.disk.batches == n; {
		d.disk.settled.Wait()
	}
}

// commitBatch makes durable what a batch has, in one commit, and then lets all leave that waits for it.
func (d *driver[S]) commitBatch(batch []waiting[S]) {
	made := d.collect(batch)
	err := d.commit(made)
	var told replica.Output[S]
	if err == nil && !isZero(made) {
		if told, err = d.replica.Update(d.now(), made); err != nil { // it is on disk: nobody knows what becomes of it
			err = maelstrom.NewRPCError(maelstrom.Crash, shortened(err.Error()))
		} else {
			d.count(made)
		}
	}
	for _, w := range batch {
		d.sendAll(w.out)
	}
	d.sendAll(told)
	d.answerAll(batch, err)
	d.rearm()
	d.disk.batches++
	d.disk.inFlight = false
	d.disk.settled.Broadcast()
	if d.disputed {
		d.takeIncarnation()
	}
	if err == nil {
		d.compactIfDue()
	}
}

// answerAll answers the clients of a batch that was committed, or not. If more waits for the disk that is not
// kept waiting.
func (d *driver[S]) answerAll(batch []waiting[S], err error) {
	answer := func() {
		for _, w := range batch {
			if w.change != nil {
				d.answer(w.request, w.reply, cmp.Or(w.err, err))
			}
		}
	}
	if len(d.disk.queue) > 0 {
		d.disk.running.Go(answer)
	} else {
		answer()
	}
}

// collect makes the updates of a batch, each on top of those before it, and returns their join, the zero S for
// nothing. What other nodes have sent goes with the next commit.
func (d *driver[S]) collect(batch []waiting[S]) (made S) {
	if d.disputed {
		d.takeIncarnation()
	}
	local := d.local()
	for i := range batch {
		w := &batch[i]
		if w.change == nil {
			if w.out.HasDurable() {
				d.disk.ahead.Hear(w.out.Durable)
			}
			continue
		}
		if d.disputed {
			w.err = errDisputed
			continue
		}
		var delta S
		if delta, w.err = w.change(local); w.err == nil && delta.Len() > 0 {
			if isZero(made) {
				made = d.bottom.New()
			}
			crdt.Merge(made, delta)
			local.made = made
		}
	}
	return made
}

// commit makes durable what was made, and all that is to be with it. Its error is one for the clients: a definite
// one if the updates were not made and never will be. The caller holds the mutex, which is unlocked meanwhile.
func (d *driver[S]) commit(made S) error {
	deltas, err := d.disk.ahead.Begin(d.now(), made)
	if err == nil && len(deltas) > 0 {
		d.disk.inFlight = true
		d.mu.Unlock()
		err = d.disk.store.Commit(deltas...)
		d.mu.Lock()
	}
	if d.disk.ahead.End(d.now(), err) {
		d.faults.count(unsaved, "%v", err)
	}
	switch {
	case err == nil:
		return nil
	case errors.Is(err, store.ErrUncertain):
		return maelstrom.NewRPCError(maelstrom.Crash, shortened(err.Error()))
	}
	return maelstrom.NewRPCError(maelstrom.TemporarilyUnavailable, shortened(err.Error()))
}
