package crdt

import (
	"iter"
	"math/bits"
	"sync/atomic"
	"unsafe"
)

// nameIndex has the numbers of the collections in the order of the hashes of their names. It is an extendible
// hash table (Fagin et al. 1979): a directory, by the uppermost bits of a hash, of segments that grow and
// split by themselves, so that no name that is added moves more than a segment. In a segment, probing is
// linear and slots are in the order of hashes.
type nameIndex struct {
	directory []*nameSegment // 2^depth of them; neighbours may be one segment
	depth     uint
	n         int

	// recent is the number of the collection that was found last: an update looks up its name several
	// times. Readers side by side may each set it.
	recent atomic.Uint32
}

// nameSegment has the collections whose hashes have their uppermost depth bits in common.
type nameSegment struct {
	depth uint
	n     int
	size  int    // of slots when it was made
	span  uint32 // how many slots are the first that a hash may have
	slots []nameSlot
}

// nameSlot is a collection: the upper half of its hash, and its number plus one. A slot of zeros is empty.
type nameSlot struct{ hash, entry uint32 }

const (
	leastSlots = 8
	mostSlots  = 1024 // of a segment that can be split
)

func newNameSegment(depth uint, slots int) *nameSegment {
	// Behind the span there is room for what is pushed beyond it; the last slot stays empty.
	return &nameSegment{depth: depth, size: slots, span: uint32(slots - slots/32 - 2), slots: make([]nameSlot, slots)}
}

// home returns the first slot that a hash may have.
func (s *nameSegment) home(hash uint32) int { return int(uint64(hash<<s.depth) * uint64(s.span) >> 32) }

// segment returns the segment for a hash.
func (x *nameIndex) segment(hash uint32) *nameSegment { return x.directory[hash>>(32-x.depth)] }

// find returns the number of the collection with a name and its hash.
func (x *nameIndex) find(ns *names, hash uint64, name string) (number int, found bool) {
	upper := uint32(hash >> 32)
	s := x.segment(upper)
	for i := s.home(upper); s.slots[i].entry != 0 && s.slots[i].hash <= upper; i++ {
		if number = int(s.slots[i].entry - 1); s.slots[i].hash == upper && ns.at(number).is(hash, name) {
			return number, true
		}
	}
	return 0, false
}

// enter puts in the number of a collection that is in the table and not yet here.
func (x *nameIndex) enter(ns *names, number int) {
	if x.directory == nil {
		x.directory = []*nameSegment{newNameSegment(0, leastSlots)}
	}
	hash := ns.at(number).hash
	upper := uint32(hash >> 32)
	s := x.segment(upper)
	for s.n >= int(s.span)*3/4 && x.grow(upper, s) {
		s = x.segment(upper)
	}
	i := s.home(upper)
	for ; s.slots[i].entry != 0; i++ {
		if held := s.slots[i]; held.hash > upper || held.hash == upper && ns.at(int(held.entry-1)).hash > hash {
			break
		}
	}
	s.put(i, nameSlot{upper, uint32(number + 1)})
	x.n++
}

// put puts something into a slot, and moves what is there to the next one.
func (s *nameSegment) put(i int, moved nameSlot) {
	for ; moved.entry != 0; i++ {
		s.slots[i], moved = moved, s.slots[i]
	}
	if s.slots[len(s.slots)-1].entry != 0 {
		s.slots = append(s.slots, make([]nameSlot, leastSlots)...)
	}
	s.n++
}

// grow makes room in the segment of a hash, and reports whether it could: hashes that are all equal stay
// where they are.
func (x *nameIndex) grow(hash uint32, s *nameSegment) bool {
	ways := uint(bits.Len(uint(x.n/mostSlots))) + 4 // more bits than so many hashes need
	switch {
	case s.size < mostSlots || s.depth >= ways:
		if s.size > 4*x.n+leastSlots {
			return false
		}
		x.replace(hash, s.filled(newNameSegment(s.depth, 2*s.size), func(nameSlot) bool { return true }))
	default:
		side := uint32(1) << (31 - s.depth)
		if s.depth == x.depth {
			x.double()
		}
		low, high := newNameSegment(s.depth+1, mostSlots), newNameSegment(s.depth+1, mostSlots)
		x.replace(hash&^side, s.filled(low, func(n nameSlot) bool { return n.hash&side == 0 }))
		x.replace(hash|side, s.filled(high, func(n nameSlot) bool { return n.hash&side != 0 }))
	}
	return true
}

// filled puts some of a segment's slots into an empty one.
func (s *nameSegment) filled(to *nameSegment, which func(nameSlot) bool) *nameSegment {
	next := 0
	for _, n := range s.slots {
		if n.entry != 0 && which(n) {
			next = max(next, to.home(n.hash))
			to.put(next, n)
			next++
		}
	}
	return to
}

// double takes another bit of hashes into the directory.
func (x *nameIndex) double() {
	doubled := make([]*nameSegment, 0, 2*len(x.directory))
	for _, s := range x.directory {
		doubled = append(doubled, s, s)
	}
	x.directory, x.depth = doubled, x.depth+1
}

// replace makes a segment that of its hashes, of which one is given.
func (x *nameIndex) replace(hash uint32, s *nameSegment) {
	first := hash >> (32 - s.depth) << (x.depth - s.depth)
	for i := range uint32(1) << (x.depth - s.depth) {
		x.directory[first+i] = s
	}
}

// segments yields the segments from that of a hash on, each once, in the order of hashes.
func (x *nameIndex) segments(hash uint32) iter.Seq[*nameSegment] {
	return func(yield func(*nameSegment) bool) {
		for i := int(hash >> (32 - x.depth)); i < len(x.directory); {
			s := x.directory[i]
			same := 1 << (x.depth - s.depth)
			if !yield(s) {
				return
			}
			i = i&^(same-1) + same
		}
	}
}

// from yields the numbers of the collections whose hashes are at least the given one, in the order of
// hashes.
func (x *nameIndex) from(ns *names, hash uint64) iter.Seq[int] {
	return func(yield func(int) bool) {
		upper := uint32(hash >> 32)
		for s := range x.segments(upper) {
			for _, n := range s.slots {
				if n.entry == 0 || n.hash < upper || n.hash == upper && ns.at(int(n.entry-1)).hash < hash {
					continue
				}
				if !yield(int(n.entry - 1)) {
					return
				}
			}
		}
	}
}

// clone returns a copy that shares no memory.
func (x *nameIndex) clone() *nameIndex {
	made := &nameIndex{directory: make([]*nameSegment, len(x.directory)), depth: x.depth, n: x.n}
	for i, s := range x.directory {
		if i > 0 && s == x.directory[i-1] {
			made.directory[i] = made.directory[i-1]
			continue
		}
		own := *s
		own.slots = append([]nameSlot(nil), s.slots...)
		made.directory[i] = &own
	}
	return made
}

// memory returns how many bytes of memory the index takes.
func (x *nameIndex) memory() int {
	n := int(unsafe.Sizeof(*x)) + len(x.directory)*int(unsafe.Sizeof((*nameSegment)(nil)))
	for s := range x.segments(0) {
		n += int(unsafe.Sizeof(*s)) + cap(s.slots)*int(unsafe.Sizeof(nameSlot{}))
	}
	return n
}
