package crdt

import (
	"encoding/binary"
	"fmt"
	"unsafe"

	"github.com/dchest/siphash"
)

// MaxName bounds the name of a collection, in bytes.
const MaxName = 1 << 10

// MaxMember bounds an element of a collection together with the collection's name, in bytes, so
// that the binary form of a state of one element, which adds at most nine bytes, fits MaxCell.
const MaxMember = MaxCell - 9

// Collections is a map from names to collections, which are sets of byte strings and counters that
// go up and down. They only grow: the join is the join of each collection with that of the same
// name. All of them are one state, with one digest and one sketch, so one replica serves the
// collections of a whole node. Its irreducible parts are the elements of its sets and the sums
// above zero of its counters, and its digest's count is the number of elements and the total of
// all sums, modulo 2^64.
//
// A collection is there as soon as there is an element or an entry of it, and there is no empty
// one. A name has 0 to MaxName bytes of any value. An element has any number of bytes, but
// together with the name MaxMember at most.
//
// # A set and a counter of one name
//
// Two members may make a set and a counter of the same name at the same time, and no join can
// refuse either. So both exist, independent of each other: the methods for sets see the set, and
// those for counters the counter. Where one kind has to be told, it is the set; see [Collection].
//
// # Cells
//
// Each element is a cell of its own, and so is each entry of a counter. The upper 31 bits of the
// id are a hash of the name, the next one is zero for an element and one for an entry, and the
// lower 32 are a hash of the element, or of the entry's origin. So the cells of a set are
// neighbours. Ids collide now and then: of ten million elements of one set some twelve thousand
// share a cell with another. That is harmless. The hash of a cell is the sum of the hashes of what
// is in it, which are 127 bits each, and Extract returns all of it. A cell of several elements
// may be longer than MaxCell, and is sent in parts, as that of a [KeySet].
//
// Two names whose upper 31 bits collide, one pair in expectation among 65,000 names, have their
// cells in one part of the order. Then a walk over one collection passes by the elements of the other.
//
// # Memory
//
// Some 32 bytes an element of 15 bytes in a state of a million, as a KeySet with a byte more; a
// name, which is stored once, takes its own bytes and some 80; an entry of a counter takes 43 and
// an origin, stored once, some 100. A delta of one element of up to 40 bytes is one allocation of
// 384 bytes. A sketch that the state keeps takes 16 bytes a coded symbol besides, 128 kB at most.
//
// What of that is resident depends on the garbage collector, which lets the heap grow by GOGC percent:
// 40 bytes an element with GOGC=10, and 63 with 100. There is next to nothing to mark, so a low one
// costs little.
//
// The zero value is empty under the zero Key, ready for use. Collections must not be copied by
// assignment; use Clone. Methods that only read may run side by side; Insert, Raise, Join, Merge
// and Sketch must be alone. A nil *Collections as an argument stands for the empty state. A state
// holds up to 2^40 bytes of elements; what would take it beyond panics, as running out of memory
// does. It has room for 2^32 names and as many origins, which would take 400 GB.
type Collections struct {
	key Key
	records
	names    names
	counters *tallies // nil until there is an entry
	sums     int      // sums above zero

	// base is the state that this one was made for by NewUpdate, or nil.
	base *Collections

	// By how many bits hashes are shorter, of names and of what is in a collection. Both are
	// zero but in tests, which set them so that names and ids collide.
	narrowNames, narrow uint8
}

var (
	_ Lattice[*Collections] = (*Collections)(nil)
	_ Sketcher              = (*Collections)(nil)
	_ Cutter[*Collections]  = (*Collections)(nil)
	_ Divider[*Collections] = (*Collections)(nil)
	_ Sparer[*Collections]  = (*Collections)(nil)
)

// NewCollections returns an empty state under a key.
func NewCollections(key Key) *Collections { return &Collections{key: key} }

// New returns an empty state with the receiver's key.
func (c *Collections) New() *Collections {
	return &Collections{key: c.key, narrowNames: c.narrowNames, narrow: c.narrow}
}

// NewUpdate returns an empty state with the receiver's key, for an update that will be joined into the receiver. It looks
// up a name that the receiver has, and shares the memory for it, so that the join need not look it up. Insert and
// Raise read the receiver, which must not change while they run. In all else the state is as one that New returns.
func (c *Collections) NewUpdate() *Collections {
	made := c.New()
	made.base = c
	return made
}

