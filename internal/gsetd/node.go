package gsetd

import (
	"context"
	"sync"

	"gset/crdt"
	"gset/internal/store"
)

// Node is the replica that a Server serves: a Local, or a member of a cluster.
//
// The Server holds the node's lock while it executes the commands of a turn of its loop, and calls
// State, Origin, Update and Loading only then. It does not hold it during the other calls. A node that
// joins what other members send takes the lock for it, for a short time each: all clients wait meanwhile.
type Node interface {
	sync.Locker

	// State returns the state. It must not be changed but by Update.
	State() *crdt.Collections

	// Origin returns in whose name counters are raised.
	Origin() crdt.Origin

	// Update joins a delta into the state, and has the next Commit make it durable. The delta
	// belongs to the node from then on; the caller may read it until it gives up the lock.
	Update(delta *crdt.Collections)

	// Commit makes all updates durable, as the node's durability is defined, and has them sent
	// to other members. After an error the node still holds what it could not commit, and tries
	// again at the next Commit. Commit without an update since the last one that succeeded costs
	// nothing and succeeds. One goroutine calls it.
	Commit() error

	// Loading reports whether the state may lack what this node has acknowledged, as other
	// members have not refilled it yet. It is called for every command.
	Loading() bool

	// Wait returns the number of other members that hold all that Commit has made durable before
	// the call, as soon as there are n of them, or when ctx is done.
	Wait(ctx context.Context, n int) int

	// Learned has f called with what is new in the state from other members. f is called without
	// the lock, by any goroutine, must not wait, and may keep the delta.
	Learned(f func(novel *crdt.Collections))

	// Status tells what INFO shows.
	Status() Status
}

// Status is what a Node tells of itself.
type Status struct {
	Cluster string
	Name    string // of this member
	Durable Durability
	Members []Member // the others
	Disk    store.Stats
	Problem error // why the last commit failed; nil if it succeeded
}

// Member is another member of the cluster.
type Member struct {
	Name, Host string
	Port       int
	Alive      bool
	Behind     int64 // what it is known to lack, in elements and sums; -1 if that is not known
}

// Durability says when an update that was acknowledged is on disk.
type Durability uint8

// The durabilities.
const (
	Never       Durability = iota // there is no disk: updates end with the process
	Always                        // before the reply
	EverySecond                   // a second later at most; a crash may lose the last second's updates
)

// String returns the name that Redis has for it.
func (d Durability) String() string {
	switch d {
	case Always:
		return "always"
	case EverySecond:
		return "everysec"
	}
	return "no"
}
