package replica

import (
	"encoding/binary"
	"errors"
	"fmt"
	"math/bits"
	"time"

	"gset/crdt"
)

// The binary form of a message. Numbers are unsigned varints (encoding/binary) of
// the shortest form, durations whole microseconds.
//
//	version<<4 | kind                1 byte
//	flags                            1 byte
//	view                             varint
//	digest                           see crdt.Digest
//	stamp                            varint
//	answer's stamp, wait             2 varints                       if flagAnswer
//	next                             varint                          scatter
//	span's first, last - first       2 varints                       if flagSpan
//	count, (id gap, hash) ...        varint, (varint, 8 bytes) ...   sketch
//	count, id gap ...                varints                         repair
//	delta                            to the end                      gather, scatter, repair
//
// Ids increase strictly; a gap is the distance from the id before, less one.
const (
	version = 1

	flagAnswer = 1 << 0 // on any kind
	flagSpan   = 1 << 1 // on every sketch, on some repairs

	cellHashBytes = 8

	// maxHeader bounds the binary form of a message less its cells, wants and
	// delta: two bytes, a digest's 16, and at most ten varints.
	maxHeader = 2 + 16 + 10*binary.MaxVarintLen64
)

func (k Kind) hasDelta() bool { return k == Gather || k == Scatter || k == Repair }

// AppendBinary appends the message's binary form to b. It fails only if the delta
// has none.
func (m *Message[S]) AppendBinary(b []byte) ([]byte, error) {
	var flags byte
	if m.Answer != nil {
		flags |= flagAnswer
	}
	if m.Span != nil {
		flags |= flagSpan
	}
	b = append(b, version<<4|byte(m.Kind), flags)
	b = binary.AppendUvarint(b, m.View)
	b, err := m.Digest.AppendBinary(b)
	if err != nil {
		return nil, fmt.Errorf("replica: %w", err)
	}
	b = appendDuration(b, m.Stamp)
	if m.Answer != nil {
		b = appendDuration(b, m.Answer.Stamp)
		b = appendDuration(b, m.Answer.Wait)
	}
	if m.Kind == Scatter {
		b = appendDuration(b, m.Next)
	}
	if m.Span != nil {
		b = binary.AppendUvarint(b, uint64(m.Span.First))
		b = binary.AppendUvarint(b, uint64(m.Span.Last-m.Span.First))
	}
	if m.Kind == Sketch {
		b = binary.AppendUvarint(b, uint64(len(m.Cells)))
		var next crdt.CellID
		for _, cell := range m.Cells {
			b = binary.AppendUvarint(b, uint64(cell.ID-next))
			b = binary.LittleEndian.AppendUint64(b, cell.Hash)
			next = cell.ID + 1
		}
	}
	if m.Kind == Repair {
		b = binary.AppendUvarint(b, uint64(len(m.Want)))
		var next crdt.CellID
		for _, id := range m.Want {
			b = binary.AppendUvarint(b, uint64(id-next))
			next = id + 1
		}
	}
	if m.Kind.hasDelta() {
		return m.Delta.AppendBinary(b)
	}
	return b, nil
}

func appendDuration(b []byte, d time.Duration) []byte {
	return binary.AppendUvarint(b, uint64(max(d, 0)/time.Microsecond))
}

