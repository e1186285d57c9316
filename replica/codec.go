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
// the shortest form, times whole microseconds, names a byte with their length and
// the bytes.
//
//	version<<4 | kind                1 byte
//	flags                            1 byte
//	cluster                          4 bytes, least significant first
//	view                             varint
//	digest                           10 bytes, see crdt.Fingerprint
//	stamp                            varint
//	count, (name, stamp, wait) ...   varint, names and varints       if flagEchoes
//	root                             name                            if flagRoot
//	end                              8 bytes, least significant first if flagEnd
//	next                             varint                          scatter, answer
//	first, last - first              2 varints                       if flagRange
//	rest's first, last - first       2 varints                       if flagRest
//	count, id gap ...                varints                         if flagWant
//	sketch                           to the end, see riblt.Sketch    probe, and diff if flagSketch
//	delta                            to the end                      all others
//
// A probe or diff without flagRange is about everything. Ids increase strictly; a gap is
// the distance from the id before, less one.
const (
	version = 3

	flagEchoes = 1 << 0 // on any kind
	flagRoot   = 1 << 1 // on a scatter
	flagEnd    = 1 << 2 // on a scatter
	flagRange  = 1 << 3 // on a probe or diff
	flagRest   = 1 << 4 // on a probe, diff or cells
	flagWant   = 1 << 5 // on cells
	flagSketch = 1 << 6 // on a diff

	maxTime = 8 // bytes of a time below 2^63 ns, in microseconds
	// maxHeader bounds the binary form of a message less its sketch, wants, delta, echoes
	// beyond the first, and names: of who is echoed, and of the root. A scatter for an arc has more
	// echoes, in the room for updates.
	maxHeader = 2 + 4 + binary.MaxVarintLen64 + len(crdt.Fingerprint{}) + maxTime +
		2 + 2*maxTime + 1 + 8 + maxTime + 4*binary.MaxVarintLen64

	// maxEchoes is how many echoes a scatter has at most.
	maxEchoes = 256
)

// AppendBinary appends the message's binary form to b. It fails only if the delta
// has none.
func (m *Message[S]) AppendBinary(b []byte) ([]byte, error) {
	b = m.AppendHeader(b)
	if m.Sketch != nil {
		return m.Sketch.AppendBinary(b)
	}
	return m.Delta.AppendBinary(b)
}

// AppendHeader appends the message's binary form but for its sketch or delta, which is
// last: a driver can encode the delta that many messages share once.
func (m *Message[S]) AppendHeader(b []byte) []byte {
	flags := m.flags()
	b = append(b, version<<4|byte(m.Kind), flags)
	b = binary.LittleEndian.AppendUint32(b, uint32(m.Cluster))
	b = binary.AppendUvarint(b, m.View)
	b = append(b, m.Digest[:]...)
	b = appendTime(b, m.Stamp)
	if flags&flagEchoes != 0 {
		b = binary.AppendUvarint(b, uint64(len(m.Echoes)))
		for _, e := range m.Echoes {
			b = appendTime(appendTime(appendName(b, e.Member), e.Stamp), e.Wait)
		}
	}
	if flags&flagRoot != 0 {
		b = appendName(b, m.Root)
	}
	if flags&flagEnd != 0 {
		b = binary.LittleEndian.AppendUint64(b, *m.End)
	}
	if m.Kind.hasNext() {
		b = appendTime(b, m.Next)
	}
	if flags&flagRange != 0 {
		b = appendRange(b, m.Range)
	}
	if flags&flagRest != 0 {
		b = appendRange(b, m.Rest)
	}
	if flags&flagWant != 0 {
		b = binary.AppendUvarint(b, uint64(len(m.Want)))
		var next crdt.CellID
		for _, id := range m.Want {
			b = binary.AppendUvarint(b, uint64(id-next))
			next = id + 1
		}
	}
	return b
}

func (k Kind) hasNext() bool  { return k == Scatter || k == Answer }
func (k Kind) hasRange() bool { return k == Probe || k == Diff }

// flags says which fields are there.
func (m *Message[S]) flags() (flags byte) {
	set := func(flag byte, present bool) {
		if present {
			flags |= flag
		}
	}
	set(flagEchoes, len(m.Echoes) > 0)
	set(flagRoot, m.Root != "")
	set(flagEnd, m.End != nil)
	set(flagRange, m.Kind.hasRange() && m.Range != Everything)
	set(flagRest, m.Rest != Range{})
	set(flagWant, len(m.Want) > 0)
	set(flagSketch, m.Kind == Diff && m.Sketch != nil)
	return flags
}

// admitted has the flags that a message of each kind may have.
var admitted = [...]byte{
	Gather:  flagEchoes,
	Scatter: flagEchoes | flagRoot | flagEnd,
	Answer:  flagEchoes,
	Probe:   flagEchoes | flagRange | flagRest,
	Diff:    flagEchoes | flagRange | flagRest | flagSketch,
	Cells:   flagEchoes | flagRest | flagWant,
}

func appendName(b []byte, id ID) []byte { return append(append(b, byte(len(id))), id...) }

func appendRange(b []byte, r Range) []byte {
	b = binary.AppendUvarint(b, uint64(r.First))
	return binary.AppendUvarint(b, uint64(r.Last-r.First))
}

func appendTime(b []byte, d time.Duration) []byte {
	return binary.AppendUvarint(b, uint64(max(d, 0)/time.Microsecond))
}

