package crdt

import (
	"fmt"
	"math/big"
	"math/bits"
	"slices"
	"sync/atomic"

	"gset/crdt/riblt"
)

// counts is what an origin has in a counter: how much it added, and in a
// PNCounter also how much it took away. Each of them only grows.
type counts interface{ [1]uint64 | [2]uint64 }

// tally is what the counters have in common: a map from origins to counts. Its join takes the
// greater of each count, its irreducible parts are the counts above zero, and its cells are its
// entries.
//
// Entries are sorted by origin and not by cell id, so that the binary form does not depend on
// the key; tallycells.go has the other order.
//
// A method whose result is a tally fills an empty one that the caller made. So a counter of one
// entry is one allocation.
type tally[C counts] struct {
	key     Key
	digest  Digest
	entries []entry[C]  // ascending by origin, none of them zero
	first   [1]entry[C] // memory for one entry, as most deltas have it

	byCell atomic.Pointer[[]cellRef] // the entries by cell id; nil until they are asked for

	// The sketch of the cells and, to keep it up to date, the cells' hashes. Both are nil
	// until a sketch is asked for.
	sketch *riblt.Sketch
	hashes map[CellID]Hash
}

type entry[C counts] struct {
	origin Origin
	counts C
}

// copyFrom fills an empty tally with the entries of another.
func (t *tally[C]) copyFrom(other *tally[C]) {
	t.grow(len(other.entries))
	t.entries = append(t.entries, other.entries...)
	t.digest = other.digest
}

// grow makes room for n entries in an empty tally.
func (t *tally[C]) grow(n int) {
	if n <= len(t.first) {
		t.entries = t.first[:0]
	} else {
		t.entries = make([]entry[C], 0, n)
	}
}

func (t *tally[C]) equal(other *tally[C]) bool { return slices.Equal(t.entries, other.entries) }

// Key returns the counter's hash key.
func (t *tally[C]) Key() Key { return t.key }

// Digest returns the total of all counts modulo 2^64 and the hash of the counter, in O(1).
func (t *tally[C]) Digest() Digest { return t.digest }

// Len returns the number of counts above zero. It takes time in proportion to the entries.
func (t *tally[C]) Len() int {
	n := 0
	for _, e := range t.entries {
		for i := range len(e.counts) {
			if e.counts[i] > 0 {
				n++
			}
		}
	}
	return n
}

// sum adds up the i-th counts of all entries. They are less than 2^64 in number,
// so two words hold the sum.
func (t *tally[C]) sum(i int) *big.Int {
	var total wideSum
	for _, e := range t.entries {
		total.add(e.counts[i])
	}
	return total.big()
}

// wideSum adds up counts in two words.
type wideSum struct{ hi, lo uint64 }

func (s *wideSum) add(n uint64) {
	var carry uint64
	s.lo, carry = bits.Add64(s.lo, n, 0)
	s.hi += carry
}

func (s *wideSum) big() *big.Int {
	n := new(big.Int).SetUint64(s.hi)
	return n.Lsh(n, 64).Add(n, new(big.Int).SetUint64(s.lo))
}

// seek returns the place of the origin's entry, or the place where it would go, for an origin at
// or after the one at from. It tries from first, and then ever longer steps: two tallies that
// are walked together go one entry at a time.
func (t *tally[C]) seek(from int, o Origin) (at int, found bool) {
	to := from
	for step := 1; to < len(t.entries) && t.entries[to].origin.Compare(o) < 0; step *= 2 {
		from, to = to+1, to+step
	}
	to = min(to+1, len(t.entries))
	at, found = slices.BinarySearchFunc(t.entries[from:to], o, func(e entry[C], o Origin) int {
		return e.origin.Compare(o)
	})
	return from + at, found
}

// push appends an entry that comes after all others and is not zero.
func (t *tally[C]) push(e entry[C]) { t.pushAt(e.origin.point(t.key), e) }

// pushAt is push of an entry whose point is known. To compute the point is most of the work.
func (t *tally[C]) pushAt(point Hash, e entry[C]) {
	if t.entries == nil {
		t.entries = t.first[:0]
	}
	t.entries = append(t.entries, e)
	t.digest = t.digest.Add(weigh(point, e.counts))
}