// Key returns the state's hash key.
func (c *Collections) Key() Key { return c.key }

// Clone returns an independent copy.
func (c *Collections) Clone() *Collections {
	made := c.New()
	made.copyFrom(c)
	return made
}

// copyFrom makes an empty state a copy of another one with the same key.
func (c *Collections) copyFrom(other *Collections) {
	c.digestCount = other.digestCount
	c.digestHash.copyFrom(&other.digestHash)
	c.index.CloneFrom(&other.index)
	c.names.copyFrom(&other.names)
	c.counters, c.sums = other.counters.clone(), other.sums
}

// A record is a number and what follows. The lowest bit of the number is zero for an element,
// and the others are the number of its collection; the element follows. It is one for an entry
// of a counter, and the others are the number of the entry.

const (
	entryBit = 1 << 32      // in the id of a cell
	lowBits  = 32           // of the id of a cell: from a hash of the element or of the origin
	lowMask  = entryBit - 1 // of those bits

	// recordRoom is how long records are that are made without an allocation.
	recordRoom = 64
)

func appendMember(b []byte, collection int, element []byte) []byte {
	return append(binary.AppendUvarint(b, uint64(collection)<<1), element...)
}

func appendEntry(b []byte, entry int) []byte { return binary.AppendUvarint(b, uint64(entry)<<1|1) }

func isEntry(record []byte) bool { return record[0]&1 != 0 }

// splitRecord returns the number of an element's collection, or of an entry, and the element.
func splitRecord(record []byte) (number int, element []byte) {
	if b := record[0]; b < 0x80 {
		return int(b >> 1), record[1:]
	}
	head, width := binary.Uvarint(record)
	return int(head >> 1), record[width:]
}

func recordNumber(record []byte) int {
	number, _ := splitRecord(record)
	return number
}

// hash returns the hash of a name.
func (c *Collections) hash(name string) uint64 {
	shorter := max(64-nameBits, c.narrowNames)
	return hashName(c.key, name) >> shorter << shorter
}

// number returns the number of a collection.
func (c *Collections) number(name string) (number int, found bool) {
	if number, found = c.names.near(name); found {
		return number, true
	}
	return c.names.find(c.hash(name), name)
}

// obtain returns the number of a collection, which it makes if there is none.
func (c *Collections) obtain(name string) (number int) {
	number, found := c.names.near(name)
	if found {
		return number
	}
	hash := c.hash(name)
	if number, found = c.names.find(hash, name); found {
		return number
	}
	if c.base != nil {
		if number, found := c.base.names.find(hash, name); found {
			of := c.base.names.at(number)
			return c.names.add(named{name: of.name, hash: hash, key: of.key, base: uint32(number + 1)})
		}
	}
	return c.names.add(named{name: name, hash: hash, key: keyOfName(c.key, name)})
}

// same returns the number of the collection that has the name of one of another state.
func (c *Collections) same(other *Collections, of *named) (number int, found bool) {
	if other.base == c && of.base > 0 {
		return int(of.base - 1), true
	}
	return c.names.find(of.hash, of.name)
}

// locate returns the id of the cell of an element, and the element's digest. Both are made of
// one SipHash with 128 bits of output, as those of a KeySet.
func (c *Collections) locate(of *named, element []byte) (id uint64, weight Digest) {
	lo, hi := siphash.Hash128(of.key[0], of.key[1], element)
	return of.cell(0, lo>>lowBits>>c.narrow), Digest{1, fieldPoint(lo, hi)}
}

// entryID returns the id of the cell of an entry.
func (c *Collections) entryID(number int, origin Origin) uint64 {
	of := c.names.at(number)
	return of.cell(entryBit, uint64(origin.cell(of.key))>>(cellBits-lowBits)>>c.narrow)
}

// cell returns the id of a cell of the collection.
func (n *named) cell(kind, low uint64) uint64 { return n.hash>>(lowBits+1)<<(lowBits+1) | kind | low }

// Digest returns the state's digest: in O(1), but for a part that Extract, Cut or Join has made, or a copy of one, whose
// records the first call hashes.
func (c *Collections) Digest() Digest { return c.digest(c) }

