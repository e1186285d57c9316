package crdt

import (
	"cmp"
	"encoding/binary"
	"slices"
	"strings"
	"unsafe"

	"github.com/dchest/siphash"

	"gset/crdt/internal/keyindex"
)

// names is the table of the collections in a state. A collection has a number, its place in the
// table, by which the records of the state name it: a name of a thousand elements is stored once.
// The numbers are the state's own; two states may well have other numbers for a name.
type names struct {
	all   []named
	first [1]named // memory for one collection, as most deltas have it

	// index has the numbers of the collections as varints, by hash. It is nil until there are two.
	index *keyindex.Index
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
	entries  int
}

// find returns the number of a collection. It tries the last one first: records come one
// collection after another.
func (ns *names) find(hash uint64, name string) (number int, found bool) {
	last := len(ns.all) - 1
	if last >= 0 && ns.all[last].hash == hash && ns.all[last].name == name {
		return last, true
	}
	if ns.index == nil {
		return 0, false
	}
	for got, record := range ns.index.From(hash) {
		if got != hash {
			break
		}
		if number := numberOf(record); ns.all[number].name == name {
			return number, true
		}
	}
	return 0, false
}

// add puts a collection that is not there yet into the table, with nothing in it.
func (ns *names) add(c named) (number int) {
	if ns.all == nil {
		ns.all = ns.first[:0]
	}
	ns.all = append(ns.all, named{name: c.name, hash: c.hash, key: c.key})
	if len(ns.all) == 2 {
		ns.index = new(keyindex.Index)
		ns.enter(0)
	}
	if number = len(ns.all) - 1; number > 0 {
		ns.enter(number)
	}
	return number
}

// enter puts a number into the index.
func (ns *names) enter(number int) {
	var room [binary.MaxVarintLen64]byte
	record := binary.AppendUvarint(room[:0], uint64(number))
	hash := ns.all[number].hash
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
	for number := range ns.all {
		room = append(room, number)
	}
	slices.SortFunc(room, func(a, b int) int {
		return cmp.Or(cmp.Compare(ns.all[a].hash, ns.all[b].hash), strings.Compare(ns.all[a].name, ns.all[b].name))
	})
	return room
}

// memory returns how many bytes of memory the table takes besides the struct, the names at their
// lengths.
func (ns *names) memory() int {
	n := 0
	if len(ns.all) > 0 && &ns.all[0] != &ns.first[0] {
		n = cap(ns.all) * int(unsafe.Sizeof(named{}))
	}
	for i := range ns.all {
		n += len(ns.all[i].name)
	}
	if ns.index != nil {
		n += int(unsafe.Sizeof(*ns.index)) + ns.index.Memory()
	}
	return n
}

// copyFrom makes an empty table a copy of another one.
func (ns *names) copyFrom(other *names) {
	ns.all = append(ns.first[:0], other.all...)
	if other.index != nil {
		ns.index = new(keyindex.Index)
		ns.index.CloneFrom(other.index)
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
