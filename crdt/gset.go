package crdt

import (
	"fmt"
	"iter"
	"slices"
	"strings"

	"gset/crdt/riblt"
)

// GSet is a set of integers that only grows; its join is the union. Its
// irreducible parts are its elements, its cells are pages of 256 neighbouring
// integers, and its count is the number of elements.
//
// A page is a bitset of 40 bytes, so memory follows the pages in use and not
// the values: about 1.3 bits an element for a set without gaps, 40 to 80 bytes
// for an element far from all others.
//
// The zero value is an empty set under the zero Key, ready for use. A GSet must
// not be copied by assignment; use Clone. Methods that only read may run side by
// side, those that change the set and Sketch must be alone. No argument may be nil.
type GSet struct {
	key    Key
	digest Digest
	pages  pages
	sketch *riblt.Sketch // of the cells, kept up; nil until one is asked for
}

var (
	_ Lattice[*GSet] = (*GSet)(nil)
	_ Sketcher       = (*GSet)(nil)
)

// NewGSet returns a set of the given elements, in any order, under a key.
func NewGSet(key Key, elements ...int64) *GSet {
	s := &GSet{key: key}
	for _, x := range elements {
		s.Insert(x)
	}
	return s
}

// New returns an empty set with the receiver's key.
func (s *GSet) New() *GSet { return &GSet{key: s.key} }

// Key returns the set's hash key.
func (s *GSet) Key() Key { return s.key }

// Clone returns an independent copy.
func (s *GSet) Clone() *GSet {
	return &GSet{key: s.key, digest: s.digest, pages: s.pages.clone()}
}

// Insert adds x and reports whether it was new.
func (s *GSet) Insert(x int64) bool {
	id, bit := locate(x)
	at, found := s.pages.find(id)
	if found && s.pages.at(at).bits().Test(bit) {
		return false
	}
	one := singleton(id, bit)
	point := s.key.point(CellID(id))
	hash := one.hashAt(point)
	if s.sketch != nil {
		s.growCell(CellID(id), at, found, point, hash)
	}
	if found {
		s.pages.at(at).bits().Set(bit)
	} else {
		s.pages.insert(at, &one)
	}
	s.digest = s.digest.Add(Digest{Count: 1, Hash: hash})
	return true
}

// Contains reports whether x is in the set.
func (s *GSet) Contains(x int64) bool {
	id, bit := locate(x)
	at, found := s.pages.find(id)
	return found && s.pages.at(at).bits().Test(bit)
}

// Len returns the number of elements.
func (s *GSet) Len() int { return int(s.digest.Count) }

// Digest returns the number of elements and the hash of the set, in O(1).
func (s *GSet) Digest() Digest { return s.digest }

// All yields the elements in ascending order. The set must not change until the
// loop has ended.
func (s *GSet) All() iter.Seq[int64] {
	return func(yield func(int64) bool) {
		for p := range s.pages.all() {
			for bit := range p.bits().EachSet() {
				if !yield(element(p.id, bit)) {
					return
				}
			}
		}
	}
}

// Elements returns the elements in ascending order; never nil.
func (s *GSet) Elements() []int64 {
	return slices.AppendSeq(make([]int64, 0, s.Len()), s.All())
}

// Equal reports whether two sets have the same elements, whatever their keys.
// It compares them page by page and takes no digest's word for it.
func (s *GSet) Equal(other *GSet) bool {
	if s.Len() != other.Len() {
		return false
	}
	var at place
	var found bool
	for p := range s.pages.all() {
		at, found = other.pages.seek(at, p.id)
		if !found || other.pages.at(at).words != p.words {
			return false
		}
	}
	return true // other has all of s, and as many
}

// String lists the elements in ascending order, runs of three or more as
// first..last: "{-7 0..999 2000}". It is as long as the set has runs.
func (s *GSet) String() string {
	var runs []string
	var first, last int64
	flush := func() {
		switch {
		case last == first:
			runs = append(runs, fmt.Sprint(first))
		case last == first+1:
			runs = append(runs, fmt.Sprint(first), fmt.Sprint(last))
		default:
			runs = append(runs, fmt.Sprintf("%d..%d", first, last))
		}
	}
	open := false
	for x := range s.All() {
		if open && x == last+1 {
			last = x
			continue
		}
		if open {
			flush()
		}
		first, last, open = x, x, true
	}
	if open {
		flush()
	}
	return "{" + strings.Join(runs, " ") + "}"
}

