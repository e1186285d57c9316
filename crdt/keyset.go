package crdt

import (
	"fmt"
	"iter"
	"strings"

	"github.com/dchest/siphash"

	"gset/crdt/internal/keyindex"
)

// MaxElement bounds an element of a KeySet, in bytes, so that the binary form of a set of
// one element, which adds a tag of one byte and a length of at most three, fits MaxCell. An
// element that is longer is refused by Insert, Decode and UnmarshalJSON.
const MaxElement = MaxCell - 4

// KeySet is a set of byte strings that only grows; its join is the union. Its irreducible
// parts are its elements, and its count is the number of elements. An element has 0 to
// MaxElement bytes of any value. The empty string is an element like any other: it has a
// hash, a place in the order and a binary form, and a caller who does not want it can refuse
// it, while a caller who does could not make up for it.
//
// # Cells
//
// Each element is a cell of its own, named by 64 bits of SipHash of the element under the
// set's Key. The ids of two elements collide with a probability of 2^-64: among a billion
// elements, one time in 37. Then both are in the set, and they are one cell: its hash
// is the sum of theirs, so a replica that has one of them and a replica that has both
// differ in that cell, and Extract returns both.
//
// A cell of several elements may be longer than MaxCell. That is no error: the elements came
// from different replicas, none of which could know, and a join cannot refuse any of them. The
// bound that MaxCell stands for, that every state can be cut into messages, holds all the
// same, because a set of any two elements is the join of two smaller sets. Divide makes them,
// and Split calls Divide for a cell that does not fit a message.
//
// # Memory
//
// Some 31 bytes an element of 15 bytes, which is 16 beside the element's own: 13 for its id and
// its address, the rest for its length and for room to grow. See package
// crdt/internal/keyindex for how, and why so. A set of one element of up to 42 bytes is one
// allocation of 256 bytes. A sketch that the set keeps takes 16 bytes a coded symbol besides,
// 128 kB at most.
//
// The zero value is an empty set under the zero Key, ready for use. A KeySet must not be
// copied by assignment; use Clone. Methods that only read may run side by side; Insert, Join,
// Merge, UnmarshalJSON and Sketch must be alone. A nil *KeySet as an argument stands for the empty
// set. A set holds up to 2^40 bytes of elements; what would take it beyond panics, as running
// out of memory does.
type KeySet struct {
	key     Key
	records // the elements

	// narrow is how many bits the ids of cells are shorter by. It is zero but in tests,
	// which set it so that ids collide.
	narrow uint8
}

var (
	_ Lattice[*KeySet] = (*KeySet)(nil)
	_ Sketcher         = (*KeySet)(nil)
	_ Cutter[*KeySet]  = (*KeySet)(nil)
	_ Divider[*KeySet] = (*KeySet)(nil)
	_ Sparer[*KeySet]  = (*KeySet)(nil)
)

// NewKeySet returns an empty set under a key.
func NewKeySet(key Key) *KeySet { return &KeySet{key: key} }

// New returns an empty set with the receiver's key.
func (s *KeySet) New() *KeySet { return &KeySet{key: s.key, narrow: s.narrow} }

// Key returns the set's hash key.
func (s *KeySet) Key() Key { return s.key }

// Clone returns an independent copy.
func (s *KeySet) Clone() *KeySet {
	c := s.New()
	c.digestCount = s.digestCount
	c.digestHash.copyFrom(&s.digestHash)
	c.index.CloneFrom(&s.index)
	return c
}

// locate returns the id of an element's cell and the element's share of the cell's hash.
// Both are made of one SipHash with 128 bits of output. The id is the lower half and takes
// that much from the hash: of elements with one id the hashes still differ in 63 bits at
// random.
func (s *KeySet) locate(element []byte) (id uint64, hash Hash) {
	lo, hi := siphash.Hash128(s.key[0], s.key[1], element)
	return lo >> s.narrow, fieldPoint(lo, hi)
}

// Insert adds a copy of element, which may be nil for the empty string, and reports whether it
// was new. An element of more than MaxElement bytes is an error, and the set is as it was.
func (s *KeySet) Insert(element []byte) (added bool, err error) {
	if err := checkElement(element); err != nil {
		return false, fmt.Errorf("crdt: KeySet: %w", err)
	}
	return s.insert(element), nil
}

func checkElement(element []byte) error {
	if len(element) > MaxElement {
		return fmt.Errorf("element %s of %d bytes, more than %d", quoted(string(element[:quotedBytes+1])), len(element), MaxElement)
	}
	return nil
}

// insert is Insert of an element that is not too long.
func (s *KeySet) insert(element []byte) (added bool) {
	id, hash := s.locate(element)
	gap, found := s.index.Find(id, element)
	if found {
		return false
	}
	var cell cellGrowth
	s.records.insert(s, &cell, gap, id, Digest{1, hash}, element)
	return true
}

