// Package pages is the index of a set of integers: bitset pages of 256 neighbouring
// integers, sorted by id, so that an element far from all others costs a page and not a
// bitset that reaches there.
package pages

import (
	"math/bits"

	"github.com/bits-and-blooms/bitset"
)

const (
	shift = 8 // an element's low bits are its place in its page
	words = Bits / 64

	// Bits is the number of elements that a page has room for.
	Bits = 1 << shift

	// IDBits is the width of a page's id: what is left of 64 bits.
	IDBits = 64 - shift
)

// Page holds the elements of a set that agree in all but their low 8 bits. It is 40 bytes. A
// page in an index is never empty.
type Page struct {
	ID    uint64
	Words [words]uint64
}

// Locate returns the id of the page and the bit that stand for x. Pages are in the order of
// the integers in them: flipping the sign bit makes the order of unsigned numbers that of
// the signed ones.
func Locate(x int64) (id uint64, bit uint) {
	u := position(x)
	return u >> shift, uint(u % Bits)
}

// position returns the distance of x from the least integer.
func position(x int64) uint64 { return uint64(x) ^ 1<<63 }

// Element returns the integer at a position.
func Element(position uint64) int64 { return int64(position ^ 1<<63) }

// Single returns the page that has one element.
func Single(id uint64, bit uint) Page {
	p := Page{ID: id}
	p.Set(bit)
	return p
}

// view returns the words as a bitset: writing to it writes to the page. The view is small
// and does not outlive the call, so it stays on the stack.
func (p *Page) view() *bitset.BitSet { return bitset.From(p.Words[:]) }

// Has reports whether the page has an element.
func (p *Page) Has(bit uint) bool { return p.view().Test(bit) }

// Set puts in an element.
func (p *Page) Set(bit uint) { p.view().Set(bit) }

// Empty reports whether the page has no element.
func (p *Page) Empty() bool { return p.Words == [words]uint64{} }

// full reports whether the page has all elements it has room for.
func (p *Page) full() bool {
	w := &p.Words
	return w[0]&w[1]&w[2]&w[3] == 1<<64-1
}

// Count returns the number of elements.
func (p *Page) Count() uint64 {
	n := 0
	for _, w := range p.Words {
		n += bits.OnesCount64(w)
	}
	return uint64(n)
}

// used returns the words that are not zero, as the bits of a number. It has no branches: a
// page far from others has one word, and which one cannot be predicted.
func (p *Page) used() uint {
	w := &p.Words
	return sign(w[0]|-w[0]) | sign(w[1]|-w[1])<<1 | sign(w[2]|-w[2])<<2 | sign(w[3]|-w[3])<<3
}

// sign returns the highest bit of w: of v|-v, whether v is not zero.
func sign(w uint64) uint { return uint(w >> 63) }

// Union puts in all elements of q, a page of the same id.
func (p *Page) Union(q *Page) {
	for k := range p.Words {
		p.Words[k] |= q.Words[k]
	}
}

// In reports whether q, a page of the same id, has all elements of p.
func (p *Page) In(q *Page) bool {
	a, b := &p.Words, &q.Words
	return a[0]&^b[0]|a[1]&^b[1]|a[2]&^b[2]|a[3]&^b[3] == 0
}

// CountWithout returns the number of elements that q, a page of the same id, does not have.
func (p *Page) CountWithout(q *Page) uint64 {
	n := 0
	for k, w := range p.Words {
		n += bits.OnesCount64(w &^ q.Words[k])
	}
	return uint64(n)
}

// Without returns the elements that q, a page of the same id, does not have.
func (p *Page) Without(q *Page) Page {
	rest := *p
	for k := range rest.Words {
		rest.Words[k] &^= q.Words[k]
	}
	return rest
}
