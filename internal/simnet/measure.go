package simnet

import (
	"bytes"

	"gset/crdt"
	"gset/replica"
)

// sample is how many messages there are for each whose binary form is put to the test.
const sample = 64

// measure finds out how long messages are.
type measure[S crdt.Lattice[S]] struct {
	buffer []byte

	// The delta measured last, and its length. A scatter has the same for everyone.
	delta S
	known int
}

// forget drops the delta that was measured last.
func (m *measure[S]) forget() {
	var none S
	m.delta = none
}

// size returns the length of a packet's binary form. One packet in sixty-four, or every
// one if the network is paranoid, is put into that form and read again, and
// the message that is read takes the place of what was sent.
func (n *Net[S]) size(p *Packet[S]) int {
	size := n.measure.size(&p.Message)
	if size < 0 || size > n.cfg.MaxMessage {
		n.fail("n%d sends a %v of %d bytes, %d are allowed", p.From, p.Message.Kind, size, n.cfg.MaxMessage)
	}
	if n.cfg.Paranoid || n.Sent%sample == 0 {
		n.roundTrip(p, size)
	}
	return size
}

// size returns the length of a message's binary form, and -1 if it has none.
func (m *measure[S]) size(msg *replica.Message[S]) int {
	m.buffer = msg.AppendHeader(m.buffer[:0])
	header := len(m.buffer)
	var none S
	var err error
	switch {
	case msg.Sketch != nil:
		m.buffer, err = msg.Sketch.AppendBinary(m.buffer)
	case any(msg.Delta) == any(none):
	case any(msg.Delta) == any(m.delta):
		return header + m.known
	default:
		m.buffer, err = msg.Delta.AppendBinary(m.buffer)
		m.delta, m.known = msg.Delta, len(m.buffer)-header
	}
	if err != nil {
		return -1
	}
	return len(m.buffer)
}

// roundTrip puts a message into its binary form and reads it again.
func (n *Net[S]) roundTrip(p *Packet[S], size int) {
	kind := p.Message.Kind
	data, err := p.Message.AppendBinary(nil)
	if err != nil || len(data) != size {
		n.fail("a %v that n%d sends takes %d bytes and not %d: %v", kind, p.From, len(data), size, err)
		return
	}
	read, err := replica.Decode(n.bottom, data)
	if err != nil {
		n.fail("n%d cannot read the %v that n%d sends: %v", p.To, kind, p.From, err)
		return
	}
	again, err := read.AppendBinary(nil)
	if err != nil || !bytes.Equal(again, data) {
		n.fail("n%d reads another %v than n%d sends: %v", p.To, kind, p.From, err)
		return
	}
	p.Message = read
}
