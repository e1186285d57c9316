package replica

import (
	"errors"
	"time"

	"gset/crdt"
)

var errNoMembers = errors.New("replica: a list of members that is nil")

// Event is what an Observer is told.
type Event struct {
	Kind EventKind
	Peer ID     // Suspected, Walked: whom it is about
	View uint64 // the replica's view
	Hub  ID     // the replica's hub
}

// EventKind says what has happened.
type EventKind uint8

const (
	ViewChanged EventKind = 1 + iota // the replica has turned to another view or hub
	Suspected                        // a peer seems to hold another state, and will be probed
	Mismatch                         // a peer's probe or diff was of another state: a repair begins or goes on
	Walked                           // a repair that takes many messages has gone on to another step
	Unsendable                       // a cell was left out of a message: it is larger than MaxMessage allows
)

var eventNames = [...]string{ViewChanged: "view changed", Suspected: "suspected", Mismatch: "mismatch", Walked: "walked", Unsendable: "unsendable"}

// String returns the kind in words.
func (k EventKind) String() string {
	if k < ViewChanged || k > Unsendable {
		return "unknown"
	}
	return eventNames[k]
}

// observe tells the observer of an event.
func (r *Replica[S]) observe(e Event) {
	if r.cfg.Observer != nil {
		e.View, e.Hub = r.view, r.hub
		r.cfg.Observer(e)
	}
}

// Status is what a replica knows of itself, for those who watch it. All counts of what is kept, but Told, are
// zero when nothing is pending and no round is under way.
type Status struct {
	View    uint64
	Hub     ID
	Members int // on the list
	StandIn ID  // the peer that takes this replica's gathers while the hub is silent; "" if none
	Suspect ID  // a peer that seems to hold another state; "" if none; Self for a hub that will show its digest
	Walk    ID  // the peer of the last repair of many steps, which may be over; "" if none

	// When the wait for a proof of equality began, on this replica's clock: a digest matched, or this
	// replica sent a probe.
	Proof time.Duration

	RoundTrip time.Duration // smoothed; 0 before one was measured
	Timeout   time.Duration // after how long an answer is taken for lost

	Pending   int // irreducible parts that this replica has neither scattered nor heard back
	Fresh     int // those of them that go out with the next gather or scatter
	Gathers   int // gathers that were sent and are not acknowledged yet
	Told      int // parts of the updates of the last rounds, kept to be told once more
	Gatherers int // members that gathered in this round, whom its scatter answers
	Gathered  int // parts of the updates in their gathers
}

// Status returns the replica's status.
func (r *Replica[S]) Status() Status {
	s := Status{
		View:      r.view,
		Hub:       r.hub,
		Members:   r.members.Len(),
		StandIn:   r.leaf.standIn,
		Suspect:   r.suspicion.suspect,
		Walk:      r.walk.peer,
		Proof:     r.suspicion.since,
		Timeout:   r.rtt.timeout(),
		Pending:   r.pending.Len(),
		Fresh:     r.fresh.Len(),
		Gathers:   len(r.sent),
		Gatherers: len(r.round.gatherers),
	}
	if r.rtt.measured {
		s.RoundTrip = r.rtt.mean
	}
	for _, g := range r.round.gatherers {
		s.Gathered += g.delta.Len()
	}
	for _, updates := range r.round.earlier {
		s.Told += updates.Len()
	}
	return s
}

// Snapshot is what a replica keeps over a restart.
type Snapshot[S crdt.Lattice[S]] struct {
	View    uint64
	Stable  S
	Pending S
}

// Snapshot returns what the replica should be restored from. It shares memory with the replica, to be
// read and not changed, until the next event.
func (r *Replica[S]) Snapshot() Snapshot[S] {
	return Snapshot[S]{r.view, r.stable, r.pending}
}

// Restore returns the replica of cfg.Self at time now, from a snapshot that it owns from here on.
// What was pending is sent again; New, in contrast, takes all of a state for known. A snapshot
// of any age will do, and so will the join of a snapshot's values with every Durable since.
func Restore[S crdt.Lattice[S]](cfg Config, snapshot Snapshot[S], now time.Duration) (*Replica[S], error) {
	r, err := New(cfg, snapshot.Stable, now)
	if err != nil {
		return nil, err
	}
	if isNil(snapshot.Pending) {
		return nil, errors.New("replica: a snapshot without pending updates, which may be empty")
	}
	if err := r.admit(snapshot.Pending); err != nil {
		return nil, err
	}
	r.view = snapshot.View
	r.hub = r.appointed()
	if r.alone() {
		r.hear(snapshot.Pending)
	} else {
		r.learn(snapshot.Pending, now)
	}
	r.out = Output[S]{}
	return r, nil
}
