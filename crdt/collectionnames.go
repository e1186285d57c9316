package crdt

import (
	"encoding/binary"
	"slices"
	"sync/atomic"
	"unsafe"

	"github.com/dchest/siphash"

	"gset/crdt/internal/keyindex"
)

// names is the table of the collections in a state. A collection has a number, its place in the
// table, by which the records of the state name it: a name of a thousand elements is stored once.
// The numbers are the state's own; two states may well have other numbers for a name.
type names struct {
	all   pieces[named]
	first [1]named // memory for one collection, as most deltas have it

	index *nameIndex // nil until there are two
}

// nameIndex has the numbers of the collections as varints, by hash.
type nameIndex struct {
	keyindex.Index

	// recent is the number of the collection that was found last: an update looks up its name several
	// times. Readers side by side may each set it.
	recent atomic.Uint32
}

// named is a collection: its name, what is computed from the name, and what there is of it.
type named struct {
	name string

	// hash is the upper nameBits bits of SipHash of the name under the state's key, the other
	// bits zero. The uppermost are those of the ids of the collection's cells.
	hash uint64

	// key is SipHash-128 of the name under the state's key. Elements and origins are hashed
	// under it, so that equal elements of two collections have hashes that are unrelated.
	key Key

	elements int
	entries  uint32
	entry    uint32 // the number of the entry made last, if there is any
}

// is reports whether a collection has a name and its hash.
func (n *named) is(hash uint64, name string) bool { return n.hash == hash && n.name == name }

// len returns the number of collections.
func (ns *names) len() int { return ns.all.len() }

// at returns a collection. The pointer holds until the next one is added.
func (ns *names) at(number int) *named { return ns.all.at(number) }

// find returns the number of a collection. It tries the last one first, as records come one
// collection after another, and then the one that was found last.
func (ns *names) find(hash uint64, name string) (number int, found bool) {
	if last := ns.len() - 1; last >= 0 && ns.at(last).is(hash, name) {
		return last, true
	}
	if ns.index == nil {
		return 0, false
	}
	recent := ns.index.recent.Load()
	if ns.at(int(recent)).is(hash, name) {
		return int(recent), true
	}
	for got, record := range ns.index.From(hash) {
		if got != hash {
			break
		}
		if number := numberOf(record); ns.at(number).name == name {
			ns.index.recent.Store(uint32(number))
			return number, true
		}
	}
	return 0, false
}

// add puts a collection that is not there yet into the table, with nothing in it.
func (ns *names) add(c named) (number int) {
	if ns.all.first == nil {
		ns.all.first = ns.first[:0]
	}
	number = ns.len()
	ns.all.append(named{name: c.name, hash: c.hash, key: c.key})
	if number == 1 {
		ns.index = new(nameIndex)
		ns.enter(0)
	}
	if number > 0 {
		ns.enter(number)
	}
	return number
}

// enter puts a number into the index.
func (ns *names) enter(number int) {
	var room [binary.MaxVarintLen64]byte
	record := binary.AppendUvarint(room[:0], uint64(number))
	hash := ns.at(number).hash
	gap, _ := ns.index.Find(hash, record)
	ns.index.Insert(gap, hash, record)
}

func numberOf(record []byte) int {
	n, _ := binary.Uvarint(record)
	return int(n)
}

// sorted appends the numbers of all collections to room, by hash and then by name: in an order
// that is the same in all states under one key.
func (ns *names) sorted(room []int) []int {
	if ns.index == nil {
		for number := range ns.len() {
			room = append(room, number)
		}
		return room
	}
	room = slices.Grow(room, ns.len())
	for hash, record := range ns.index.All() {
		room = append(room, numberOf(record))
		for i := len(room) - 1; i > 0; i-- { // among equal hashes, of which there are next to none
			before, own := ns.at(room[i-1]), ns.at(room[i])
			if before.hash != hash || before.name < own.name {
				break
			}
			room[i-1], room[i] = room[i], room[i-1]
		}
	}
	return room
}

// memory returns how many bytes of memory the table takes besides the struct, the names at their
// lengths.
func (ns *names) memory() int {
	n := 0
	if ns.len() > 1 {
		n = ns.all.memory()
	}
	for number := range ns.len() {
		n += len(ns.at(number).name)
	}
	if ns.index != nil {
		n += int(unsafe.Sizeof(*ns.index)) + ns.index.Memory()
	}
	return n
}

// copyFrom makes an empty table a copy of another one.
func (ns *names) copyFrom(other *names) {
	ns.all = other.all.clone(ns.first[:])
	if other.index != nil {
		ns.index = new(nameIndex)
		ns.index.CloneFrom(&other.index.Index)
	}
}

// nameBits is the width of the hash of a name: no more than a float64 can hold, since a cursor of
// ScanNames is such a hash, and many a client's language has no wider integers.
const nameBits = 53

// nameRoom is how long names are that are hashed without an allocation.
const nameRoom = 128

// hashName returns the hash of a name under a key, 64 bits of it.
func hashName(key Key, name string) uint64 {
	var room [nameRoom]byte
	return siphash.Hash(key[0], key[1], append(room[:0], name...))
}

// keyOfName returns the key of a collection.
func keyOfName(key Key, name string) Key {
	var room [nameRoom]byte
	lo, hi := siphash.Hash128(key[0], key[1], append(room[:0], name...))
	return Key{lo, hi}
}