// increment fills an empty delta that raises the i-th count of an origin by n: with the origin's
// entry, or with nothing if n is zero.
func (t *tally[C]) increment(delta *tally[C], o Origin, i int, n uint64) error {
	if err := o.Check(); err != nil {
		return err
	}
	var old C
	if at, found := t.seek(0, o); found {
		old = t.entries[at].counts
	}
	raised, carry := bits.Add64(old[i], n, 0)
	if carry > 0 {
		return fmt.Errorf("crdt: adding %d to the %d of %v: %w", n, old[i], o, ErrOverflow)
	}
	if n > 0 {
		e := entry[C]{origin: o}
		e.counts[i] = raised
		delta.push(e)
	}
	return nil
}

// join takes the greater of each count, and fills novel with the counts of delta that were
// greater.
func (t *tally[C]) join(novel, delta *tally[C]) {
	var none C
	var at, absent int
	var found bool
	for _, d := range delta.entries {
		old := none
		if at, found = t.seek(at, d.origin); found {
			old = t.entries[at].counts
		}
		fresh, growth := above(d.counts, old)
		if growth == none {
			continue
		}
		point := d.origin.point(t.key)
		novel.pushAt(point, entry[C]{d.origin, fresh})
		added := weigh(point, growth)
		t.digest = t.digest.Add(added)
		if t.sketch != nil {
			t.growCell(d.origin.cell(t.key), added.Hash)
		}
		if !found {
			absent++
			continue
		}
		for i := range len(growth) {
			t.entries[at].counts[i] += growth[i]
		}
	}
	if absent > 0 {
		t.insert(novel.entries, absent)
		t.byCell.Store(nil)
	}
}

// insert puts in the given entries whose origins have no entry yet; there are absent of them. It
// moves every entry at most once, from the end.
func (t *tally[C]) insert(given []entry[C], absent int) {
	if t.entries == nil {
		t.grow(absent)
	}
	from := len(t.entries)
	t.entries = slices.Grow(t.entries, absent)[:from+absent]
	for from--; absent > 0; {
		last := given[len(given)-1]
		order := 1
		if from >= 0 {
			order = last.origin.Compare(t.entries[from].origin)
		}
		if order > 0 {
			t.entries[from+absent] = last
			absent--
		} else {
			t.entries[from+absent] = t.entries[from]
			from--
		}
		if order >= 0 {
			given = given[:len(given)-1]
		}
	}
}

// minus fills rest with the counts that are greater than those of other, the other counts zero.
func (t *tally[C]) minus(rest, other *tally[C]) {
	var none C
	var at int
	var found bool
	for _, e := range t.entries {
		known := none
		if at, found = other.seek(at, e.origin); found {
			known = other.entries[at].counts
		}
		if fresh, _ := above(e.counts, known); fresh != none {
			rest.push(entry[C]{e.origin, fresh})
		}
	}
}

// excess returns the number of counts that are greater than those of other.
func (t *tally[C]) excess(other *tally[C]) (n int) {
	var none C
	var at int
	var found bool
	for _, e := range t.entries {
		known := none
		if at, found = other.seek(at, e.origin); found {
			known = other.entries[at].counts
		}
		for i := range len(known) {
			if e.counts[i] > known[i] {
				n++
			}
		}
	}
	return n
}

// above returns the counts of a that are greater than those of b, the others zero, and by how
// much they are greater.
func above[C counts](a, b C) (fresh, growth C) {
	for i := range len(a) {
		if a[i] > b[i] {
			fresh[i], growth[i] = a[i], a[i]-b[i]
		}
	}
	return fresh, growth
}

// weigh returns the digest of counts at a point. It is linear in the counts.
func weigh[C counts](point Hash, c C) Digest {
	var d Digest
	for i := len(c) - 1; i >= 0; i-- {
		d.Count += c[i]
		if d.Hash == (Hash{}) {
			d.Hash = point.mulWord(c[i]) // a cheaper way to do what follows
			continue
		}
		d.Hash = d.Hash.Add(Hash{Lo: c[i]}).mul(point)
	}
	return d
}
