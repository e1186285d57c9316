package crdt

import (
	"iter"
	"slices"

	"gset/crdt/internal/pages"
	"gset/crdt/riblt"
)

// Cells yields the set's pages with ids from first on, in ascending order. The id of a page is
// the upper 56 bits of its elements, with the sign bit flipped so that pages are in the order of
// their elements. Hashes are computed on the way, some 30 ns each. The set must not change
// until the loop has ended.
func (s *GSet) Cells(first CellID) iter.Seq[Cell] {
	return func(yield func(Cell) bool) {
		for _, p := range s.pages.From(uint64(first)) {
			if !yield(Cell{ID: CellID(p.ID), Hash: hashPage(s.key, p)}) {
				return
			}
		}
	}
}

// Skip returns the id of the n-th page from first on; see Sparer. It takes a search, and a step for
// each 256 pages.
func (s *GSet) Skip(first CellID, n int) (id CellID, ok bool) {
	if n < 0 {
		return 0, false
	}
	got, ok := s.pages.Skip(uint64(first), n)
	return CellID(got), ok
}

// Extract returns the elements in the given pages. The ids may come in any order, and more than
// once.
func (s *GSet) Extract(ids []CellID) *GSet {
	part := s.New()
	var at pages.Place
	for _, id := range sortedIDs(ids) {
		var found bool
		if at, found = s.pages.Seek(at, uint64(id)); found {
			part.push(s.pages.At(at))
		}
	}
	part.hashAsPartOf(s)
	return part
}

// sortedIDs returns ids in increasing order, each once. It returns the argument itself if that
// is so ordered.
func sortedIDs(ids []CellID) []CellID {
	for i := 1; i < len(ids); i++ {
		if ids[i-1] >= ids[i] {
			return slices.Compact(slices.Sorted(slices.Values(ids)))
		}
	}
	return ids
}

// Cut returns the elements in the pages from first on, as many pages as take at most limit bytes
// in binary form; see Cutter. It measures the
// form of every page once, writes nothing and hashes none.
func (s *GSet) Cut(first CellID, limit int) (part *GSet, last CellID, err error) {
	part = s.New()
	var e gsetEncoder
	e.measure(make([]byte, 64)) // to write the form, only to drop it, costs more memory than the part
	start, _ := s.pages.Find(uint64(first))
	end := s.pages.End()
	for at, p := range s.pages.From(uint64(first)) {
		e.page(p)
		if size, ok := e.fits(limit); !ok {
			if part.count == 0 {
				return part, CellID(p.ID), tooLarge(CellID(p.ID), size, limit)
			}
			end = at
			break
		}
		part.count += p.Count()
		last = CellID(p.ID)
	}
	part.pages.CopyRange(&s.pages, start, end)
	part.hashAsPartOf(s)
	return part, last, nil
}

// Sketch returns the sketch of the set with n coded symbols, which the caller owns. From the
// first call on the set keeps a sketch of its own, of 16 bytes a coded symbol, and every page
// that changes costs some 0.2 µs more. A call that asks for more coded symbols than any before
// reads the whole set.
func (s *GSet) Sketch(n int) *riblt.Sketch {
	s.sketch = standing(s.sketch, s.Cells(0), n)
	return s.sketch.Prefix(n)
}

// grow returns the hash of fresh, elements that are about to come into the page known, and brings
// the sketch up to date with them. known is nil if the set has no page of that id.
func (s *GSet) grow(known, fresh *pages.Page) Hash {
	point := s.key.point(CellID(fresh.ID))
	growth := hashPageAt(point, fresh)
	if s.sketch != nil {
		var old Hash
		if known != nil {
			old = hashPageAt(point, known)
		}
		growCell(s.sketch, CellID(fresh.ID), old, known != nil, growth)
	}
	return growth
}

// hashAsPartOf settles the hash of a set whose pages were taken from whole. If they are all of
// whole, the hash is that of whole; otherwise the first Digest computes it.
func (s *GSet) hashAsPartOf(whole *GSet) {
	switch {
	case s.count == 0:
	case s.count == whole.count && s.key == whole.key:
		s.hash.copyFrom(&whole.hash)
	default:
		s.hash.forget()
	}
}

// hashAll computes the hash of the set.
func (s *GSet) hashAll() (sum Hash) {
	for p := range s.pages.All() {
		sum = sum.Add(hashPage(s.key, p))
	}
	return sum
}

// hashPage evaluates the polynomial of a page (see Key) at its point.
func hashPage(key Key, p *pages.Page) Hash {
	return hashPageAt(key.point(CellID(p.ID)), p)
}

// hashPageAt evaluates the polynomial of a page at r, by Horner's rule.
func hashPageAt(r Hash, p *pages.Page) Hash {
	top := len(p.Words) - 1
	for top > 0 && p.Words[top] == 0 {
		top--
	}
	h := r.mulWord(p.Words[top])
	for k := top - 1; k >= 0; k-- {
		h = h.Add(Hash{Lo: p.Words[k]}).mul(r)
	}
	return h
}
