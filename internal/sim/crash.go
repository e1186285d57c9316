package sim

import (
	"time"

	"gset/internal/simnet"
	"gset/replica"
)

// crash stops a node, and starts it again unless it is gone for good.
func (r *run[S, K]) crash(e Event) {
	at := r.net.Replica(e.Node)
	if at == nil {
		return // it is down already, and comes up when it would have
	}
	if state := at.State(); !state.Equal(r.disk[e.Node]) {
		r.violate(Durable, "n%d holds %s, and was told to make %s durable", e.Node, brief(state), brief(r.disk[e.Node]))
	}
	r.net.Stop(e.Node)
	r.stopped(e)
}

// tear has a node make durable what an event has added, before the messages of the event leave. It
// stops the node in the middle of that, if that is what is to happen to it.
func (r *run[S, K]) tear(node int, out replica.Output[S]) (bool, simnet.Torn) {
	e := r.tears[node]
	if out.Empty() {
		e = nil
	}
	if r.disks != nil && (e == nil || e.Value >= 0) && !r.keep(node, out) {
		r.die(node)
		return true, simnet.Torn{}
	}
	if e == nil {
		return false, simnet.Torn{}
	}
	r.tears[node] = nil
	if r.disks != nil {
		r.disks[node].end(*e)
	}
	r.tell("%-12v n%d is torn", r.net.Now(), node)
	r.net.At(r.net.Now(), func() { r.stopped(*e) }) // when what it still does is done
	return true, simnet.Torn{Durable: e.Value >= 0, Messages: int(max(e.Value, 0))}
}

// stopped sees to what a node that has stopped keeps, and to when it starts again.
func (r *run[S, K]) stopped(e Event) {
	r.History.stop(r.net.Now(), e)
	r.progress.disturbed(r.net.Now())
	start := r.startAgain(e)
	if e.For > 0 {
		r.net.At(min(r.s.End, r.net.Now()+e.For), func() { r.restart(e.Node, start) })
	}
}

// startAgain returns how a node that has stopped is to be started, and forgets what it loses.
func (r *run[S, K]) startAgain(e Event) func() error {
	node := e.Node
	if r.disks != nil {
		r.halt(e)
		return func() error { return r.startWithAll(node) }
	}
	switch {
	case e.Lose:
		r.loseAll(node)
	case e.What == Rollback:
		old := r.snapshot(node, r.net.Now()-time.Duration(e.Value))
		r.lose(node, old.state())
		return func() error { return r.net.Restore(node, old.Snapshot) }
	case e.What == Crash && e.Value != 0:
		old := r.snapshot(node, r.net.Now())
		old.Pending = r.disk[node].Minus(old.Stable)
		return func() error { return r.net.Restore(node, old.Snapshot) }
	}
	return func() error { return r.startWithAll(node) }
}

// startWithAll starts a node with all that it has kept.
func (r *run[S, K]) startWithAll(node int) error {
	if r.disks != nil {
		return r.startFromDisk(node)
	}
	return r.net.Start(node, r.disk[node].Clone())
}

// loseAll has a node keep nothing.
func (r *run[S, K]) loseAll(node int) {
	r.snapshots[node] = nil
	r.lose(node, r.bottom.New())
}

// lose has a node keep nothing but a state. What it adds from then on is another's, to a counter.
func (r *run[S, K]) lose(node int, state S) {
	r.disk[node] = state
	r.model.lose(node)
	for part, count := range r.work.parts(state) {
		r.model.keep(node, part, count)
	}
	r.lives[node]++
}

// restart starts a node that was stopped, unless it has been taken off its own list of members.
func (r *run[S, K]) restart(node int, start func() error) {
	if r.net.Replica(node) != nil || !r.membership.in(node) {
		return
	}
	r.tell("%-12v start n%d", r.net.Now(), node)
	r.views[node] = 0
	r.tears[node] = nil
	r.progress.disturbed(r.net.Now())
	r.inform(node)
	r.net.Freeze(node, r.net.Now())
	if err := start(); err != nil {
		r.violate(NoPanic, "n%d does not start again: %v", node, err)
	}
}

// snapshot is what a node can be restored from, taken at a time. It shares no memory.
type snapshot[S state[S]] struct {
	replica.Snapshot[S]
	at time.Duration
}

// state returns all that is in a snapshot.
func (s snapshot[S]) state() S {
	all := s.Stable.Clone()
	all.Join(s.Pending)
	return all
}

// takeSnapshots keeps a snapshot of every node that the schedule may start from one.
func (r *run[S, K]) takeSnapshots() {
	for node := range r.snapshots {
		if at := r.net.Replica(node); at != nil && r.restores[node] {
			s := at.Snapshot()
			s.Stable, s.Pending = s.Stable.Clone(), s.Pending.Clone()
			r.snapshots[node] = append(r.snapshots[node], snapshot[S]{s, r.net.Now()})
		}
	}
}

// snapshot returns the last one of a node that was taken by a time: an empty one, if there is none.
func (r *run[S, K]) snapshot(node int, by time.Duration) snapshot[S] {
	all := r.snapshots[node]
	for len(all) > 0 && all[len(all)-1].at > by {
		all = all[:len(all)-1]
	}
	r.snapshots[node] = all // those after it are of a state that is no more
	if len(all) == 0 {
		return snapshot[S]{Snapshot: replica.Snapshot[S]{Stable: r.bottom.New(), Pending: r.bottom.New()}}
	}
	last := all[len(all)-1]
	last.Stable, last.Pending = last.Stable.Clone(), last.Pending.Clone()
	return last
}

// restored reports for each node whether the schedule may have it start from a snapshot of the replica's.
func (s Schedule) restored() []bool {
	nodes := make([]bool, s.Nodes)
	if s.Disk {
		return nodes
	}
	for _, e := range s.Events {
		if e.What != Rollback && (e.What != Crash || e.Value == 0) {
			continue
		}
		for node := range nodes {
			nodes[node] = nodes[node] || e.Hub || node == e.Node
		}
	}
	return nodes
}