// Join adds the elements of delta and returns those that were new. It takes
// time in proportion to the pages of delta, plus a search in s for each stretch
// of pages s has in between.
func (s *GSet) Join(delta *GSet) (novel *GSet) {
	novel = s.New()
	var at place
	var found bool
	for d := range delta.pages.all() {
		at, found = s.pages.seek(at, d.id)
		if !found {
			if s.sketch != nil {
				s.sketch.Add(Cell{CellID(d.id), d.hash(s.key)}.Item())
			}
			at = s.pages.insert(at, d)
			novel.pages.push(d)
			continue
		}
		known := s.pages.at(at).bits()
		fresh := *d
		fresh.bits().InPlaceDifference(known)
		if !fresh.empty() {
			if s.sketch != nil {
				point := s.key.point(CellID(d.id))
				s.growCell(CellID(d.id), at, found, point, fresh.hashAt(point))
			}
			known.InPlaceUnion(fresh.bits())
			novel.pages.push(&fresh)
		}
	}
	novel.summarise(delta)
	s.digest = s.digest.Add(novel.digest)
	return novel
}

// Minus returns the elements that other does not have.
func (s *GSet) Minus(other *GSet) *GSet {
	rest := s.New()
	var at place
	var found bool
	for p := range s.pages.all() {
		left := *p
		at, found = other.pages.seek(at, p.id)
		if found {
			left.bits().InPlaceDifference(other.pages.at(at).bits())
		}
		if !left.empty() {
			rest.pages.push(&left)
		}
	}
	rest.summarise(s)
	return rest
}

// Cells yields the set's pages with ids from first on, in ascending order. A cell's id is
// its elements' upper 56 bits, with the sign bit flipped to keep the order. Hashes are
// computed on the way, some 50 ns each. The set must not change until the loop
// has ended.
func (s *GSet) Cells(first CellID) iter.Seq[Cell] {
	return func(yield func(Cell) bool) {
		for p := range s.pages.from(uint64(first)) {
			if !yield(Cell{ID: CellID(p.id), Hash: p.hash(s.key)}) {
				return
			}
		}
	}
}

// Sketch returns the sketch of the set with n coded symbols, the caller's to keep. From the
// first call on the set keeps a sketch of its own, of 16 bytes a coded symbol, and every
// page that changes costs some 0.2 µs more. A call that asks for more coded symbols than any
// before reads the whole set.
func (s *GSet) Sketch(n int) *riblt.Sketch {
	s.sketch = standing(s.sketch, s.Cells(0), n)
	return s.sketch.Prefix(n)
}

// growCell brings the sketch up to date with elements that are about to come into the
// page at a place, or into the gap for it. growth is their hash.
func (s *GSet) growCell(id CellID, at place, found bool, point, growth Hash) {
	var old Hash
	if found {
		old = s.pages.at(at).hashAt(point)
	}
	growCell(s.sketch, id, old, found, growth)
}

// Extract returns the elements in the given pages. The ids may come in any
// order.
func (s *GSet) Extract(ids []CellID) *GSet {
	part := s.New()
	var at place
	var found bool
	for _, id := range sortedIDs(ids) {
		at, found = s.pages.seek(at, uint64(id))
		if found {
			part.pages.push(s.pages.at(at))
		}
	}
	part.summarise(s)
	return part
}

// sortedIDs returns ids in increasing order, each once: the given ones if they are.
func sortedIDs(ids []CellID) []CellID {
	for i := 1; i < len(ids); i++ {
		if ids[i-1] >= ids[i] {
			return slices.Compact(slices.Sorted(slices.Values(ids)))
		}
	}
	return ids
}

// summarise computes the digest of a set whose pages were just put together
// out of a part of whole, or all of it, which spares hashing it again.
func (s *GSet) summarise(whole *GSet) {
	var count uint64
	for p := range s.pages.all() {
		count += uint64(p.bits().Count())
	}
	if count == whole.digest.Count && s.key == whole.key {
		s.digest = whole.digest
		return
	}
	var hash Hash
	for p := range s.pages.all() {
		hash = hash.Add(p.hash(s.key))
	}
	s.digest = Digest{Count: count, Hash: hash}
}
