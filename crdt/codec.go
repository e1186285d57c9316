package crdt

import (
	"bytes"
	"encoding/binary"
	"errors"
	"fmt"
	"math/bits"
)

// The binary form of a GSet.
//
// It is a list of pages in ascending order, made for the three shapes a set
// comes in: runs (a whole history is a few bytes), scattered neighbours (recent
// news, a byte an element) and lone values (an id near 2^62, ten bytes).
//
//	set   = tag item*
//	item  = gap head payload
//
// tag is the byte 0x11: type 1, a GSet, in the high half; version 1 in the low.
//
// gap is an unsigned varint (LEB128). An element x lies in page x>>8, an
// integer from -2^55 to 2^55-1. For the first item the gap is its page in zigzag
// form (0, -1, 1, -2, ... become 0, 1, 2, 3, ...), for the others the number of
// pages skipped since the item before.
//
// head is a byte: a form in the upper three bits, and n-1 in the lower five, so
// n is 1 to 32. The places in a page are 0 to 255, its element's low eight bits.
//
//	form 0, bitmap   1+n bytes: an offset o, then n bytes of which the bit of
//	                 value 2^k in the i-th (from 0) is place 8(o+i)+k; the first and
//	                 the last of the n bytes are not zero
//	form 1, list     n bytes: the places of n elements, ascending
//	form 2, runs     2n bytes: the first and the last place of n runs, ascending,
//	                 not touching
//	form 3, full     nothing: n consecutive pages with all their elements
//	forms 4 to 7     are not in use
//
// Each page has the form that takes the fewest bytes, the first in the table if
// several do; consecutive full pages make items of 32 as far as they go. So a set
// has one encoding, and the decoder turns away any other by encoding what it
// read once more. A page takes 43 bytes at most, the tag included.
//
// Expansion is bounded. The two bytes of a full item stand for 32 pages at
// most, 1280 bytes of memory, and no item does more: decoding makes no more than
// 640 bytes of pages a byte of input (and rounds up to a block of pages), nor more
// than 4096 elements. A million consecutive integers are 251 bytes.
const (
	gsetTag = 0x11

	formBitmap = 0
	formList   = 1
	formRuns   = 2
	formFull   = 3

	formShift = 5
	maxN      = 1 << formShift

	pageOfZero = 1 << (pageIDBits - 1)
)

// AppendBinary appends the set's binary form, described in codec.go, to b. The
// error is always nil.
func (s *GSet) AppendBinary(b []byte) ([]byte, error) {
	b = append(b, gsetTag)
	var next uint64 // the page after the last item
	first := true
	head := 0 // where the head of a full item is that may still grow, or zero
	for p := range s.pages.all() {
		full := p.full()
		if full && head > 0 && p.id == next && b[head] < formFull<<formShift+maxN-1 {
			b[head]++
			next++
			continue
		}
		gap := p.id - next
		if first {
			gap, first = zigzag(p.id), false
		}
		next = p.id + 1
		b = binary.AppendUvarint(b, gap)
		if full {
			head = len(b)
			b = append(b, formFull<<formShift)
		} else {
			head = 0
			b = p.appendForm(b)
		}
	}
	return b, nil
}

// Decode returns the set that data is the binary form of, with the receiver's
// key. It fails on anything AppendBinary would not have written.
func (s *GSet) Decode(data []byte) (*GSet, error) {
	set, err := s.decode(data)
	if err != nil {
		return nil, fmt.Errorf("crdt: GSet: %w", err)
	}
	canonical, err := set.AppendBinary(make([]byte, 0, len(data)))
	if err != nil {
		return nil, err
	}
	if !bytes.Equal(canonical, data) {
		return nil, errors.New("crdt: GSet: encoding is not canonical")
	}
	set.summarise(set.New())
	return set, nil
}

