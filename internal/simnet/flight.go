package simnet

import (
	"time"

	"gset/crdt"
	"gset/replica"
)

// Packet is a message between two nodes.
type Packet[S crdt.Lattice[S]] struct {
	From, To int
	Size     int // of its binary form, in bytes
	Message  replica.Message[S]
}

// Fate is what becomes of a message.
type Fate uint8

const (
	Sent     Fate = iota
	Lost          // right after it was sent, or where it would have been received
	Received      // by a replica, which has not seen it yet
)

// flight is a packet under way. Nobody changes a message once it was sent, so that all
// who receive it may share it.
type flight[S crdt.Lattice[S]] struct {
	from, to int
	size     int
	message  *replica.Message[S]
	held     bool // it has come through to a node that does nothing for now
	old      bool // it was delivered before
	carried  bool // the receiver's carrier has taken it, and it is not cut
}

func (f *flight[S]) packet() Packet[S] { return Packet[S]{f.from, f.to, f.size, *f.message} }

// send puts a message on its way.
func (n *Net[S]) send(from int, e *replica.Envelope[S]) {
	f := flight[S]{from: from, to: Number(e.To), message: &e.Message}
	f.size = n.size(&f)
	n.Sent++
	n.Kinds[f.message.Kind]++
	n.Bytes += f.size
	n.Largest = max(n.Largest, f.size)
	n.trace.packet(n.now, from, f.to, n.measure.buffer[:n.measure.header], n.measure.body)
	n.watch(Sent, &f)

	lost := n.chance(n.cfg.Loss)
	if n.Lose != nil && n.Lose(f.packet()) {
		lost = true
	}
	copies := 1
	if n.chance(n.cfg.Duplication) {
		copies = 2
	}
	sent, carried := n.carried(&n.nodes[from], f.size)
	if lost || !carried || n.chance(n.cfg.Corruption) && n.damage(&f) {
		n.watch(Lost, &f)
		return
	}
	for range copies {
		n.fly(f, sent+n.cfg.Latency(n.rand))
	}
	if n.chance(n.cfg.Replay) {
		f.old = true
		n.fly(f, sent+time.Duration(n.rand.Int64N(int64(n.cfg.ReplayWithin)+1)))
	}
}

// chance reports whether what has a probability happens. What is impossible draws no number.
func (n *Net[S]) chance(probability float64) bool {
	return probability > 0 && n.rand.Float64() < probability
}

// carried returns when the last byte of a message that a node sends now leaves it, or false
// if there is no room for the message to wait.
func (n *Net[S]) carried(at *node[S], size int) (sent time.Duration, ok bool) {
	if n.cfg.Bandwidth == 0 {
		return n.now, true
	}
	begins := max(at.idle, n.now)
	if wait := begins - n.now; n.cfg.Buffer > 0 && wait > n.takes(n.cfg.Buffer) {
		n.Dropped++
		return 0, false
	}
	at.idle = begins + n.takes(size)
	return at.idle, true
}

// takes returns how long it takes to carry so many bytes.
func (n *Net[S]) takes(size int) time.Duration {
	return time.Duration(size) * time.Second / time.Duration(n.cfg.Bandwidth)
}

// fly has a packet arrive at a time, or when its receiver gets round to it.
func (n *Net[S]) fly(f flight[S], at time.Duration) {
	to := &n.nodes[f.to]
	place := n.flights.put(f)
	if !n.cfg.Carriers {
		n.queue.push(at+to.lag, arrival, place)
		return
	}
	idle := to.carrier.Idle()
	if to.carrier.Put(place, at+to.lag); idle {
		n.take(to)
	}
}

// take has a node's carrier take the next message that is not cut.
func (n *Net[S]) take(to *node[S]) {
	cut := func(place int32) bool {
		f := &n.flights.all[place]
		return n.Cut != nil && n.Cut(f.from, f.to)
	}
	if place, at, ok := to.carrier.Take(n.now, cut, n.lose); ok {
		n.flights.all[place].carried = true
		n.queue.push(at, arrival, place)
	}
}

// arrive takes a packet to its receiver, if it comes through.
func (n *Net[S]) arrive(place int32) {
	f := &n.flights.all[place]
	to := &n.nodes[f.to]
	if f.held {
		to.waiting -= f.size
	}
	if f.carried {
		f.carried, f.held = false, true // it has come through
		defer n.take(to)
	}
	switch {
	case to.replica == nil, !f.held && n.Cut != nil && n.Cut(f.from, f.to), f.old && n.cfg.Replay == 0:
		n.lose(place)
		return
	case n.now < to.frozen:
		if n.cfg.Buffer > 0 && to.waiting > n.cfg.Buffer {
			n.Dropped++
			n.lose(place)
			return
		}
		f.held = true
		to.waiting += f.size
		n.queue.push(to.frozen, arrival, place)
		return
	}
	received := n.flights.take(place)
	n.Delivered++
	n.watch(Received, &received)
	if err := n.Inject(n.ids[received.from], received.to, *received.message); err != nil {
		n.fail("n%d turns away the %v that n%d sent: %v", received.to, received.message.Kind, received.from, err)
	}
}

// lose takes a packet away that was under way.
func (n *Net[S]) lose(place int32) {
	lost := n.flights.take(place)
	n.watch(Lost, &lost)
}

func (n *Net[S]) watch(fate Fate, f *flight[S]) {
	if n.Watch != nil {
		n.Watch(fate, f.packet())
	}
}
