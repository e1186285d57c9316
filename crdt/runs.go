package crdt

import "iter"

// runs yields the maximal runs of consecutive elements, across pages, as the first
// and the last position of each. A position is an element with its sign bit
// flipped: the page's id and the bit.
func (ps *pages) runs() iter.Seq2[uint64, uint64] {
	return func(yield func(first, last uint64) bool) {
		var first, last uint64 // the run that may still go on
		open := false
		for p := range ps.all() {
			view := p.bits()
			base := p.id << pageShift
			for from, ok := view.NextSet(0); ok; {
				to, clear := view.NextClear(from)
				if !clear {
					to = pageBits
				}
				a, b := base+uint64(from), base+uint64(to-1)
				switch {
				case open && a == last+1:
					last = b
				case open && !yield(first, last):
					return
				default:
					first, last, open = a, b, true
				}
				from, ok = view.NextSet(to)
			}
		}
		if open {
			yield(first, last)
		}
	}
}

// pageFiller fills an index with runs in ascending order, with a page in the making.
type pageFiller struct {
	pages *pages
	p     page
}

// fill adds the positions from first to last, all of them beyond those before.
func (f *pageFiller) fill(first, last uint64) {
	for id := first >> pageShift; ; id++ {
		if id != f.p.id {
			f.flush()
			f.p = page{id: id}
		}
		from, to := uint(0), uint(pageBits)
		if id == first>>pageShift {
			from = uint(first % pageBits)
		}
		if id == last>>pageShift {
			to = uint(last%pageBits) + 1
		}
		f.p.bits().FlipRange(from, to)
		if id == last>>pageShift {
			return
		}
	}
}

// flush adds the page in the making to the index, unless it is empty.
func (f *pageFiller) flush() {
	if !f.p.empty() {
		f.pages.push(&f.p)
	}
}