// weigh returns the digest of a record.
func (c *Collections) weigh(record []byte) Digest {
	number, element := splitRecord(record)
	if !isEntry(record) {
		_, weight := c.locate(c.names.at(number), element)
		return weight
	}
	e := c.counters.entries.at(number)
	return weighEntry(c.counters.origins[e.origin].point(c.names.at(int(e.collection)).key), e.counts)
}

// Insert adds a copy of element to the set of a name, and reports whether it was new. A nil
// element stands for the empty string. A name that is too long, or an element, is an error, and
// the state is as it was.
func (c *Collections) Insert(name string, element []byte) (added bool, err error) {
	if err := checkMember(name, element); err != nil {
		return false, err
	}
	return c.insertMember(name, element), nil
}

func checkName(name string) error {
	if len(name) > MaxName {
		return fmt.Errorf("crdt: Collections: name %s of %d bytes, more than %d", quoted(name), len(name), MaxName)
	}
	return nil
}

func checkMember(name string, element []byte) error {
	if err := checkName(name); err != nil {
		return err
	}
	if len(name)+len(element) > MaxMember {
		return fmt.Errorf("crdt: Collections: element %s of %d bytes in %s, more than %d with the name",
			quoted(string(element[:quotedBytes+1])), len(element), quoted(name), MaxMember)
	}
	return nil
}

// insertMember is Insert of what is not too long.
func (c *Collections) insertMember(name string, element []byte) (added bool) {
	number := c.obtain(name)
	of := c.names.at(number)
	id, weight := c.locate(of, element)
	var room [recordRoom]byte
	record := appendMember(room[:0], number, element)
	gap, found := c.index.Find(id, record)
	if found {
		return false
	}
	var cell cellGrowth
	c.records.insert(c, &cell, gap, id, weight, record)
	of.elements++
	return true
}

// Contains reports whether element is in the set of a name.
func (c *Collections) Contains(name string, element []byte) bool {
	number, found := c.number(name)
	if !found || len(element) > MaxMember {
		return false
	}
	id, _ := c.locate(c.names.at(number), element)
	var room [recordRoom]byte
	_, found = c.index.Find(id, appendMember(room[:0], number, element))
	return found
}

// Len returns the number of irreducible parts: the elements of all sets, and the sums above zero
// of all counters.
func (c *Collections) Len() int { return c.Elements() + c.sums }

// Elements returns the number of elements in all sets.
func (c *Collections) Elements() int {
	if c.counters == nil {
		return c.index.Len()
	}
	return c.index.Len() - c.counters.entries.len()
}

// Names returns the number of collections. A set and a counter of one name count once.
func (c *Collections) Names() int { return c.names.len() }

// Memory returns how many bytes of memory the state takes, up to the rounding of the allocator. It
// takes some microseconds for each million elements or names.
func (c *Collections) Memory() int {
	n := int(unsafe.Sizeof(*c)) + c.index.Memory() + c.names.memory() + c.counters.memory()
	if c.sketch != nil {
		n += c.sketch.Len() * sketchBytes
	}
	return n
}

// sketchBytes is what a coded symbol takes in memory.
const sketchBytes = 16

// Collection is what a state has under a name.
type Collection struct {
	Name     string
	Elements int // of the set
	Entries  int // of the counter
}

// Kind is the kind of a collection.
type Kind uint8

// The kinds of collections.
const (
	NoKind Kind = iota // there is no such collection
	SetKind
	CounterKind
)

// Kind returns the kind of a collection. A set and a counter of one name are a set.
func (c Collection) Kind() Kind {
	switch {
	case c.Elements > 0:
		return SetKind
	case c.Entries > 0:
		return CounterKind
	}
	return NoKind
}

// Lookup returns what there is under a name: no elements and no entries if there is no such
// collection. It takes the time of a search, however large the collection is.
func (c *Collections) Lookup(name string) Collection {
	if number, found := c.number(name); found {
		return c.names.collection(number)
	}
	return Collection{Name: name}
}

func (ns *names) collection(number int) Collection {
	n := ns.at(number)
	return Collection{n.name, n.elements, int(n.entries)}
}
