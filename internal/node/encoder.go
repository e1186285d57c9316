package node

import (
	"gset/crdt"
	"gset/replica"
)

// encoder encodes the messages of one output. A scatter goes to many members with the same
// delta, which it encodes once; only headers differ.
type encoder[S crdt.Lattice[S]] struct {
	delta   S // the one encoded last
	encoded []byte
}

// encode returns the binary form of a message.
func (e *encoder[S]) encode(m *replica.Message[S]) ([]byte, error) {
	if isZero(m.Delta) {
		return m.AppendBinary(nil)
	}
	if any(m.Delta) != any(e.delta) { // pointers: a delta is never changed
		b, err := m.Delta.AppendBinary(nil)
		if err != nil {
			return nil, err
		}
		e.delta, e.encoded = m.Delta, b
	}
	const header = 64 // bytes, as a rule
	return append(m.AppendHeader(make([]byte, 0, header+len(e.encoded))), e.encoded...), nil
}