// Digest returns the set's digest: in O(1), but for a part that Extract or Cut has made, or a copy of one, whose elements the
// first call hashes.
func (s *KeySet) Digest() Digest { return s.digest(s) }

// weigh returns the digest of an element.
func (s *KeySet) weigh(element []byte) Digest {
	_, hash := s.locate(element)
	return Digest{1, hash}
}

// give appends an element of s to another set under the same key, in which no element comes
// after it.
func (s *KeySet) give(to *KeySet, id uint64, element []byte) {
	weight := Digest{Count: 1}
	if to.digestHash.known() {
		weight = s.weigh(element)
	}
	to.push(id, weight, element)
}

// Contains reports whether element is in the set.
func (s *KeySet) Contains(element []byte) bool {
	if len(element) > MaxElement {
		return false
	}
	id, _ := s.locate(element)
	_, found := s.index.Find(id, element)
	return found
}

// Len returns the number of elements.
func (s *KeySet) Len() int { return s.index.Len() }

// All yields the elements in the order of their cells, which looks random, depends on
// the set's key and is the same in all sets with that key. Elements are not copied: the caller
// may keep them, for they never change, but must not write to them, and an element that is
// kept may keep the memory of all. The set must not change until the loop has ended.
func (s *KeySet) All() iter.Seq[[]byte] {
	return func(yield func([]byte) bool) {
		for _, element := range s.index.All() {
			if !yield(element) {
				return
			}
		}
	}
}

// Elements returns copies of the elements, the caller's own, in the order of All; never nil.
func (s *KeySet) Elements() [][]byte {
	elements := make([][]byte, 0, s.Len())
	room := make([]byte, 0, s.index.Bytes())
	for element := range s.All() {
		start := len(room)
		room = append(room, element...)
		elements = append(elements, room[start:len(room):len(room)])
	}
	return elements
}

// Equal reports whether two sets have the same elements, whatever their keys. It compares
// them byte by byte and does not rely on digests.
func (s *KeySet) Equal(other *KeySet) bool {
	if other == nil {
		return s.Len() == 0
	}
	return s.Len() == other.Len() && s.Minus(other).Len() == 0
}

// String lists the first few elements in the order of All, quoted and cut short, and the
// number of the others: `{"a" "b" and 2 more}`. It is at most 1500 bytes long.
func (s *KeySet) String() string {
	var b strings.Builder
	writeElements(&b, s.All(), s.Len(), 16)
	return b.String()
}

// Join adds the elements of delta and returns those that were new. It takes a search in s
// for each element of delta, and a hash for each that is new.
func (s *KeySet) Join(delta *KeySet) (novel *KeySet) {
	novel = s.New()
	if delta != nil {
		s.take(delta, novel)
	}
	return novel
}

// Merge is Join for a caller who does not need the novel part.
func (s *KeySet) Merge(delta *KeySet) {
	if delta != nil {
		s.take(delta, nil)
	}
}

// take adds the elements of delta to s, and those that are new to novel as well, which may be
// nil.
func (s *KeySet) take(delta, novel *KeySet) {
	delta = s.sameOrder(delta)
	var at keyindex.Place
	var found bool
	var cell cellGrowth
	for id, element := range delta.index.All() {
		at, found = s.index.Seek(at, id, element)
		if found {
			continue
		}
		weight := s.weigh(element)
		at = s.records.insert(s, &cell, at, id, weight, element)
		if novel != nil {
			novel.push(id, weight, element)
		}
	}
}

// sameOrder returns a set with the elements of other in the order of s: other itself, or a
// copy of it if it has another key.
func (s *KeySet) sameOrder(other *KeySet) *KeySet {
	if s.key == other.key && s.narrow == other.narrow {
		return other
	}
	copied := s.New()
	for element := range other.All() {
		copied.insert(element)
	}
	return copied
}

// Minus returns the elements that other does not have.
func (s *KeySet) Minus(other *KeySet) *KeySet {
	if other == nil {
		return s.Clone()
	}
	other = s.sameOrder(other)
	rest := s.New()
	var at keyindex.Place
	var found bool
	for id, element := range s.index.All() {
		if at, found = other.index.Seek(at, id, element); !found {
			s.give(rest, id, element)
		}
	}
	return rest
}

// Excess returns the number of elements that other does not have.
func (s *KeySet) Excess(other *KeySet) (n int) {
	if other == nil {
		return s.Len()
	}
	other = s.sameOrder(other)
	var at keyindex.Place
	var found bool
	for id, element := range s.index.All() {
		if at, found = other.index.Seek(at, id, element); !found {
			n++
		}
	}
	return n
}
