package rivals

import (
	"encoding/binary"
	"math"
	"math/bits"
	"slices"

	"github.com/dchest/siphash"

	"gset/crdt"
)

// Range-based set reconciliation (Meyer 2022) as in version 1 of the Negentropy
// protocol: a message cuts all there can be into ranges. Of each it tells nothing
// more (a skip), a fingerprint of the elements in it, or the elements. A range whose
// fingerprints differ is cut into 16; one of fewer than 32 elements is listed.
//
// Negentropy orders records by a time and names them by an id of 32 bytes. Here an
// element is its own time, and its own id of 8 bytes: lists take a quarter, and what
// is in them need not be sent once more.
const (
	pieces       = 16
	listed       = 2 * pieces
	printBytes   = 16
	elementBytes = 8
)

// ranges: a begins. What is in b's lists a has heard; what a alone has it sends at last.
func ranges(a, b *crdt.GSet) (c cost, heldByA, heldByB *crdt.GSet, err error) {
	sizes, need, have := negotiate(newParty(a), newParty(b), elementBytes)
	for _, n := range sizes {
		c.bytes += n
	}
	c.trips = len(sizes)
	if len(have) > 0 {
		c.bytes += elementBytes * len(have)
		c.trips++
	}
	heldByA, heldByB = a.Clone(), b.Clone()
	insert(heldByA, need)
	insert(heldByB, have)
	return c, heldByA, heldByB, nil
}

// negotiate has a find out what it needs, and what it has that b lacks. It returns the
// sizes of the messages, of which every other is b's.
func negotiate(a, b *party, idBytes int) (sizes []int, need, have []uint64) {
	message := a.split(nil, 0, len(a.keys), infinity)
	for {
		sizes = append(sizes, size(message, idBytes))
		answer := b.answer(message, nil)
		sizes = append(sizes, size(answer, idBytes))
		message = a.answer(answer, func(theirs, ours []uint64) {
			need = append(need, minus(theirs, ours)...)
			have = append(have, minus(ours, theirs)...)
		})
		if len(message) == 0 {
			return sizes, need, have
		}
	}
}

// infinity is the end of all ranges; no element may be as great.
const infinity = math.MaxUint64

// A span is a range of a message. It begins where the one before ends.
type span struct {
	end  uint64 // not in it
	mode mode
	hash [2]uint64 // fingerprint
	ids  []uint64  // list
}

type mode uint8

const (
	skip mode = iota
	fingerprint
	list
)

// size is that of a message in the protocol's binary form: a version; of each range its end,
// as a distance to that of the one before, or 0 for infinity; the length of an id that
// would tell elements of the same time apart, which is 0; the mode; and what that takes.
func size(m []span, idBytes int) int {
	n, last := 1, uint64(0)
	for _, s := range m {
		distance := uint64(0)
		if s.end != infinity {
			distance = s.end - last + 1
		}
		last = s.end
		n += varint(distance) + 1 + 1
		switch s.mode {
		case fingerprint:
			n += printBytes
		case list:
			n += varint(uint64(len(s.ids))) + idBytes*len(s.ids)
		}
	}
	return n
}

func varint(n uint64) int { return max(1, (bits.Len64(n)+6)/7) }

// A party is one side: its elements in order, and for each the sum of the hashes of those
// before it, so that a fingerprint takes no time.
type party struct {
	keys []uint64
	sums [][2]uint64
}

func newParty(s *crdt.GSet) *party {
	p := &party{keys: keys(s)}
	p.sums = make([][2]uint64, len(p.keys)+1)
	var data [8]byte
	for i, k := range p.keys {
		binary.LittleEndian.PutUint64(data[:], k)
		lo, hi := siphash.Hash128(0, 0, data[:])
		var carry uint64
		lo, carry = bits.Add64(lo, p.sums[i][0], 0)
		hi, _ = bits.Add64(hi, p.sums[i][1], carry)
		p.sums[i+1] = [2]uint64{lo, hi}
	}
	return p
}

func (p *party) fingerprint(first, end int) [2]uint64 {
	lo, borrow := bits.Sub64(p.sums[end][0], p.sums[first][0], 0)
	hi, _ := bits.Sub64(p.sums[end][1], p.sums[first][1], borrow)
	return [2]uint64{lo, hi}
}

// split appends to a message what there is to tell of a range of one's elements.
func (p *party) split(m []span, first, end int, upper uint64) []span {
	n := end - first
	if n < listed {
		return append(m, span{end: upper, mode: list, ids: p.keys[first:end]})
	}
	for i := range pieces {
		next := first + n/pieces
		if i < n%pieces {
			next++
		}
		bound := upper
		if next < end {
			bound = p.keys[next]
		}
		m = append(m, span{end: bound, mode: fingerprint, hash: p.fingerprint(first, next)})
		first = next
	}
	return m
}

// answer returns the answer to a message; it is empty if there is nothing more to say. Who
// began the negotiation gives a function for the lists of both; the other answers a list by
// its own.
func (p *party) answer(m []span, lists func(theirs, ours []uint64)) (out []span) {
	first := 0
	skipped := false // the range before
	var last uint64
	for _, s := range m {
		end := len(p.keys)
		if s.end != infinity {
			end, _ = slices.BinarySearch(p.keys, s.end)
		}
		ours := p.keys[first:end]
		silent := s.mode == skip || s.mode == fingerprint && s.hash == p.fingerprint(first, end)
		if s.mode == list && lists != nil {
			lists(s.ids, ours)
			silent = true
		}
		if !silent {
			if skipped {
				out = append(out, span{end: last, mode: skip})
			}
			if s.mode == list {
				out = append(out, span{end: s.end, mode: list, ids: ours})
			} else {
				out = p.split(out, first, end, s.end)
			}
		}
		first, last, skipped = end, s.end, silent
	}
	return out
}

// minus returns the elements of x that are not in y; both are in order.
func minus(x, y []uint64) (rest []uint64) {
	for _, k := range x {
		if _, found := slices.BinarySearch(y, k); !found {
			rest = append(rest, k)
		}
	}
	return rest
}
