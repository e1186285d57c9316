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
// It is the set as runs of consecutive elements with gaps in between, in a code
// that follows the sizes of both as they change along the set: a whole history
// without gaps takes 14 bits for 8191 elements, any stretch of elements strewn at
// random not much more than the logarithm of the number of ways to strew them.
//
//	set  = tag [first run (gap run)* fill]
//
// tag is the byte 0x12: type 1, a GSet, in the high half; version 2 in the low. It is
// all there is of an empty set. Bits follow, the highest of a byte first.
//
// first is the first element in zigzag form (0, -1, 1, -2, ... become 0, 1, 2, 3,
// ...), a number in the long form of internal/rice.
//
// run is the length of a run, 1 to 8191, less one. A run that is longer is cut
// into pieces of 8191 and a rest, with gaps of nothing between them.
//
// gap is how many integers are missing between two runs. After a run of 8191, it is
// written as it is; after any other it is at least one, and written less one.
//
// Gaps and runs are written by two coders that take turns, see rice.Turns: each in
// a Rice code that follows the sizes of its numbers, see internal/rice. The code of gaps
// starts with a parameter of 3, that of runs with 1.
//
// fill is up to seven one bits, to a whole byte. No gap starts that way and ends
// there, since eight one bits announce a long number and fewer are followed by a
// zero bit. So it marks the end, and no length is needed.
//
// A set has one encoding, and the decoder turns away everything else: numbers in
// the long form that have a shorter one, elements beyond the last, fill where there
// need be none.
//
// A page takes 267 bytes at most: the tag, 69 bits for the first element, the fill,
// and no more than 8 bits for each of its 256 places. For numbers there are below
// 256, and so parameters below 8. A gap or run that is v covers v+1 places. Written
// as v, it takes at most v+8 bits. Where it wakes its coder, it is 15 bits at most
// with the zero that announces it, and v-1 more. Written plus one, it takes v+9, but
// then the turn before took none for a place of its own. In the long form it takes
// 21 bits, and 8 to announce it, but covers 9 places.
//
// Expansion is bounded. A run of 8191 elements takes at least 14 bits, and makes
// 32 pages, 1280 bytes of memory; a run of half as many takes 13. So decoding
// makes no more than 732 bytes of pages a byte of input (and rounds up to a block
// of pages), nor more than 4681 elements.
const maxRun = 8191 // elements

// AppendBinary appends the set's binary form, described in gsetcodec.go, to b. The
// error is nil except on a nil receiver.
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

// fits reports whether the binary form of the pages so far takes at most limit bytes. If it
// does not, size is how many it takes. All that was written is this form.
func (e *gsetEncoder) fits(limit int) (size int, ok bool) {
	first, last, _ := e.runs.Open()
	// What is open takes at most 300 bits for each maxRun elements: a gap and a run, each
	// with the number of the other that announces it.
	open := 300 * int64(1+(last-first)/maxRun)
	if int64(e.w.Bits())+open <= 8*int64(min(limit, math.MaxInt32)) {
		return 0, true
	}
	whole := *e // finish changes no byte of e, but appends behind them
	size = len(whole.finish())
	return size, size <= limit
}

// Decode returns the set that data is the binary form of, with the receiver's
// key. It fails on anything AppendBinary would not have written.
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
