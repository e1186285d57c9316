package cluster

import (
	"gset/crdt"
	"gset/replica"
)

// Event is what Config.Observer is told.
type Event struct {
	Kind EventKind

	// Peer is whom it is about: who a message goes to or comes from, the member that is up, down or
	// has left, the Peer of Engine. Empty if it is this node.
	Peer string

	// Sent, Heard: the message.
	Message replica.Kind
	Root    string // of a scatter that was passed on: the hub that began it
	Parts   int    // elements and sums of the update, or of the cells, that it carries; Written: of the updates
	Beacons int    // those of them that are beacons
	Bytes   int

	Engine replica.Event // Engine
}

// EventKind says what has happened.
type EventKind uint8

// The kinds of events.
const (
	Written    EventKind = 1 + iota // updates of this node's own, Parts of them, were committed
	Sent                            // a message of the engine was handed to the link to a peer
	Heard                           // a message of the engine has come from a peer, and was taken in
	MemberUp                        // a member is new, or up again
	MemberDown                      // a member is down
	MemberLeft                      // a member has left, or is forgotten
	Repaired                        // a repair with a member is done: see Repairs
	Engine                          // the engine has told its Observer something
)

// notify tells the observer of an event.
func (c *Core) notify(e Event) {
	if c.config.Observer != nil {
		c.config.Observer(e)
	}
}

// notifyMessage tells the observer of a message of the engine.
func (c *Core) notifyMessage(kind EventKind, peer string, m *replica.Message[*crdt.Collections], bytes int) {
	if c.config.Observer == nil {
		return
	}
	e := Event{Kind: kind, Peer: peer, Message: m.Kind, Root: string(m.Root), Bytes: bytes}
	if m.Delta != nil {
		e.Parts, e.Beacons = m.Delta.Len(), m.Delta.Lookup(BeaconName).Entries
	}
	c.config.Observer(e)
}

// notifyEngine tells the observer of what the engine has told.
func (c *Core) notifyEngine(e replica.Event) {
	c.notify(Event{Kind: Engine, Peer: string(e.Peer), Engine: e})
}
