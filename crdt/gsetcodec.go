package crdt

import (
	"errors"
	"math"

	"gset/crdt/internal/pages"
	"gset/crdt/internal/rice"
	"gset/crdt/internal/wire"
)

// The binary form of a GSet.
//
// The form is the set as runs of consecutive elements and the gaps between them, in a code that
// follows the sizes of both along the set. A set without gaps takes 14 bits for 8191 elements.
// A stretch of elements strewn at random takes little more than the logarithm of the number of
// ways to strew them.
//
//	set  = tag [first run (gap run)* fill]
//
// tag is the byte 0x12: type 1 in the high half, version 2 in the low. An empty set is the tag
// and nothing else. Bits follow, the highest of a byte first.
//
// first is the first element in zigzag form (0, -1, 1, -2, ... become 0, 1, 2, 3, ...), a number
// in the long form of package rice.
//
// run is the length of a run, 1 to 8191, less one. A longer run is cut into pieces of 8191 and a
// rest, with gaps of zero between them.
//
// gap is the number of integers between two runs. After a run of 8191 the gap is written as it
// is. After any other run the gap is at least one, and written less one.
//
// Gaps and runs are written by two coders that take turns (rice.Turns), each in a Rice code
// that follows the sizes of its numbers. The code of gaps starts with the parameter 3, that of
// runs with 1.
//
// fill is up to seven one bits, to a whole byte. No gap starts like that and ends there, since
// eight one bits announce a long number and fewer are followed by a zero bit. So the fill marks
// the end, and no length is needed.
//
// A set has one encoding. The decoder refuses all else: numbers in the long form that have a
// shorter one, elements beyond the greatest integer, a fill where none is needed.
//
// A page takes at most 267 bytes: the tag, 69 bits for the first element, the fill, and at most
// 8 bits for each of its 256 places. For the numbers in a page are below 256, and so parameters
// below 8. A gap or run written as v covers v+1 places and takes at most v+8 bits. Where it
// wakes its coder it takes at most 15 bits, with the zero that announces it, and v-1 more.
// Written plus one it takes v+9, but then the turn before took no bits for a place of its own.
// In the long form it takes 21 bits, and 8 to announce it, but covers 9 places.
//
// Expansion is bounded. A run of 8191 elements takes at least 14 bits and makes 32 pages, 1280
// bytes of memory; a run of half as many takes 13. So a byte of input makes at most 732 bytes
// of pages (rounded up to a block of pages) and 4681 elements.
const maxRun = 8191 // elements

// AppendBinary appends the set's binary form, described in gsetcodec.go, to b. The error is nil
// except on a nil receiver.
func (s *GSet) AppendBinary(b []byte) ([]byte, error) {
	if s == nil {
		return b, errNil
	}
	var e gsetEncoder
	e.start(b)
	for p := range s.pages.All() {
		e.page(p)
	}
	return e.finish(), nil
}

// gsetEncoder writes the binary form of a set whose pages come in ascending order.
type gsetEncoder struct {
	w     wire.Writer
	turns rice.Turns
	runs  pages.Runs

	next    uint64 // the position behind the run before
	started bool   // there was a run before
	maximal bool   // and it has maxRun elements
}

// start begins the binary form of a set, which is appended to b.
func (e *gsetEncoder) start(b []byte) {
	e.w = wire.NewWriter(append(b, gsetTag))
	e.turns = rice.NewTurns()
}

// measure begins to find out how long the binary form of a set is, without writing it.
func (e *gsetEncoder) measure(room []byte) {
	e.w = wire.NewCounter(room)
	e.w.Put(gsetTag, 8)
	e.turns = rice.NewTurns()
}

// page takes in the next page.
func (e *gsetEncoder) page(p *pages.Page) { e.runs.Add(p, e.run) }

// run writes a run of positions that is over.
func (e *gsetEncoder) run(first, last uint64) {
	switch gap := first - e.next; {
	case !e.started:
		rice.WriteLong(&e.w, zigzag(first))
	case e.maximal:
		e.turns.WriteGap(&e.w, gap)
	default:
		e.turns.WriteGap(&e.w, gap-1)
	}
	rest := last - first
	for ; rest >= maxRun; rest -= maxRun {
		e.turns.WriteRun(&e.w, maxRun-1)
		e.turns.WriteGap(&e.w, 0)
	}
	e.turns.WriteRun(&e.w, rest)
	e.next, e.started, e.maximal = last+1, true, rest == maxRun-1
}

// finish writes the last run and returns the binary form.
func (e *gsetEncoder) finish() []byte {
	if first, last, ok := e.runs.Open(); ok {
		e.run(first, last)
	}
	return e.w.Finish()
}

// fits reports whether the binary form of the pages so far, from the tag on, takes at most limit
// bytes. If it does not, size is how many it takes. The encoder must measure.
func (e *gsetEncoder) fits(limit int) (size int, ok bool) {
	first, last, _ := e.runs.Open()
	// The open run takes at most 300 bits for each maxRun elements: a gap and a run, each
	// with a number of the other coder that announces it.
	open := 300 * int64(1+(last-first)/maxRun)
	if int64(e.w.Bits())+open <= 8*int64(min(limit, math.MaxInt32)) {
		return 0, true
	}
	whole := *e
	whole.finish()
	size = whole.w.Bits() / 8
	return size, size <= limit
}

// Decode returns the set whose binary form is data, with the receiver's key. It fails on anything
// that AppendBinary would not have written. A byte of data makes at most 732 bytes of memory
// and 4681 elements.
func (s *GSet) Decode(data []byte) (*GSet, error) {
	f, err := openForm("GSet", gsetTag, data, s != nil)
	if err != nil {
		return nil, err
	}
	set := s.New()
	r := wire.NewReader(f.rest)
	if err := set.readRuns(&r); err != nil {
		f.rest = f.rest[r.Bytes():]
		return nil, f.errorf("%w", err)
	}
	return set, nil
}

var (
	errTruncated = errors.New("truncated")
	errBadNumber = errors.New("a number in another form than its own")
	errBeyond    = errors.New("an element beyond the last")
	errLongRun   = errors.New("a run beyond the longest")
)

// readRuns reads into an empty set what follows the tag.
func (s *GSet) readRuns(r *wire.Reader) error {
	if r.AtEnd() {
		return nil
	}
	const most = ^uint64(0)
	t := rice.NewTurns()
	filler := pages.NewFiller(&s.pages)
	first := unzigzag(rice.ReadLong(r))
	for {
		length, ok := t.ReadRun(r)
		switch {
		case r.Over():
			return errTruncated
		case !ok:
			return errBadNumber
		case length >= maxRun:
			return errLongRun
		case length > most-first:
			return errBeyond
		}
		last := first + length
		filler.Fill(first, last)
		s.count += length + 1
		if t.AtEnd(r) {
			break
		}
		gap, ok := t.ReadGap(r)
		least := uint64(1) // the shortest way to the next run
		if length < maxRun-1 {
			least = 2
		}
		switch {
		case r.Over():
			return errTruncated
		case !ok:
			return errBadNumber
		case most-last < least || most-last-least < gap:
			return errBeyond
		}
		first = last + least + gap
	}
	filler.Flush()
	s.hash.forget()
	return nil
}

// zigzag numbers positions by their distance from that of element zero.
func zigzag(u uint64) uint64 {
	x := int64(u ^ 1<<63)
	return uint64(x<<1 ^ x>>63)
}

func unzigzag(z uint64) uint64 {
	return uint64(int64(z>>1)^-int64(z&1)) ^ 1<<63
}
