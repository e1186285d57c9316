package sim

import (
	"errors"
	"fmt"
	"syscall"

	"gset/crdt"
	"gset/internal/durable"
	"gset/internal/store"
	"gset/replica"
)

// Disks counts what has become of nodes' disks. Commits and the following are of all nodes.
type Disks struct {
	Commits     int // deltas, of clients or of other nodes, made durable
	Compactions int // logs replaced by a snapshot
	Deaths      int // nodes that died in the middle of a call of the file system
	Torn        int // restarts that found a commit cut off
	Refused     int // updates that were refused, and are on no disk
	Unknown     int // updates of which nobody knows whether they are on disk
	SetBack     int // folders that were lost or replaced by a backup
	Renewed     int // restarts with a new incarnation
	Waits       int // stores that did not open while the disk was full or failed
}

// Add adds the counts of another run.
func (d *Disks) Add(other Disks) {
	d.Commits += other.Commits
	d.Compactions += other.Compactions
	d.Deaths += other.Deaths
	d.Torn += other.Torn
	d.Refused += other.Refused
	d.Unknown += other.Unknown
	d.SetBack += other.SetBack
	d.Renewed += other.Renewed
	d.Waits += other.Waits
}

// String lists the counts.
func (d Disks) String() string {
	return fmt.Sprintf("%d commits, %d compactions; %d deaths in a call of the file system, %d commits cut off; "+
		"%d updates refused, %d of unknown outcome; %d folders lost or set back, %d new incarnations; %d starts in vain",
		d.Commits, d.Compactions, d.Deaths, d.Torn, d.Refused, d.Unknown, d.SetBack, d.Renewed, d.Waits)
}

// What follows is what internal/node does, by the same durable.Ahead, with virtual time in place of a clock.

// save commits a client's update. It reports whether the client may be told that it was made. The node may die
// of it.
func (r *run[S, K]) save(e Event, delta S) bool {
	d := r.disks[e.Node]
	r.requireNoRepetition(e, delta)
	before := len(d.owed.open)
	for part, count := range r.work.parts(delta) {
		d.owed.open = append(d.owed.open, issued[K]{part, count})
	}
	err := r.commit(e.Node, delta)
	switch {
	case err == nil:
		crdt.Merge(d.owed.acked, delta)
		r.model.credit(e.Node, amount(e), 0)
		return true
	case errors.Is(err, store.ErrUncertain):
		r.tell("%-12v n%d may have it or not: %v", r.net.Now(), e.Node, err)
		r.result.Disks.Unknown++
		r.model.credit(e.Node, 0, amount(e))
	default:
		r.tell("%-12v n%d refuses it: %v", r.net.Now(), e.Node, err)
		r.result.Disks.Refused++
		d.owed.open = d.owed.open[:before]
	}
	r.requireReason(e.Node, err)
	if d.dead {
		r.net.Stop(e.Node)
		r.die(e.Node)
	}
	return false
}

// amount is how much an event adds to a counter, up or down.
func amount(e Event) uint64 { return uint64(max(e.Value, -e.Value)) }

// keep makes durable what other nodes sent, before messages that follow from it leave. It reports
// whether the node is still alive.
func (r *run[S, K]) keep(node int, out replica.Output[S]) bool {
	d, now := r.disks[node], r.net.Now()
	heard := out.HasDurable() && crdt.Excess(out.Durable, d.owed.synced) > 0 // else it is a client's, and on disk
	if heard {
		d.ahead.Hear(out.Durable)
	}
	if !heard && !d.ahead.Due(now) {
		return !d.dead
	}
	var none S
	if err := r.commit(node, none); err != nil {
		r.tell("%-12v n%d cannot keep what it was sent: %v", now, node, err)
		r.requireReason(node, err)
	}
	return !d.dead
}

// commit makes durable a client's update, or the zero S, and what other nodes sent.
func (r *run[S, K]) commit(node int, made S) error {
	d := r.disks[node]
	deltas, err := d.ahead.Begin(r.net.Now(), made)
	if err == nil && len(deltas) > 0 {
		err = d.store.Commit(deltas...)
		d.store.Settle()
	}
	if err == nil && len(deltas) > 0 {
		r.committed(node, deltas)
	}
	d.ahead.End(r.net.Now(), err)
	return err
}

// committed notes that a node's store owes deltas.
func (r *run[S, K]) committed(node int, deltas [][]byte) {
	d := r.disks[node]
	for _, form := range deltas {
		delta, err := r.bottom.Decode(form)
		if err != nil {
			r.violate(Kept, "n%d has committed what cannot be read: %v", node, err)
			return
		}
		crdt.Merge(d.owed.synced, delta)
	}
	d.owed.open = nil // those that failed before are void
	r.result.Disks.Commits++
}

// compactIfDue has a node's log be replaced by a snapshot, if it is long, once the event is over.
func (r *run[S, K]) compactIfDue(node int) {
	if r.disks == nil {
		return
	}
	if d := r.disks[node]; d.store != nil && d.store.Due() {
		r.net.At(r.net.Now(), func() { r.compact(node) })
	}
}

// compact replaces a node's log by a snapshot. The node may die of it.
func (r *run[S, K]) compact(node int) {
	d := r.disks[node]
	if d.store == nil || !d.store.Due() {
		return
	}
	state := r.net.Replica(node).State()
	err := d.store.Compact(durable.Forms(crdt.Split(state, 0, compactedPart)))
	r.result.Disks.Compactions++
	switch {
	case d.dead:
		r.net.Stop(node)
		r.die(node)
	case err == nil:
		crdt.Merge(d.owed.synced, state)
	default:
		r.requireReason(node, err)
	}
}

// compactedPart bounds the parts of a snapshot, in bytes.
const compactedPart = 2 << 10

// requireReason holds that a commit fails only for a reason.
func (r *run[S, K]) requireReason(node int, err error) {
	d := r.disks[node]
	switch {
	case !d.troubled():
		r.violate(Serves, "n%d has room on its disk, which does not fail, and cannot commit: %v", node, err)
	case !d.dead && d.failing == 0 && !errors.Is(err, syscall.ENOSPC):
		r.violate(Serves, "n%d has a full disk, and says: %v", node, err)
	}
}
