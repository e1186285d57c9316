package crdt

import (
	"fmt"
	"iter"
	"math"
	"slices"
	"strings"

	"gset/crdt/internal/pages"
	"gset/crdt/riblt"
)

// GSet is a set of integers that only grows. Its join is the union. Its irreducible parts are
// its elements, its cells are pages of 256 neighbouring integers, and its digest's count is the
// number of elements.
//
// A page is a bitset of 40 bytes, so memory follows the pages in use and not the values: about
// 1.3 bits an element for a set without gaps, 40 to 80 bytes for an element far from all
// others. A set of one page is one allocation of 128 bytes.
//
// The zero value is an empty set under the zero Key, ready for use; see Key for what the zero
// Key costs. A GSet must not be copied by assignment; use Clone. Methods that only read may run
// side by side. Insert, Join, Merge, UnmarshalJSON and Sketch must be alone. A nil *GSet as an
// argument stands for the empty set.
type GSet struct {
	key    Key
	count  uint64   // of elements
	hash   lazyHash // of all pages
	pages  pages.Index
	sketch *riblt.Sketch // of the cells, kept up; nil until one is asked for
}

var (
	_ Lattice[*GSet] = (*GSet)(nil)
	_ Sketcher       = (*GSet)(nil)
	_ Cutter[*GSet]  = (*GSet)(nil)
	_ Sparer[*GSet]  = (*GSet)(nil)
)

// NewGSet returns the set of some elements under a key. The elements may come in any order, and
// more than once.
func NewGSet(key Key, elements ...int64) *GSet {
	s := &GSet{key: key}
	if len(elements) > 0 {
		s.hash.forget() // to hash pages is cheaper than to hash elements
	}
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
	c := &GSet{key: s.key, count: s.count}
	c.hash.copyFrom(&s.hash)
	c.pages.CloneFrom(&s.pages)
	return c
}

// Insert adds x and reports whether it was new.
func (s *GSet) Insert(x int64) bool {
	id, bit := pages.Locate(x)
	at, found := s.pages.Find(id)
	var p *pages.Page
	if found {
		if p = s.pages.At(at); p.Has(bit) {
			return false
		}
	}
	one := pages.Single(id, bit)
	switch {
	case s.sketch != nil:
		s.hash.add(s.grow(p, &one))
	case s.hash.known():
		s.hash.value = s.hash.value.Add(hashPageAt(s.key.point(CellID(id)), &one))
	}
	if found {
		p.Set(bit)
	} else {
		s.pages.Insert(at, &one)
	}
	s.count++
	return true
}

// Contains reports whether x is in the set.
func (s *GSet) Contains(x int64) bool {
	id, bit := pages.Locate(x)
	at, found := s.pages.Find(id)
	return found && s.pages.At(at).Has(bit)
}

// Len returns the number of elements, or the greatest int if there are more.
func (s *GSet) Len() int { return int(min(s.count, math.MaxInt)) }

// Digest returns the number of elements and the hash of the set. It is O(1), except for the
// first call on a set that NewGSet, Minus, Extract, Cut, Decode or UnmarshalJSON made: that
// call hashes the set's pages, some 30 ns each.
func (s *GSet) Digest() Digest { return Digest{Count: s.count, Hash: s.hash.get(s.hashAll)} }

// All yields the elements in ascending order. The set must not change until the
// loop has ended.
func (s *GSet) All() iter.Seq[int64] { return s.pages.Elements() }

// Elements returns the elements in ascending order; never nil. The result takes 8 bytes an
// element, many times the memory of a dense set.
func (s *GSet) Elements() []int64 {
	return slices.AppendSeq(make([]int64, 0, s.Len()), s.All())
}

// Equal reports whether two sets have the same elements, whatever their keys.
// It compares them page by page and does not rely on digests.
func (s *GSet) Equal(other *GSet) bool {
	if other == nil {
		return s.count == 0
	}
	if s.count != other.count {
		return false
	}
	var at pages.Place
	var found bool
	for p := range s.pages.All() {
		at, found = other.pages.Seek(at, p.ID)
		if !found || other.pages.At(at).Words != p.Words {
			return false
		}
	}
	return true // other has all of s, and as many
}

