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
	Packet[S]
	held bool // it has come through to a node that does nothing for now
}

// send puts a message on its way.
func (n *Net[S]) send(from int, e *replica.Envelope[S]) {
	f := flight[S]{Packet: Packet[S]{From: from, To: Number(e.To), Message: e.Message}}
	p := &f.Packet
	p.Size = n.size(p)
	n.Sent++
	n.Kinds[p.Message.Kind]++
	n.Bytes += p.Size
	n.Largest = max(n.Largest, p.Size)
	n.trace.packet(n.now, from, p.To, p.Size, uint64(p.Message.Kind), p.Message.View, p.Message.Digest)
	n.watch(Sent, p)

	lost := n.rand.Float64() < n.cfg.Loss
	if n.Lose != nil && n.Lose(*p) {
		lost = true
	}
	copies := 1
	if n.rand.Float64() < n.cfg.Duplication {
		copies = 2
	}
	sent := n.carried(&n.nodes[from], p.Size)
	if lost {
		n.watch(Lost, p)
		return
	}
	for range copies {
		n.fly(f, sent+n.cfg.Latency(n.rand))
	}
}

// carried returns when the last byte of a message that a node sends now leaves it.
func (n *Net[S]) carried(at *node[S], size int) time.Duration {
	if n.cfg.Bandwidth == 0 {
		return n.now
	}
	at.idle = max(at.idle, n.now) + time.Duration(size)*time.Second/time.Duration(n.cfg.Bandwidth)
	return at.idle
}

// fly has a packet arrive at a time, or when its receiver gets round to it.
func (n *Net[S]) fly(f flight[S], at time.Duration) {
	n.queue.push(at+n.nodes[f.To].lag, arrival, n.flights.put(f))
}

// arrive takes a packet to its receiver, if it comes through.
func (n *Net[S]) arrive(place int32) {
	f := &n.flights.all[place]
	to := &n.nodes[f.To]
	switch {
	case to.replica == nil || !f.held && n.Cut != nil && n.Cut(f.From, f.To):
		lost := n.flights.take(place)
		n.watch(Lost, &lost.Packet)
		return
	case n.now < to.frozen:
		f.held = true
		n.queue.push(to.frozen, arrival, place)
		return
	}
	received := n.flights.take(place)
	n.Delivered++
	n.watch(Received, &received.Packet)
	if err := n.Inject(n.ids[received.From], received.To, received.Message); err != nil {
		n.fail("n%d turns away the %v that n%d sent: %v", received.To, received.Message.Kind, received.From, err)
	}
}

func (n *Net[S]) watch(f Fate, p *Packet[S]) {
	if n.Watch != nil {
		n.Watch(f, *p)
	}
}
