package simnet

import (
	"bytes"

	"gset/crdt"
	"gset/replica"
)

// sample is how many messages there are for each whose binary form is put to the test.
const sample = 64

// measure finds out how long messages are, and what they say.
type measure[S crdt.Lattice[S]] struct {
	buffer []byte
	header int   // the length of the part of the buffer that is the header
	body   trace // of what comes behind it

	// The delta measured last, its length, and its trace. A scatter has the same for everyone.
	delta S
	known int
	said  trace
}

// forget drops the delta that was measured last.
func (m *measure[S]) forget() {
	var none S
	m.delta = none
}

// size returns the length of a packet's binary form. One packet in sixty-four, or every
// one if the network is paranoid, is put into that form and read again, and
// the message that is read takes the place of what was sent.
func (n *Net[S]) size(f *flight[S]) int {
	size := n.measure.take(f.message)
	if size < 0 || size > n.cfg.MaxMessage {
		n.fail("n%d sends a %v of %d bytes, %d are allowed", f.from, f.message.Kind, size, n.cfg.MaxMessage)
	}
	if n.cfg.Paranoid || n.Sent%sample == 0 {
		n.roundTrip(f, size)
	}
	return size
}

// take measures a message. It returns the length of its binary form, and -1 if it has none.
func (m *measure[S]) take(msg *replica.Message[S]) int {
	m.buffer = msg.AppendHeader(m.buffer[:0])
	m.header, m.body = len(m.buffer), 0
	var none S
	var err error
	switch {
	case msg.Sketch != nil:
		m.buffer, err = msg.Sketch.AppendBinary(m.buffer)
		m.body.bytes(m.buffer[m.header:])
	case any(msg.Delta) == any(none):
	case any(msg.Delta) == any(m.delta):
		m.body = m.said
		return m.header + m.known
	default:
		m.buffer, err = msg.Delta.AppendBinary(m.buffer)
		m.body.bytes(m.buffer[m.header:])
		m.delta, m.known, m.said = msg.Delta, len(m.buffer)-m.header, m.body
	}
	if err != nil {
		return -1
	}
	return len(m.buffer)
}

// roundTrip puts a message into its binary form and reads it again.
func (n *Net[S]) roundTrip(f *flight[S], size int) {
	kind := f.message.Kind
	data, err := f.message.AppendBinary(nil)
	if err != nil || len(data) != size {
		n.fail("a %v that n%d sends takes %d bytes and not %d: %v", kind, f.from, len(data), size, err)
		return
	}
	read, err := replica.Decode(n.bottom, data)
	if err != nil {
		n.fail("n%d cannot read the %v that n%d sends: %v", f.to, kind, f.from, err)
		return
	}
	again, err := read.AppendBinary(nil)
	if err != nil || !bytes.Equal(again, data) {
		n.fail("n%d reads another %v than n%d sends: %v", f.to, kind, f.from, err)
		return
	}
	f.message = &read
}
