package rivals

import (
	"encoding/binary"

	"github.com/dchest/siphash"

	"gset/crdt"
)

// An invertible Bloom lookup table (Eppstein et al. 2011, "What's the difference?"): every
// element is in three cells, one in each third of the table. The difference of two tables is
// the table of what differs; a cell with a single element in it gives that away, which
// takes it out of two more.
type table []cell

type cell struct {
	count int32
	keys  uint64 // exclusive or
	check uint32 // exclusive or of the keys' checksums
}

const (
	elementBytes = 8 // where one is sent on its own
	cellBytes    = 4 + elementBytes + 4
)

// cellsFor is the size of a table for a difference that is known: about 1.5 cells for each
// element if there are many, more if there are few.
func cellsFor(difference int) int {
	return 3 * max(1, difference/2+min(difference, 5))
}

// iblt: a sends a table, b answers with what a lacks. If b cannot read the table, it asks
// for one twice the size.
func iblt(a, b *crdt.GSet) (c cost, heldByA, heldByB *crdt.GSet, err error) {
	heldByA, heldByB = a.Clone(), b.Clone()
	keysA, keysB := keys(a), keys(b)
	for n := cellsFor(a.Minus(b).Len() + b.Minus(a).Len()); ; n *= 2 {
		sent := newTable(n, keysA)
		c.bytes += cellBytes * n
		c.trips++
		sent.subtract(newTable(n, keysB))
		give, take, ok := sent.peel()
		if !ok {
			c.bytes++
			c.trips++
			continue
		}
		insert(heldByB, give)
		insert(heldByA, take)
		if len(take) > 0 {
			c.bytes += elementBytes * len(take)
			c.trips++
		}
		return c, heldByA, heldByB, nil
	}
}

func newTable(n int, keys []uint64) table {
	t := make(table, n)
	for _, k := range keys {
		t.add(k, 1)
	}
	return t
}

// add counts an element in its cells, or out of them.
func (t table) add(key uint64, count int32) {
	places, check := t.hash(key)
	for _, i := range places {
		c := &t[i]
		c.count += count
		c.keys ^= key
		c.check ^= check
	}
}

func (t table) hash(key uint64) (places [3]int, check uint32) {
	var data [8]byte
	binary.LittleEndian.PutUint64(data[:], key)
	lo, hi := siphash.Hash128(0, 0, data[:])
	third := len(t) / 3
	for i, h := range []uint64{lo & (1<<32 - 1), lo >> 32, hi & (1<<32 - 1)} {
		places[i] = i*third + int(h*uint64(third)>>32)
	}
	return places, uint32(hi >> 32)
}

func (t table) subtract(other table) {
	for i, c := range other {
		t[i].count -= c.count
		t[i].keys ^= c.keys
		t[i].check ^= c.check
	}
}

// peel takes the elements out of a difference: those of the first table and those of the
// one that was subtracted. It fails if some are left.
func (t table) peel() (first, second []uint64, ok bool) {
	var queue []int
	for i := range t {
		queue = append(queue, i)
	}
	for len(queue) > 0 {
		c := t[queue[0]]
		queue = queue[1:]
		if c.count != 1 && c.count != -1 {
			continue
		}
		places, check := t.hash(c.keys)
		if c.check != check {
			continue
		}
		if c.count == 1 {
			first = append(first, c.keys)
		} else {
			second = append(second, c.keys)
		}
		t.add(c.keys, -c.count)
		queue = append(queue, places[:]...)
	}
	for _, c := range t {
		if c != (cell{}) {
			return nil, nil, false
		}
	}
	return first, second, true
}
