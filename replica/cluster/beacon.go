package cluster

import (
	"errors"
	"fmt"
	"time"

	"gset/crdt"
	"gset/internal/histogram"
	"gset/replica"
)

// How the latency of replication is measured.
//
// Each node that has Config.Beacon raises its own entry of one counter, BeaconName, by one from time to
// time: its beacon. It travels as any other update does. Two things are measured of it, by clocks of
// one process each, so that no two clocks need agree:
//
//   - The node that has raised it notes for each member how long after its commit the member was proved to
//     hold it (see AwaitEach): MemberStatus.Latency. From this time on the member's readers see it, and it is
//     on the member's disk. The measure is too long by the way back of the proof, and by up to
//     askAgain if the ask was lost or the member was ahead; it is never too short.
//   - Each other node notes when it has learned it: MemberStatus.Heard is how long ago. It is as long as
//     the time between two beacons if all is well, and grows without end if the member's updates do not
//     arrive here, whatever way they take.
//
// There is one entry for a name that ever was a member's: the sum is under an incarnation of no process, and a
// node that comes back without its disk goes on above what others have of it. So beacons do not add
// up. An entry takes some 60 bytes. A proof costs an ask and an answer to each member, of 15 bytes each,
// for a beacon. The period grows with the members, so that all of a cluster of any size raise no more
// beacons a second than five do.

// BeaconName is the name of the counter whose entries are the members' beacons. Views do not show it, and
// updates of it are refused.
const BeaconName = "\x00beacon"

// ErrReserved is wrapped by the error of an update of BeaconName.
var ErrReserved = errors.New("cluster: this name is the members' own")

// beaconIncarnation is the incarnation of all beacons. No process counts under it.
const beaconIncarnation = 0

// beacon is what a node knows of its beacon and those of others.
type beacon struct {
	next    time.Duration // when to raise it
	cancel  func()        // ends the wait for the members to hold it; nil if there is none
	members map[string]*beaconOf
}

// beaconOf is what a node knows of another member's beacon, and how the member holds its own.
type beaconOf struct {
	latency Latency
	heard   time.Duration // when a beacon of the member's was learned; 0 if none was
	waiting bool          // it is not proved to hold the latest beacon
}

// Latency is how long members have taken to hold beacons.
type Latency struct {
	histogram.Histogram

	Last   time.Duration // the latest one
	Missed uint64        // beacons that the member was not proved to hold when the next one was raised
}

// period returns how long to wait between two beacons.
func (c *Core) period() time.Duration {
	const few = 5
	return max(c.config.Beacon, c.config.Beacon/few*time.Duration(len(c.members.known)+1))
}

// DefaultBeacon is a time between two beacons that suits clusters of up to five members.
const DefaultBeacon = 5 * time.Second

// deadline returns when to raise the beacon.
func (b *beacon) deadline(c *Core) time.Duration {
	if c.config.Beacon <= 0 {
		return replica.Never
	}
	return b.next
}

// tick raises the beacon if it is time to.
func (b *beacon) tick(c *Core) {
	now := c.clock()
	if c.config.Beacon <= 0 || now < b.next {
		return
	}
	b.next = now + c.period()
	if len(c.members.known) == 0 || c.Refuses() != nil {
		return
	}
	origin := crdt.Origin{Node: c.config.Name, Incarnation: beaconIncarnation}
	balance := c.View().balance(BeaconName, origin)
	balance.Up++
	if err := c.batch().Raise(BeaconName, origin, balance); err != nil {
		c.faults("the beacon cannot be raised: %v", err)
		return
	}
	c.OnCommit(func(err error) {
		if err == nil {
			b.await(c)
		}
	})
}

// await notes when each member holds the beacon that was committed.
func (b *beacon) await(c *Core) {
	if b.cancel != nil {
		b.cancel()
	}
	for name, m := range c.members.known {
		of := b.of(name)
		if of.waiting {
			of.latency.Missed++
		}
		of.waiting = !m.down
	}
	began := c.clock()
	b.cancel = c.AwaitEach(func(name string) {
		if of := b.members[name]; of != nil && of.waiting {
			of.waiting = false
			of.latency.Last = c.clock() - began
			of.latency.Add(of.latency.Last)
		}
	})
}

func (b *beacon) of(name string) *beaconOf {
	of := b.members[name]
	if of == nil {
		of = new(beaconOf)
		b.members[name] = of
	}
	return of
}

// learn notes the beacons in what is new.
func (b *beacon) learn(c *Core, delta *crdt.Collections) {
	if delta.Lookup(BeaconName).Kind() == crdt.NoKind {
		return
	}
	for origin := range delta.Balances(BeaconName) {
		if c.members.listed(origin.Node) {
			b.of(origin.Node).heard = c.clock()
		}
	}
}

// status fills in what is known of a member's beacon.
func (b *beacon) status(c *Core, s *MemberStatus) {
	s.Heard = -1
	if of := b.members[s.Name]; of != nil {
		s.Latency = of.latency
		if of.heard > 0 {
			s.Heard = c.clock() - of.heard
		}
	}
}

// checkReserved refuses the name of the beacons.
func checkReserved(collection string) error {
	if collection == BeaconName {
		return fmt.Errorf("%w: %q", ErrReserved, collection)
	}
	return nil
}
