package crdt

import "github.com/bits-and-blooms/bitset"

const (
	pageShift = 8              // an element's low bits are its place in its page
	pageBits  = 1 << pageShift // elements a page has room for
	pageWords = pageBits / 64

	// pageIDBits is the width of a page id, what is left of 64 bits.
	pageIDBits = 64 - pageShift
)

// page holds the elements of a set that agree in all but their low pageShift
// bits. It is 40 bytes. A page in an index is never empty.
type page struct {
	id    uint64
	words [pageWords]uint64
}

// locate returns the page and the bit that stand for x. Flipping the sign bit
// makes the order of unsigned numbers that of the signed ones.
func locate(x int64) (id uint64, bit uint) {
	u := uint64(x) ^ 1<<63
	return u >> pageShift, uint(u % pageBits)
}

// element undoes locate.
func element(id uint64, bit uint) int64 {
	return int64((id<<pageShift | uint64(bit)) ^ 1<<63)
}

// singleton returns the page that has one bit.
func singleton(id uint64, bit uint) page {
	p := page{id: id}
	p.bits().Set(bit)
	return p
}

// bits views the words as a bitset: writing to it writes to the page. The view
// is small and does not outlive the call, so it stays on the stack.
func (p *page) bits() *bitset.BitSet {
	return bitset.From(p.words[:])
}

func (p *page) empty() bool { return p.words == [pageWords]uint64{} }

// hash evaluates the page's polynomial by Horner's rule.
func (p *page) hash(key Key) Hash {
	return p.hashAt(key.point(CellID(p.id)))
}

// hashAt is hash for a page whose point is known.
func (p *page) hashAt(r Hash) Hash {
	top := pageWords - 1
	for top > 0 && p.words[top] == 0 {
		top--
	}
	h := r.mulWord(p.words[top])
	for k := top - 1; k >= 0; k-- {
		h = h.Add(Hash{Lo: p.words[k]}).mul(r)
	}
	return h
}
