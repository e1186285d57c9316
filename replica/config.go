package replica

import (
	"errors"
	"fmt"
	"time"

	"gset/crdt"
)

// Defaults of a Config, and the bounds of what it may hold.
const (
	// DefaultInterval is a compromise for links of up to 100 ms: an update is everywhere
	// within 450 ms, and at 100 updates a second among 25 members an update costs 1.7 messages.
	DefaultInterval = 250 * time.Millisecond

	// Eager is the Interval of a member that gathers nothing: every update goes straight
	// to every member, in one hop and n-1 messages.
	Eager time.Duration = -1

	DefaultProbe = 2 * time.Second

	// DefaultFanout has a cluster of up to 129 members scatter directly, and one of up to
	// 16,513 in two hops. At 64 a cluster of 10,000 would take three hops; at 256 a
	// hub's bursts would be twice as long for no fewer hops. docs/SCALE.md has the measurements.
	DefaultFanout = 128

	// DefaultMaxMessage fits a datagram and the 64 KiB line of Maelstrom's Go library.
	DefaultMaxMessage = 40_000

	// MinMessage has room for the longest header and a page of a crdt.GSet.
	MinMessage = 1 << 10

	// MinProbe keeps probes rarer than a scheduler's hiccups.
	MinProbe = 10 * time.Millisecond

	// MaxInterval bounds Interval and Probe, so that sums of times never overflow.
	MaxInterval = 24 * time.Hour

	// MaxFanout is the most members anyone may be asked to send a scatter to.
	MaxFanout = 1 << 16
)

// Config says who a replica is and how eager it is. Self and Members must be given; the
// zero value of every other field stands for a default.
//
// Members of one cluster must share the hash key of their states, should share Reliable, and nothing else.
// Members whose Interval, Probe, Fanout or MaxMessage differ still converge; each gathers,
// scatters and probes at its own pace. A member that can send shorter messages than another
// cannot pass on a cell that only the other's messages hold.
type Config struct {
	// Self is this replica's name, 1 to MaxID bytes. No two members share a name.
	Self ID

	// Members is who is in the cluster, Self included. Replicas may share the list.
	Members *Members

	// Interval is T: how long an update may wait for others, to be sent together with them. An
	// update is at every member after T and two hops. A longer interval saves messages: all that
	// m of n members add in an interval costs m + n-1 of them. Choose at least a round
	// trip between members, and at most the staleness that readers tolerate.
	// Zero is DefaultInterval; Eager gathers nothing.
	Interval time.Duration

	// Probe is R: a member that has proved equality with no peer for R sends a probe, of some
	// 50 bytes. A loss that nothing else reveals is mended within a few R. Choose a few
	// seconds; at least four round trips. Zero is DefaultProbe.
	Probe time.Duration

	// Fanout is how many members at most this replica sends a scatter to; in a larger
	// cluster the scatter goes down a tree. Zero is DefaultFanout; the least is 2.
	Fanout int

	// MaxMessage bounds the binary form of every message in bytes, and so the size of a
	// cell: an update with a cell that does not fit a message is refused. Choose what the
	// transport carries in one piece. Zero is DefaultMaxMessage; the least is MinMessage.
	MaxMessage int

	// Reliable says that the transport loses no message to a member while a connection lasts, and
	// keeps their order, as TCP does, and that Replica.Unreachable is called when one breaks: the package comment
	// has what a driver owes. Scatters then repeat no earlier round, and in clusters of up to Fanout others nobody is
	// told what it gathered itself, which under load saves up to two thirds of the bytes; what takes long is waited
	// for. Members whose Reliable differs converge by repairs. A message that is
	// lost nevertheless is made up for by a repair. False is right for datagrams.
	Reliable bool

	// Incarnation tells this life of the member from its earlier ones. A member that restarts
	// should give another number each time: a count of its starts, the time, or a random
	// number. It seeds the replica's private randomness, so that two lives do not
	// repeat each other's choices. Zero is as good as any other for a first life.
	Incarnation uint64

	// Alone says that no other member is going to come. Then the replica makes no sketch ahead of
	// repairs. If one comes all the same, the first repair of a large state takes longer.
	Alone bool

	// Observer, if set, is called for every Event, inside the call that caused it. It must not
	// call the replica.
	Observer func(Event)
}

// withDefaults returns the configuration with its defaults filled in, or what is wrong
// with it.
func (c Config) withDefaults() (Config, error) {
	setDefault(&c.Interval, DefaultInterval)
	setDefault(&c.Probe, DefaultProbe)
	setDefault(&c.Fanout, DefaultFanout)
	setDefault(&c.MaxMessage, DefaultMaxMessage)
	if c.Interval == Eager {
		c.Interval = 0
	}
	switch {
	case c.Members == nil:
		return c, errors.New("replica: a Config without Members")
	case c.Self == "" || len(c.Self) > MaxID:
		return c, fmt.Errorf("replica: Self is a name of %d bytes, outside 1 to %d", len(c.Self), MaxID)
	case c.Interval < 0 || c.Interval > MaxInterval:
		return c, fmt.Errorf("replica: interval %v is neither Eager nor up to %v", c.Interval, MaxInterval)
	case c.Probe < MinProbe || c.Probe > MaxInterval:
		return c, fmt.Errorf("replica: probe interval %v is outside %v to %v", c.Probe, MinProbe, MaxInterval)
	case c.Fanout < 2 || c.Fanout > MaxFanout:
		return c, fmt.Errorf("replica: fanout %d is outside 2 to %d", c.Fanout, MaxFanout)
	case c.MaxMessage < MinMessage:
		return c, fmt.Errorf("replica: message limit of %d bytes is below %d", c.MaxMessage, MinMessage)
	}
	return c, nil
}

func setDefault[T comparable](field *T, value T) {
	var zero T
	if *field == zero {
		*field = value
	}
}

// checkKey refuses the zero key, under which anyone can compute two states with equal
// digests: replicas that hold them would stay apart for ever.
func checkKey(key crdt.Key) error {
	if key == (crdt.Key{}) {
		return errors.New("replica: a state under the zero key; draw a key at random, one for the whole cluster")
	}
	return nil
}
