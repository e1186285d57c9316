package gsetd

import (
	"iter"
	"math/big"
	"time"

	"gset/crdt"
	"gset/replica/cluster"
)

// View is what a node's state is read by, as crdt.Collections is. It may be used until the node is
// called again.
type View interface {
	Contains(set string, element []byte) bool
	Lookup(name string) crdt.Collection
	Members(set string) iter.Seq[[]byte]
	Names() int
	ScanElements(set string, cursor uint64, count int) (elements [][]byte, next uint64)
	ScanNames(cursor uint64, count int) (some []crdt.Collection, next uint64)
	Sum(counter string) (sum int64, ok bool)
	Value(counter string) *big.Int
}

// Node is the replica that a Server serves: a Clustered, or a test's. All methods are called in the
// goroutine of the server's loop.
type Node interface {
	// View returns the state, with the updates that are not committed yet.
	View() View

	// Add adds elements to a set, and returns how many were not in it. After an error nothing was
	// added. Elements are copied.
	Add(set string, elements ...[]byte) (added int, err error)

	// Increment adds to a counter, and Decrement takes away. They fail with crdt.ErrOverflow if
	// this node cannot count so far.
	Increment(counter string, by uint64) error
	Decrement(counter string, by uint64) error

	// Commit makes all updates durable, as the node's durability is defined, and has them sent to
	// other members. After an error none of them may be taken for durable; the node has dropped
	// them, or keeps them for the next Commit. Without an update it costs next to nothing. It is called
	// at the end of each turn of the loop.
	Commit() error

	// Memory returns the bytes of memory that the state takes.
	Memory() int

	// Loading reports whether the state may lack what this node has acknowledged, as other
	// members have not refilled it yet. It is called for every command.
	Loading() bool

	// Await has done called, in the loop's goroutine, once n other members hold all that was
	// committed before the call: at once if n is 0 or less. done is told how many do. cancel
	// ends the waiting and returns how many do now; done is not called after it.
	Await(n int, done func(held int)) (cancel func() (held int))

	// Learned has f called, in the loop's goroutine, with everything that is new in the state, from
	// now on: what Commit has made of this node's updates, and what other members have sent. f may
	// keep the delta, must not change it, and does not call the node.
	Learned(f func(delta *crdt.Collections))

	// Status tells what INFO shows.
	Status() Status
}

// Status is what a Node tells of itself.
type Status struct {
	Cluster string
	Name    string // of this member
	Durable Durability
	Members []Member // the others

	CertificateExpires time.Time // until when the others accept this member's certificate; zero if it is alone, or they do not

	// Of the disk, since the start.
	Commits, Deltas         uint64
	LogBytes, SnapshotBytes int64
	Problem                 error // why the disk took nothing at the last try; nil if it did

	Disk   *cluster.DiskStatus // nil without one
	Member *cluster.Status     // of a member of a cluster; nil if the node is alone
	Joined bool                // it was not to join a cluster, or has met another member; and it is not Estranged
}

// Member is another member of the cluster.
type Member struct {
	Name, Host string
	Port       int
	Connected  bool // this member has a link to it that is open
	Equal      bool // it is proved to hold what every member is known to have been told
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
