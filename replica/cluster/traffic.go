package cluster

import (
	"sync/atomic"
	"time"

	"gset/replica"
	"gset/replica/cluster/internal/wire"
)

// Traffic is what a node has sent and received of one kind of frame since it was opened.
type Traffic struct {
	// Kind is that of replica.Kinds for the engine's messages, "packet" for the failure detector's
	// packets, and "word" for digests that Wait asks for, and goodbyes.
	Kind string

	SentFrames, SentBytes         uint64 // handed to a link, which may still drop them
	ReceivedFrames, ReceivedBytes uint64
}

// flow counts frames of one kind.
type flow struct{ sentFrames, sentBytes, receivedFrames, receivedBytes atomic.Uint64 }

func (f *flow) sent(payload []byte) {
	f.sentFrames.Add(1)
	f.sentBytes.Add(uint64(wire.Size(payload)))
}

func (f *flow) received(payload []byte) {
	f.receivedFrames.Add(1)
	f.receivedBytes.Add(uint64(wire.Size(payload)))
}

// lastKind is the greatest of replica.Kinds.
const lastKind = replica.Cells

// traffic counts frames by kind. Any goroutine may count. Streams of the failure detector and handshakes are
// not counted.
type traffic struct {
	messages      [lastKind + 1]flow
	packets, word flow
}

// of returns where frames are counted that are no messages of the engine.
func (t *traffic) of(kind wire.Kind) *flow {
	if kind == wire.Packet {
		return &t.packets
	}
	return &t.word
}

func (t *traffic) list() (all []Traffic) {
	add := func(kind string, f *flow) {
		all = append(all, Traffic{
			Kind:       kind,
			SentFrames: f.sentFrames.Load(), SentBytes: f.sentBytes.Load(),
			ReceivedFrames: f.receivedFrames.Load(), ReceivedBytes: f.receivedBytes.Load(),
		})
	}
	for _, k := range replica.Kinds() {
		add(k.String(), &t.messages[k])
	}
	add("packet", &t.packets)
	add("word", &t.word)
	return all
}

// Repairs counts how states that differed were made equal. A repair with a member begins with a message
// that shows that the states differ, and is done when the member has proved to hold
// something that became stable here after that, or all.
type Repairs struct {
	Begun, Done uint64
	Under       int           // way now
	Longest     time.Duration // the one of those that began first has gone on
}

// repairs are those that are under way, by member, with when they began.
type repairs struct {
	began       map[string]time.Duration
	begun, done uint64
}

// observe is told of the engine's events.
func (c *Core) observe(e replica.Event) {
	c.notifyEngine(e)
	name := string(e.Peer)
	if _, goesOn := c.repairs.began[name]; e.Kind != replica.Mismatch || goesOn || !c.members.listed(name) {
		return
	}
	c.repairs.begun++
	c.repairs.began[name] = c.clock()
}

func (r *repairs) end(member string) {
	delete(r.began, member)
	r.done++
}

func (r *repairs) status(now time.Duration) Repairs {
	s := Repairs{Begun: r.begun, Done: r.done, Under: len(r.began)}
	for _, began := range r.began {
		s.Longest = max(s.Longest, now-began)
	}
	return s
}
