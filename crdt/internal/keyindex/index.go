// Package keyindex holds byte strings, each under an id of 64 bits, in the order of ids and
// among equal ids in the order of bytes. [Index] is the memory of a crdt.KeySet and of
// crdt.Collections: it knows nothing of hashes, digests or joins.
//
// The keys lie one behind the other in an arena of large chunks, and the order lies in
// blocks of entries of 13 bytes: an id and the address of a key, 40 bits. So a key costs its
// own bytes, 1 to 3 for its length, and some 15 for its entry, and the garbage collector
// follows one pointer for about 250 keys and none for a single one. The alternatives cost
// more. A Go map of strings keeps a string header, 16 bytes, and an allocation a key, all of
// which the collector marks, and it has no order. A general B-tree over the same arena pads
// an entry to 16 bytes, has nodes of one size, which random insertions leave 69% full, and
// calls a function for every comparison. BenchmarkKeySetInsert of package crdt measures the
// index beside a map.
//
// Ids are expected to be hashes, evenly spread and hardly ever equal. Nothing breaks if they are
// not: the order is that of (id, key), and a search takes logarithmic time in any case.
package keyindex

import (
	"iter"
	"unsafe"
)

const (
	// maxBlock bounds the entries of a block. They fill one of the allocator's size
	// classes, 4096 bytes. An insertion moves half a block, 1.5 kB on average.
	maxBlock = 4096 / entryBytes

	// fineBlock is the number of entries from which on a block grows by a quarter, and not
	// to twice its size.
	fineBlock = 64
)

// Index is a set of pairs (id, key), sorted. It is a B-tree of fixed height two: blocks of
// entries, each sorted, not empty, and wholly before the next. That is enough: at 10^7 keys
// a block that splits, once in 150 insertions, moves half a megabyte of block headers on
// average.
//
// A block grows by steps of a quarter and is copied each time, which costs about 75 bytes of
// garbage an insertion; in return blocks are 88% full on average, whatever the history of the
// index is. Blocks of a fixed size would be half full whenever a packed index, one that was
// decoded, has just grown a little.
//
// The zero value is an empty index. An Index must not be copied by assignment if both copies
// are in use: the copy of a small one shares its memory. Use CloneFrom. Methods that only
// read may run side by side, those that change the index must be alone.
type Index struct {
	blocks []block
	arena  arena
	n      int

	// Memory for an index of one short key. Most sets are deltas of one element: they are
	// one allocation, that of the struct that the index is in.
	first struct {
		blocks  [1]block
		chunks  [1][]byte
		entries [1]entry
		bytes   [shortKey]byte
	}
}

// shortKey is the room for one key and its length in an index, in bytes. It makes a KeySet
// and Collections fit the allocator's size classes of 256 and 384 bytes.
const shortKey = 43

type block struct {
	first   uint64 // the id of the first entry, kept here so that a search spares the way there
	entries []entry
}

// Place is a position in an index: an entry, or the gap before it. A gap between two
// blocks is the end of the first of them.
type Place struct {
	block, at int
}

// Len returns the number of keys.
func (x *Index) Len() int { return x.n }

// Bytes returns the number of bytes of all keys with their lengths as varints.
func (x *Index) Bytes() int { return x.arena.bytes }

// Memory returns how many bytes of memory the index takes besides the struct: O(keys / 250).
func (x *Index) Memory() int {
	if x.n == 0 {
		return 0
	}
	n := cap(x.blocks)*int(unsafe.Sizeof(block{})) + cap(x.arena.chunks)*int(unsafe.Sizeof([]byte(nil)))
	for _, b := range x.blocks {
		n += cap(b.entries) * entryBytes
	}
	for _, chunk := range x.arena.chunks {
		n += cap(chunk)
	}
	return n
}

// LastID returns the id of the last pair, and whether there is any.
func (x *Index) LastID() (id uint64, ok bool) {
	if x.n == 0 {
		return 0, false
	}
	entries := x.blocks[len(x.blocks)-1].entries
	return entries[len(entries)-1].id(), true
}

// Reserve announces keys of n bytes in all, lengths included. Memory for them is then
// allocated once, and no more than they need.
func (x *Index) Reserve(n int) { x.arena.reserve(n) }

// Insert puts a pair with a copy of key, at most MaxKey bytes, into the gap that Find or Seek
// returned for it, and returns its place. Places that were found earlier become invalid.
func (x *Index) Insert(gap Place, id uint64, key []byte) Place {
	if len(x.blocks) == 0 {
		x.start(id, key)
		return Place{}
	}
	e := newEntry(id, x.arena.put(key))
	x.n++
	if n := len(x.blocks[gap.block].entries); n == cap(x.blocks[gap.block].entries) {
		gap = x.makeRoom(gap, n)
	}
	b := &x.blocks[gap.block]
	b.entries = append(b.entries, e)
	if gap.at < len(b.entries)-1 {
		copy(b.entries[gap.at+1:], b.entries[gap.at:])
		b.entries[gap.at] = e
	}
	if gap.at == 0 {
		b.first = id
	}
	return gap
}

// Push appends a pair that comes after all others, with a copy of key, at most MaxKey bytes.
func (x *Index) Push(id uint64, key []byte) {
	var end Place
	if last := len(x.blocks) - 1; last >= 0 {
		end = Place{last, len(x.blocks[last].entries)}
	}
	x.Insert(end, id, key)
}

// mostAhead is how many keys a walk touches before it reads them. It begins with one, and doubles: many a walk ends soon.
const mostAhead = 32

// All yields all pairs in order. The keys share the index's memory: they may be kept, for
// they never change, but must not be written to, and a key that is kept may keep the memory of
// all. The index must not change until the loop has ended.
func (x *Index) All() iter.Seq2[uint64, []byte] { return x.From(0) }

// From yields the pairs with ids from the given one on, like All.
func (x *Index) From(id uint64) iter.Seq2[uint64, []byte] {
	return func(yield func(uint64, []byte) bool) {
		start, _ := x.Find(id, nil) // no key is less than the empty one
		ahead := 1
		for b := start.block; b < len(x.blocks); b++ {
			for rest := x.blocks[b].entries[start.at:]; len(rest) > 0; ahead = min(2*ahead, mostAhead) {
				some := rest[:min(ahead, len(rest))]
				rest = rest[len(some):]
				x.arena.touch(some)
				for i := range some {
					if e := &some[i]; !yield(e.id(), x.key(e)) {
						return
					}
				}
			}
			start.at = 0
		}
	}
}

// Skip returns the n-th of the ids from the given one on, n >= 0, where equal ids count once. It reads no key: an id takes a few
// nanoseconds.
func (x *Index) Skip(id uint64, n int) (got uint64, ok bool) {
	start, _ := x.Find(id, nil)
	for b := start.block; b < len(x.blocks); b++ {
		for _, e := range x.blocks[b].entries[start.at:] {
			if next := e.id(); !ok || next != got {
				if got, ok = next, true; n == 0 {
					return got, true
				}
				n--
			}
		}
		start.at = 0
	}
	return 0, false
}

// CloneFrom makes the empty index x an independent copy of y.
func (x *Index) CloneFrom(y *Index) {
	if y.n == 1 {
		e := &y.blocks[0].entries[0]
		x.start(e.id(), y.key(e))
		return
	}
	x.n = y.n
	x.arena = y.arena.clone()
	x.blocks = make([]block, len(y.blocks))
	for i, b := range y.blocks {
		x.blocks[i] = block{b.first, resized(b.entries, len(b.entries))}
	}
}