// String lists the elements in ascending order, and runs of three or more as first..last:
// "{-7 0..999 2000}". Its length grows with the number of runs.
func (s *GSet) String() string {
	var list []string
	s.eachRun(func(first, last uint64) {
		a, b := pages.Element(first), pages.Element(last)
		switch last - first {
		case 0:
			list = append(list, fmt.Sprint(a))
		case 1:
			list = append(list, fmt.Sprint(a), fmt.Sprint(b))
		default:
			list = append(list, fmt.Sprintf("%d..%d", a, b))
		}
	})
	return "{" + strings.Join(list, " ") + "}"
}

// eachRun calls emit with the positions of each run of consecutive elements.
func (s *GSet) eachRun(emit func(first, last uint64)) {
	var runs pages.Runs
	for p := range s.pages.All() {
		runs.Add(p, emit)
	}
	if first, last, ok := runs.Open(); ok {
		emit(first, last)
	}
}

// Join adds the elements of delta and returns those that were new. It takes time in
// proportion to the pages of delta, and a search in s for each stretch of pages that only s
// has.
func (s *GSet) Join(delta *GSet) (novel *GSet) {
	novel = s.New()
	if delta == nil {
		return novel
	}
	grown := s.take(delta, novel, s.sketch != nil)
	if s.sketch != nil {
		novel.hash.set(grown)
	} else if novel.hashAsPartOf(delta); novel.count == delta.count && s.hash.known() && s.key == delta.key {
		novel.hash.set(delta.Digest().Hash) // the next join of delta has it ready
	}
	if s.hash.known() {
		s.hash.add(novel.Digest().Hash)
	}
	return novel
}

// Merge is Join for a caller who does not need the novel part.
func (s *GSet) Merge(delta *GSet) {
	if delta != nil {
		s.hash.add(s.take(delta, nil, s.sketch != nil || s.hash.known()))
	}
}

// take adds the elements of delta to s, and those that are new to novel as well, which may be
// nil. It returns the hash of those that are new, if it is asked to hash them, and leaves the hashes
// of both sets to the caller.
func (s *GSet) take(delta, novel *GSet, hashed bool) (grown Hash) {
	var at pages.Place
	for d := range delta.pages.All() {
		var found bool
		var known *pages.Page
		at, found = s.pages.Seek(at, d.ID)
		fresh := *d
		if found {
			if known = s.pages.At(at); d.In(known) {
				continue
			}
			fresh = d.Without(known)
		}
		if hashed {
			grown = grown.Add(s.grow(known, &fresh))
		}
		if found {
			known.Union(&fresh)
		} else {
			at = s.pages.Insert(at, &fresh)
		}
		n := fresh.Count()
		s.count += n
		if novel != nil {
			novel.pages.Push(&fresh)
			novel.count += n
		}
	}
	return grown
}

// Minus returns the elements that other does not have.
func (s *GSet) Minus(other *GSet) *GSet {
	if other == nil {
		return s.Clone()
	}
	rest := s.New()
	var at pages.Place
	for p := range s.pages.All() {
		var found bool
		at, found = other.pages.Seek(at, p.ID)
		if !found {
			rest.push(p)
		} else if known := other.pages.At(at); !p.In(known) {
			left := p.Without(known)
			rest.push(&left)
		}
	}
	rest.hashAsPartOf(s)
	return rest
}

// Excess returns the number of elements that other does not have.
func (s *GSet) Excess(other *GSet) int {
	if other == nil {
		return s.Len()
	}
	var excess uint64
	var at pages.Place
	for p := range s.pages.All() {
		var found bool
		if at, found = other.pages.Seek(at, p.ID); found {
			excess += p.CountWithout(other.pages.At(at))
		} else {
			excess += p.Count()
		}
	}
	return int(min(excess, math.MaxInt))
}

// push appends a copy of a page that comes after all others. It leaves the hash to the caller.
func (s *GSet) push(p *pages.Page) {
	s.pages.Push(p)
	s.count += p.Count()
}