// Decode returns the message whose binary form is data. factory makes its delta and
// lends it the hash key; it is unchanged. Nothing is trusted: no length makes Decode
// allocate more than a small multiple of len(data) and what factory.Decode
// admits. The message does not keep data. Every error is an ErrMalformed.
func Decode[S crdt.Lattice[S]](factory S, data []byte) (Message[S], error) {
	m, err := decode(factory, data)
	if err == nil {
		err = m.checkFields()
	}
	return m, asMalformed(err)
}

// decode does, without a look at what the fields say of each other.
func decode[S crdt.Lattice[S]](factory S, data []byte) (m Message[S], err error) {
	r := reader{rest: data}
	head, flags := r.byte(), r.byte()
	m.Kind = Kind(head & 0xf)
	switch {
	case r.err != nil:
		return m, r.err
	case head>>4 != version:
		return m, fmt.Errorf("version %d, not %d", head>>4, version)
	case !m.Kind.valid():
		return m, fmt.Errorf("unknown kind %d", m.Kind)
	case flags&^admitted[m.Kind] != 0:
		return m, fmt.Errorf("%v with flags %#x", m.Kind, flags)
	}
	m.Cluster = ClusterID(r.fixed(4))
	m.View = r.uvarint()
	copy(m.Digest[:], r.bytes(len(m.Digest)))
	m.Stamp = r.time()
	decodeFields(&m, &r, flags)
	if r.err != nil {
		return m, fmt.Errorf("%v with %w", m.Kind, r.err)
	}
	if m.Kind == Probe || flags&flagSketch != 0 {
		if m.Sketch, err = riblt.Decode(r.rest); err != nil {
			return m, fmt.Errorf("%v with a bad sketch: %w", m.Kind, err)
		}
	} else if m.Delta, err = factory.Decode(r.rest); err != nil {
		return m, fmt.Errorf("%v with a bad delta: %w", m.Kind, err)
	}
	return m, nil
}

// decodeFields reads the fields that flags and kind say are there.
func decodeFields[S crdt.Lattice[S]](m *Message[S], r *reader, flags byte) {
	if flags&flagEchoes != 0 {
		m.Echoes = r.echoes()
	}
	if flags&flagRoot != 0 {
		m.Root = r.name()
	}
	if flags&flagEnd != 0 {
		end := r.fixed(8)
		m.End = &end
	}
	if m.Kind.hasNext() {
		m.Next = r.time()
	}
	if m.Kind.hasRange() {
		m.Range = Everything
	}
	if flags&flagRange != 0 {
		if m.Range = r.keys(); m.Range == Everything {
			r.fail(errors.New("a key range that is everything"))
		}
	}
	if flags&flagRest != 0 {
		if m.Rest = r.keys(); m.Rest == (Range{}) {
			r.fail(errors.New("a rest of nothing"))
		}
	}
	if flags&flagWant != 0 {
		m.Want = r.want()
	}
}

var errTruncated = errors.New("an end that comes too soon")

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
	switch shortest := max(1, (bits.Len64(v)+6)/7); {
	case n == 0:
		r.fail(errTruncated)
		return 0
	case n != shortest:
		r.fail(errors.New("a number that is not in its shortest form, or above 64 bits"))
		return 0
	}
	r.rest = r.rest[n:]
	return v
}

func (r *reader) byte() byte { return byte(r.fixed(1)) }

func (r *reader) bytes(n int) []byte {
	if len(r.rest) < n {
		r.fail(errTruncated)
		return nil
	}
	b := r.rest[:n]
	r.rest = r.rest[n:]
	return b
}

// fixed takes off a number of so many bytes, the least significant first.
func (r *reader) fixed(n int) uint64 {
	var b [8]byte
	copy(b[:], r.bytes(n))
	return binary.LittleEndian.Uint64(b[:])
}

func (r *reader) name() ID {
	n := int(r.byte())
	id := ID(r.bytes(n))
	if n == 0 {
		r.fail(errors.New("a name of no bytes"))
	}
	return id
}

// time takes off a time, of any number of microseconds below 2^63 nanoseconds.
func (r *reader) time() time.Duration {
	micros := r.uvarint()
	if micros > uint64(Never/time.Microsecond) {
		r.fail(fmt.Errorf("a time of %d us, above %d", micros, Never/time.Microsecond))
		return 0
	}
	return time.Duration(micros) * time.Microsecond
}

func (r *reader) keys() Range {
	first, length := r.uvarint(), r.uvarint()
	if first+length < first {
		r.fail(errors.New("a key range that ends beyond the greatest id"))
	}
	return Range{crdt.CellID(first), crdt.CellID(first + length)}
}

func (r *reader) echoes() []Echo {
	echoes := make([]Echo, r.count(4))
	if len(echoes) > maxEchoes {
		r.fail(fmt.Errorf("%d echoes, more than %d", len(echoes), maxEchoes))
		return nil
	}
	for i := range echoes {
		echoes[i] = Echo{r.name(), r.time(), r.time()}
	}
	return echoes
}

// count takes off the length of a list that is not empty, and whose items take at least size bytes each.
func (r *reader) count(size int) int {
	n := r.uvarint()
	if n == 0 {
		r.fail(errors.New("an empty list"))
	} else if n > uint64(len(r.rest)/size) {
		r.fail(fmt.Errorf("a list of %d items in %d bytes", n, len(r.rest)))
	}
	if r.err != nil {
		return 0
	}
	return int(n)
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

// id takes off an id of a strictly increasing list, next being the least it may be.
// A next of zero means any id on the first item, and on a later one that there
// is none left.
func (r *reader) id(next crdt.CellID, first bool) crdt.CellID {
	id := next + crdt.CellID(r.uvarint())
	if id < next || next == 0 && !first {
		r.fail(errors.New("cell ids that go on beyond the greatest id"))
		return 0
	}
	return id
}