// decode reads pages in ascending order and leaves to Decode whether they were
// written in the canonical way, and the digest.
func (s *GSet) decode(data []byte) (*GSet, error) {
	if len(data) == 0 || data[0] != gsetTag {
		return nil, errors.New("does not start with the tag of a GSet, version 1")
	}
	set := s.New()
	rest := data[1:]
	fail := func(what string) error {
		return fmt.Errorf("%s at byte %d of %d", what, len(data)-len(rest), len(data))
	}
	var next uint64
	for first := true; len(rest) > 0; first = false {
		gap, size := binary.Uvarint(rest)
		if size <= 0 {
			return nil, fail("bad gap")
		}
		if gap >= 1<<pageIDBits {
			return nil, fail("gap beyond the last page")
		}
		id := next + gap
		if first {
			id = unzigzag(gap)
		}
		rest = rest[size:]
		if len(rest) == 0 {
			return nil, fail("no head")
		}
		form, n := rest[0]>>formShift, int(rest[0]%maxN)+1
		if form > formFull {
			return nil, fail("unknown form")
		}
		rest = rest[1:]

		count := 1 // pages in this item
		if form == formFull {
			count = n
		}
		if id+uint64(count) > 1<<pageIDBits {
			return nil, fail("page beyond the last")
		}
		next = id + uint64(count)
		if form == formFull {
			for ; id < next; id++ {
				set.pages.push(&page{id: id, words: fullPage})
			}
			continue
		}
		p := page{id: id}
		size, ok := p.readForm(form, n, rest)
		if !ok {
			return nil, fail("bad page")
		}
		rest = rest[size:]
		set.pages.push(&p)
	}
	return set, nil
}

// appendForm appends the head and the payload of a page that is not full. A
// bitmap takes 33 bytes at most, so a list or runs that win have n in range.
func (p *page) appendForm(b []byte) []byte {
	view := p.bits()
	elements, runs := int(view.Count()), p.runs()
	from, to := p.span()
	head := func(form, n int) []byte { return append(b, byte(form<<formShift+n-1)) }
	switch bitmap, list, ranges := 1+to-from, elements, 2*runs; {
	case bitmap <= list && bitmap <= ranges:
		b = append(head(formBitmap, to-from), byte(from))
		for i := from; i < to; i++ {
			b = append(b, byte(p.words[i/8]>>(i%8*8)))
		}
	case list <= ranges:
		b = head(formList, elements)
		for bit := range view.EachSet() {
			b = append(b, byte(bit))
		}
	default:
		b = head(formRuns, runs)
		for first, ok := view.NextSet(0); ok; {
			end, clear := view.NextClear(first)
			if !clear {
				end = pageBits
			}
			b = append(b, byte(first), byte(end-1))
			first, ok = view.NextSet(end)
		}
	}
	return b
}

// readForm fills an empty page from the front of b and returns the length of
// what it read. It is false if b is too short or no page was written like this.
func (p *page) readForm(form byte, n int, b []byte) (size int, ok bool) {
	size = [...]int{formBitmap: 1 + n, formList: n, formRuns: 2 * n}[form]
	if len(b) < size {
		return 0, false
	}
	b = b[:size]
	switch form {
	case formBitmap:
		from := int(b[0])
		if from+n > pageBits/8 {
			return 0, false
		}
		for i, v := range b[1:] {
			at := from + i
			p.words[at/8] |= uint64(v) << (at % 8 * 8)
		}
	case formList:
		for _, bit := range b {
			p.bits().Set(uint(bit))
		}
	case formRuns:
		for i := 0; i < size; i += 2 {
			for bit := uint(b[i]); bit <= uint(b[i+1]); bit++ {
				p.bits().Set(bit)
			}
		}
	}
	return size, !p.empty()
}

// runs counts the maximal runs of neighbouring elements: the elements whose
// lower neighbour is missing.
func (p *page) runs() int {
	n, below := 0, uint64(0)
	for _, w := range p.words {
		n += bits.OnesCount64(w &^ (w<<1 | below))
		below = w >> 63
	}
	return n
}

// span returns the bytes [from, to) of the bitmap that hold all its bits.
func (p *page) span() (from, to int) {
	first, _ := p.bits().NextSet(0)
	last, _ := p.bits().PreviousSet(pageBits - 1)
	return int(first / 8), int(last/8) + 1
}

// zigzag numbers pages by their distance from the one that starts at element
// zero: the page with the highest bit of its id set, and no other.
func zigzag(id uint64) uint64 {
	n := int64(id) - pageOfZero
	return uint64(n<<1 ^ n>>63)
}

func unzigzag(z uint64) uint64 {
	return uint64(int64(z>>1)^-int64(z&1)) + pageOfZero
}
