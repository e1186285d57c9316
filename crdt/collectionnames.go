package crdt

import (
	"slices"

	"github.com/dchest/siphash"
)

// names is the table of the collections in a state. A collection has a number, its place in the
// table, by which the records of the state name it: a name of a thousand elements is stored once.
// The numbers are the state's own; two states may well have other numbers for a name.
type names struct {
	all   pieces[named]
	first [1]named // memory for one collection, as most deltas have it
	bytes int      // of all names together

	index *nameIndex // nil until there are two
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

	// base is the number plus one of the collection of the same name in Collections.base; zero if that had none. With it
	// a named takes 64 bytes: a line of the processor's cache.
	base uint32
}

// bare returns a collection of the same name with nothing in it, for another state.
func (n *named) bare() named { return named{name: n.name, hash: n.hash, key: n.key} }

// is reports whether a collection has a name and its hash.
func (n *named) is(hash uint64, name string) bool { return n.hash == hash && n.name == name }

// len returns the number of collections.
func (ns *names) len() int { return ns.all.len() }

// at returns a collection. The pointer holds until the next one is added.
func (ns *names) at(number int) *named { return ns.all.at(number) }

// near returns the number of a collection if that is the last one, as records come one collection after another, or
// the one that was found last, as a command looks up its name several times. It spares the hash of the name.
func (ns *names) near(name string) (number int, found bool) {
	if last := ns.len() - 1; last >= 0 && ns.at(last).name == name {
		return last, true
	}
	if ns.index == nil {
		return 0, false
	}
	number = int(ns.index.recent.Load())
	return number, ns.at(number).name == name
}

// find returns the number of a collection.
func (ns *names) find(hash uint64, name string) (number int, found bool) {
	if number, found = ns.near(name); found || ns.index == nil {
		return number, found
	}
	if number, found = ns.index.find(ns, hash, name); found {
		ns.index.recent.Store(uint32(number))
	}
	return number, found
}

// add puts a collection that is not there yet into the table, with nothing in it.
func (ns *names) add(c named) (number int) {
	if ns.all.first == nil {
		ns.all.first = ns.first[:0]
	}
	number = ns.len()
	ns.all.append(c)
	ns.bytes += len(c.name)
	if number == 1 {
		ns.index = new(nameIndex)
		ns.index.enter(ns, 0)
	}
	if number > 0 {
		ns.index.enter(ns, number)
	}
	return number
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
	for number := range ns.index.from(ns, 0) {
		room = append(room, number)
		for i := len(room) - 1; i > 0; i-- { // among equal hashes, of which there are next to none
			before, own := ns.at(room[i-1]), ns.at(room[i])
			if before.hash != own.hash || before.name < own.name {
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
	n := ns.bytes
	if ns.len() > 1 {
		n += ns.all.memory()
	}
	if ns.index != nil {
		n += ns.index.memory()
	}
	return n
}

// copyFrom makes an empty table a copy of another one.
func (ns *names) copyFrom(other *names) {
	ns.all, ns.bytes = other.all.clone(ns.first[:]), other.bytes
	if other.index != nil {
		ns.index = other.index.clone()
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