// Decode returns the message whose binary form is data. factory makes its delta and
// lends it the hash key; it is unchanged. Nothing is trusted: no length makes it
// allocate more than a small multiple of len(data) and what factory.Decode
// admits.
func Decode[S crdt.Lattice[S]](factory S, data []byte) (Message[S], error) {
	var m Message[S]
	if len(data) < 2 {
		return m, errTruncated
	}
	if got := data[0] >> 4; got != version {
		return m, fmt.Errorf("replica: message version %d, want %d", got, version)
	}
	m.Kind = Kind(data[0] & 0xf)
	if m.Kind < Gather || m.Kind > Repair {
		return m, fmt.Errorf("replica: unknown message kind %d", m.Kind)
	}
	flags := data[1]
	spanned := flags&flagSpan != 0
	if flags > flagAnswer|flagSpan || spanned && m.Kind != Sketch && m.Kind != Repair || !spanned && m.Kind == Sketch {
		return m, fmt.Errorf("replica: a %v with flags %#x", m.Kind, flags)
	}
	r := reader{rest: data[2:]}
	if m.View = r.uvarint(); m.View > maxView {
		return m, fmt.Errorf("replica: view %d is above %d", m.View, uint64(maxView))
	}
	m.Digest = r.digest()
	m.Stamp = r.duration()
	if flags&flagAnswer != 0 {
		m.Answer = &Answer{Stamp: r.duration(), Wait: r.duration()}
	}
	if m.Kind == Scatter {
		m.Next = r.duration()
	}
	if spanned {
		m.Span = r.span()
	}
	if m.Kind == Sketch {
		m.Cells = r.cells(*m.Span)
	}
	if m.Kind == Repair {
		m.Want = r.want()
	}
	if r.err != nil {
		return m, r.err
	}
	if !m.Kind.hasDelta() {
		if len(r.rest) > 0 {
			return m, fmt.Errorf("replica: %d bytes after a %v", len(r.rest), m.Kind)
		}
		return m, nil
	}
	var err error
	if m.Delta, err = factory.Decode(r.rest); err != nil {
		return m, fmt.Errorf("replica: delta of a %v: %w", m.Kind, err)
	}
	return m, nil
}

var errTruncated = errors.New("replica: message is truncated or padded")

// reader takes fields off a message. After the first error it returns zeros.
type reader struct {
	rest []byte
	err  error
}

func (r *reader) fail(err error) {
	if r.err == nil {
		r.err, r.rest = err, nil
	}
}

func (r *reader) uvarint() uint64 {
	v, n := binary.Uvarint(r.rest)
	if shortest := max(1, (bits.Len64(v)+6)/7); n != shortest {
		r.fail(errTruncated)
		return 0
	}
	r.rest = r.rest[n:]
	return v
}

func (r *reader) digest() crdt.Digest {
	if r.err != nil {
		return crdt.Digest{}
	}
	d, rest, err := crdt.DecodeDigest(r.rest)
	if err != nil {
		r.fail(fmt.Errorf("replica: %w", err))
		return crdt.Digest{}
	}
	r.rest = rest
	return d
}

// maxMicros bounds a time on the wire to some seventy years, so that sums of two
// never wrap.
const maxMicros = 1 << 61 / uint64(time.Microsecond)

func (r *reader) duration() time.Duration {
	micros := r.uvarint()
	if micros > maxMicros {
		r.fail(fmt.Errorf("replica: a time of %d us", micros))
		return 0
	}
	return time.Duration(micros) * time.Microsecond
}

func (r *reader) span() *Span {
	first, length := r.uvarint(), r.uvarint()
	if first+length < first {
		r.fail(errors.New("replica: a span wraps"))
		return &Span{}
	}
	return &Span{crdt.CellID(first), crdt.CellID(first + length)}
}

// count takes off the length of a list whose items take at least size bytes each.
func (r *reader) count(size int) int {
	n := r.uvarint()
	if n > uint64(len(r.rest)/size) {
		r.fail(errTruncated)
		return 0
	}
	return int(n)
}

// id takes off an id of a strictly increasing list, next being the least it may be.
// A next of zero means any id on the first item, and on a later one that there
// is none left.
func (r *reader) id(next crdt.CellID, first bool) crdt.CellID {
	id := next + crdt.CellID(r.uvarint())
	if id < next || next == 0 && !first {
		r.fail(errors.New("replica: cell ids wrap"))
		return 0
	}
	return id
}

func (r *reader) cells(span Span) []CellHash {
	cells := make([]CellHash, r.count(1+cellHashBytes))
	var next crdt.CellID
	for i := range cells {
		id := r.id(next, i == 0)
		if len(r.rest) < cellHashBytes {
			r.fail(errTruncated)
			return nil
		}
		if !span.contains(id) {
			r.fail(errors.New("replica: a cell outside its span"))
			return nil
		}
		cells[i] = CellHash{id, binary.LittleEndian.Uint64(r.rest)}
		r.rest = r.rest[cellHashBytes:]
		next = id + 1
	}
	return cells
}

func (r *reader) want() []crdt.CellID {
	want := make([]crdt.CellID, r.count(1))
	var next crdt.CellID
	for i := range want {
		want[i] = r.id(next, i == 0)
		next = want[i] + 1
	}
	return want
}
