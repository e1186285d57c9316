package replica

import (
	"encoding/binary"
	"errors"
	"fmt"
	"math/bits"
	"time"

	"gset/crdt"
	"gset/crdt/riblt"
)

// The binary form of a message. Numbers are unsigned varints (encoding/binary) of
// the shortest form, durations whole microseconds.
//
//	version<<4 | kind                1 byte
//	flags                            1 byte
//	view                             varint
//	digest                           10 bytes, see crdt.Fingerprint
//	stamp                            varint
//	answer's stamp, wait             2 varints                       if flagAnswer
//	next                             varint                          scatter
//	root, count, (member gap, stamp, wait) ...    varints            if flagRelay
//	span's first, last - first       2 varints                       if flagSpan
//	sketch                           to the end, see riblt.Sketch     probe, sketch
//	count, id gap ...                varints                         repair, if flagAsk
//	delta                            to the end                      gather, scatter, repair
//
// A sketch or repair without a span is about everything. Ids increase strictly; a gap is
// the distance from the id before, less one.
const (
	version = 2

	flagAnswer  = 1 << 0 // on any kind
	flagSpan    = 1 << 1 // on a sketch or a repair that is whole
	flagWhole   = 1 << 2 // on a repair
	flagAsk     = 1 << 3 // on a repair that is not whole
	flagPartial = 1 << 4 // on a repair
	flagRelay   = 1 << 5 // on a scatter

	// maxHeader bounds the binary form of a message less its sketch, wants and
	// delta: two bytes, the digest, and at most eight varints. Echoes come on top, of at
	// most maxEcho bytes each.
	maxHeader = 2 + len(crdt.Fingerprint{}) + 8*binary.MaxVarintLen64
	maxEcho   = 3 + 2*binary.MaxVarintLen64
)

func (k Kind) hasSketch() bool { return k == Probe || k == Sketch }
func (k Kind) hasSpan() bool   { return k == Sketch || k == Repair }
func (k Kind) hasDelta() bool  { return k == Gather || k == Scatter || k == Repair }

// AppendBinary appends the message's binary form to b. It fails only if the delta
// has none.
func (m *Message[S]) AppendBinary(b []byte) ([]byte, error) {
	b = m.AppendHeader(b)
	if m.Kind.hasSketch() {
		return m.Sketch.AppendBinary(b)
	}
	if m.Kind.hasDelta() {
		return m.Delta.AppendBinary(b)
	}
	return b, nil
}

// AppendHeader appends the message's binary form but for its sketch or delta, which is
// last.
func (m *Message[S]) AppendHeader(b []byte) []byte {
	flags := m.flags()
	b = append(b, version<<4|byte(m.Kind), flags)
	b = binary.AppendUvarint(b, m.View)
	b = append(b, m.Digest[:]...)
	b = appendDuration(b, m.Stamp)
	if m.Answer != nil {
		b = appendDuration(b, m.Answer.Stamp)
		b = appendDuration(b, m.Answer.Wait)
	}
	if m.Kind == Scatter {
		b = appendDuration(b, m.Next)
	}
	if m.Relay != nil {
		b = binary.AppendUvarint(b, uint64(m.Relay.Root))
		b = binary.AppendUvarint(b, uint64(len(m.Relay.Echoes)))
		next := 0
		for _, e := range m.Relay.Echoes {
			b = binary.AppendUvarint(b, uint64(e.Member-next))
			b = appendDuration(b, e.Stamp)
			b = appendDuration(b, e.Wait)
			next = e.Member + 1
		}
	}
	if flags&flagSpan != 0 {
		b = binary.AppendUvarint(b, uint64(m.Span.First))
		b = binary.AppendUvarint(b, uint64(m.Span.Last-m.Span.First))
	}
	if flags&flagAsk != 0 {
		b = binary.AppendUvarint(b, uint64(len(m.Want)))
		var next crdt.CellID
		for _, id := range m.Want {
			b = binary.AppendUvarint(b, uint64(id-next))
			next = id + 1
		}
	}
	return b
}

// flags says which fields are there.
func (m *Message[S]) flags() (flags byte) {
	if m.Answer != nil {
		flags |= flagAnswer
	}
	if m.Kind.hasSpan() && m.Span != everything {
		flags |= flagSpan
	}
	if m.Whole {
		flags |= flagWhole
	}
	if m.Ask {
		flags |= flagAsk
	}
	if m.Partial {
		flags |= flagPartial
	}
	if m.Relay != nil {
		flags |= flagRelay
	}
	return flags
}

// admits reports whether a message of kind k may have these flags.
func (k Kind) admits(flags byte) bool {
	admitted := byte(flagAnswer)
	switch {
	case k == Scatter:
		admitted |= flagRelay
	case k == Sketch:
		admitted |= flagSpan
	case k == Repair && flags&flagWhole != 0:
		admitted |= flagSpan | flagWhole | flagPartial
	case k == Repair:
		admitted |= flagAsk | flagPartial
	}
	return flags&^admitted == 0
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
	if !m.Kind.admits(flags) {
		return m, fmt.Errorf("replica: a %v with flags %#x", m.Kind, flags)
	}
	m.Whole, m.Ask, m.Partial = flags&flagWhole != 0, flags&flagAsk != 0, flags&flagPartial != 0
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
	if flags&flagRelay != 0 {
		m.Relay = r.relay()
	}
	if m.Kind.hasSpan() {
		m.Span = everything
	}
	if flags&flagSpan != 0 {
		m.Span = r.span()
	}
	if m.Ask {
		m.Want = r.want()
	}
	if r.err != nil {
		return m, r.err
	}
	var err error
	if m.Kind.hasSketch() {
		if m.Sketch, err = riblt.Decode(r.rest); err != nil {
			return m, fmt.Errorf("replica: sketch of a %v: %w", m.Kind, err)
		}
		if (m.Kind == Probe) != (m.Sketch.Len() == 0) {
			return m, fmt.Errorf("replica: a %v with %d coded cells", m.Kind, m.Sketch.Len())
		}
		return m, nil
	}
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

func (r *reader) digest() (d crdt.Fingerprint) {
	if len(r.rest) < len(d) {
		r.fail(errTruncated)
		return d
	}
	r.rest = r.rest[copy(d[:], r.rest):]
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

func (r *reader) span() Span {
	first, length := r.uvarint(), r.uvarint()
	if first+length < first {
		r.fail(errors.New("replica: a span wraps"))
	} else if first == 0 && length == uint64(everything.Last) {
		r.fail(errors.New("replica: a span of everything needs none"))
	}
	return Span{crdt.CellID(first), crdt.CellID(first + length)}
}

func (r *reader) relay() *Relay {
	relay := &Relay{Root: r.member(0)}
	relay.Echoes = make([]Echo, r.count(3))
	next := 0
	for i := range relay.Echoes {
		relay.Echoes[i] = Echo{r.member(next), Answer{r.duration(), r.duration()}}
		next = relay.Echoes[i].Member + 1
	}
	return relay
}

// member takes off a place in the list of members, given as the distance from the least
// it may be.
func (r *reader) member(least int) int {
	distance := r.uvarint()
	if distance >= maxMembers || least+int(distance) >= maxMembers {
		r.fail(fmt.Errorf("replica: member %d and %d more, of at most %d", least, distance, maxMembers))
		return 0
	}
	return least + int(distance)
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

func (r *reader) want() []crdt.CellID {
	want := make([]crdt.CellID, r.count(1))
	var next crdt.CellID
	for i := range want {
		want[i] = r.id(next, i == 0)
		next = want[i] + 1
	}
	return want
}
