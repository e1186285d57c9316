package pages

import (
	"iter"
	"math/bits"
)

// Elements yields the elements of an index in ascending order.
func (x *Index) Elements() iter.Seq[int64] {
	return func(yield func(int64) bool) {
		for p := range x.All() {
			for bit := range p.view().EachSet() {
				if !yield(Element(p.ID<<shift | uint64(bit))) {
					return
				}
			}
		}
	}
}

// Runs finds the maximal runs of consecutive elements in pages that come in ascending order,
// each as the positions of its first and last element. A position is the distance from the
// least integer. A run is known to be over when the next one begins, or at the end.
type Runs struct {
	first, last uint64 // of the run that may still go on
	open        bool
}

// Add takes in the next page, and calls emit for each run that is over.
func (r *Runs) Add(p *Page, emit func(first, last uint64)) {
	if p.full() {
		first := p.ID << shift
		r.add(first, first+Bits-1, emit)
		return
	}
	for used := p.used(); used != 0; used &= used - 1 {
		k := bits.TrailingZeros(used)
		w, base := p.Words[k%words], p.ID<<shift+uint64(64*k)
		for w != 0 {
			from := uint(bits.TrailingZeros64(w))
			length := uint(bits.TrailingZeros64(^(w >> from)))
			w &^= (1<<length - 1) << from // all of w if length is 64
			first := base + uint64(from)
			r.add(first, first+uint64(length)-1, emit)
		}
	}
}

// add takes in a run that may go on the one before, and may go on.
func (r *Runs) add(first, last uint64, emit func(first, last uint64)) {
	switch {
	case !r.open:
		r.open = true
	case first == r.last+1:
		r.last = last
		return
	default:
		emit(r.first, r.last)
	}
	r.first, r.last = first, last
}

// Open returns the run that may still go on. ok is false if no element was taken in.
func (r *Runs) Open() (first, last uint64, ok bool) { return r.first, r.last, r.open }

// Filler fills an index with runs of positions in ascending order.
type Filler struct {
	index *Index
	page  Page // in the making
}

// NewFiller returns a Filler of an empty index.
func NewFiller(x *Index) Filler { return Filler{index: x} }

// Fill adds the positions from first to last, all of them beyond those before.
func (f *Filler) Fill(first, last uint64) {
	for id := first >> shift; ; id++ {
		if id != f.page.ID {
			f.Flush()
			f.page = Page{ID: id}
		}
		from, to := uint(0), uint(Bits)
		if id == first>>shift {
			from = uint(first % Bits)
		}
		if id == last>>shift {
			to = uint(last%Bits) + 1
		}
		f.page.view().FlipRange(from, to)
		if id == last>>shift {
			return
		}
	}
}

// Flush adds the page in the making to the index, unless it is empty. It ends the filling.
func (f *Filler) Flush() {
	if !f.page.Empty() {
		f.index.Push(&f.page)
	}
}
