package crdt

import "gset/crdt/internal/keyindex"

// lack is what a state lacks of a record of another one.
type lack struct {
	// number is that of the record's collection in the state that lacks something; known is
	// false if that has no such collection.
	number int
	known  bool

	// Of an element: the record as that state would have it, and the gap for it.
	record []byte
	gap    keyindex.Place

	// Of an entry: its number in that state or -1, the counts that are greater, and by how much.
	entry         int
	fresh, growth [2]uint64
}

// comparison finds out what one state lacks of another one, record by record. The records of a
// collection come one behind the other, so it looks up each name once.
type comparison struct {
	of, with *Collections
	from     int // a collection of one state,
	to       int // and of the same name in the other,
	known    bool
	begun    bool
	id       uint64         // of the last record
	at       keyindex.Place // of the last element in the other state, or its gap
	room     [recordRoom]byte
}

// next compares a record of one state with the other state, and reports whether that lacks
// something. Records come in their order.
func (m *comparison) next(id uint64, record []byte) (l lack, lacks bool) {
	number, element := splitRecord(record)
	entry := isEntry(record)
	var e *tallied
	if entry {
		e = m.of.counters.entries.at(number)
		number = int(e.collection)
	}
	if !m.begun || m.from != number {
		named := m.of.names.at(number)
		m.from, m.begun = number, true
		m.to, m.known = m.with.same(m.of, named)
	}
	l = lack{number: m.to, known: m.known, entry: -1}
	switch {
	case entry:
		if m.known {
			l.entry = m.with.entry(id, m.to, m.of.counters.origins[e.origin])
		}
		var old [2]uint64
		if l.entry >= 0 {
			old = m.with.counters.entries.at(l.entry).counts
		}
		l.fresh, l.growth = above(e.counts, old)
		return l, l.growth != [2]uint64{}
	case !m.known:
		return l, true
	}
	l.record = appendMember(m.room[:0], m.to, element)
	var found bool
	if id == m.id { // records of one cell may be in another order there
		m.at, found = m.with.index.Find(id, l.record)
	} else {
		m.at, found = m.with.index.Seek(m.at, id, l.record)
	}
	m.id, l.gap = id, m.at
	return l, !found
}

// create makes the collection of the last record in the other state, which has none of that name.
func (m *comparison) create() {
	m.to, m.known = m.with.names.add(m.of.names.at(m.from).bare()), true
}

// Join adds the elements of delta and takes the greater of each sum, and returns what was new:
// the elements, and the sums with their full values. The other sum of such an entry is zero in
// the result, unless it was greater too.
func (c *Collections) Join(delta *Collections) (novel *Collections) {
	novel = c.New()
	if delta != nil {
		c.take(delta, novel)
	}
	return novel
}

// Merge is Join for a caller who does not need the novel part.
func (c *Collections) Merge(delta *Collections) {
	if delta != nil {
		c.take(delta, nil)
	}
}

// take joins delta into c, and what is new into novel as well, which is empty or nil.
func (c *Collections) take(delta, novel *Collections) {
	delta = c.sameOrder(delta)
	compare := comparison{of: delta, with: c}
	var cell cellGrowth
	seen, all := 0, novel != nil // the records so far, and whether all of each was new
	for id, record := range delta.index.All() {
		l, lacks := compare.next(id, record)
		if all && !(lacks && compare.whole(record, &l)) {
			all = false
			giveFirst(delta, novel, 0, seen, 0)
		}
		seen++
		if !lacks {
			continue
		}
		if !l.known {
			compare.create()
			l, _ = compare.next(id, record)
		}
		if isEntry(record) {
			origin := delta.originOf(record)
			c.growEntry(&cell, id, origin, &l)
			compare.at = keyindex.Place{} // which may have moved
			if novel != nil && !all {
				novel.putEntry(id, c.names.at(l.number), origin, l.fresh)
			}
			continue
		}
		_, element := splitRecord(record)
		of := c.names.at(l.number)
		_, weight := c.locate(of, element)
		compare.at = c.records.insert(c, &cell, l.gap, id, weight, l.record)
		of.elements++
		if novel != nil && !all {
			novel.putMember(id, of, weight, element)
		}
	}
	if all {
		novel.copyFrom(delta)
	}
}

// whole reports whether the other state lacks all of a record, of which it lacks something.
func (m *comparison) whole(record []byte, l *lack) bool {
	return !isEntry(record) || l.fresh == m.of.counters.entries.at(recordNumber(record)).counts
}

func (c *Collections) originOf(entry []byte) Origin {
	return c.counters.origins[c.counters.entries.at(recordNumber(entry)).origin]
}

// putMember appends an element that is not there, and of which no cell is later.
func (c *Collections) putMember(id uint64, of *named, weight Digest, element []byte) {
	number, found := c.names.find(of.hash, of.name)
	if !found {
		number = c.names.add(of.bare())
	}
	var room [recordRoom]byte
	c.place(id, weight, appendMember(room[:0], number, element))
	c.names.at(number).elements++
}

// putEntry appends an entry that is not there, and of which no cell is later.
func (c *Collections) putEntry(id uint64, of *named, origin Origin, counts [2]uint64) {
	number, found := c.names.find(of.hash, of.name)
	if !found {
		number = c.names.add(of.bare())
	}
	c.growEntry(new(cellGrowth), id, origin, &lack{number: number, entry: -1, growth: counts})
}

// place adds a record that is not there to a state without a sketch. In most cases it comes after
// all others.
func (c *Collections) place(id uint64, weight Digest, record []byte) {
	if last, ok := c.index.LastID(); !ok || last < id {
		c.push(id, weight, record)
		return
	}
	gap, _ := c.index.Find(id, record)
	c.index.Insert(gap, id, record)
	c.weighs(weight)
}

// give appends a copy of a record to another state under the same key, which does not have it, and
// in which no cell is later.
func (c *Collections) give(to *Collections, id uint64, record []byte) {
	number, element := splitRecord(record)
	if isEntry(record) {
		e := c.counters.entries.at(number)
		to.putEntry(id, c.names.at(int(e.collection)), c.counters.origins[e.origin], e.counts)
		return
	}
	of, weight := c.names.at(number), Digest{Count: 1}
	if to.digestHash.known() {
		_, weight = c.locate(of, element)
	}
	to.putMember(id, of, weight, element)
}

// sameOrder returns a state equal to other whose cells have the ids that they have in c: other
// itself, or a copy of it if it has another key.
func (c *Collections) sameOrder(other *Collections) *Collections {
	if c.key == other.key && c.narrow == other.narrow && c.narrowNames == other.narrowNames {
		return other
	}
	copied := c.New()
	for name, element := range other.All() {
		copied.insertMember(name, element)
	}
	for e := range other.Entries() {
		copied.raise(copied.obtain(e.Name), e.Origin, e.Balance.counts())
	}
	return copied
}

// Minus returns the elements that other does not have and the sums that are greater than those of
// other, with their full values. The other sum of such an entry is zero in the result, unless it
// is greater too.
func (c *Collections) Minus(other *Collections) *Collections {
	if other == nil {
		return c.Clone()
	}
	rest := c.New()
	compare := comparison{of: c, with: c.sameOrder(other)}
	for id, record := range c.index.All() {
		switch l, lacks := compare.next(id, record); {
		case !lacks:
		case isEntry(record):
			e := c.counters.entries.at(recordNumber(record))
			rest.putEntry(id, c.names.at(int(e.collection)), c.counters.origins[e.origin], l.fresh)
		default:
			c.give(rest, id, record)
		}
	}
	return rest
}

// Excess returns the number of elements that other does not have, and of sums that are greater
// than those of other.
func (c *Collections) Excess(other *Collections) (n int) {
	if other == nil {
		return c.Len()
	}
	compare := comparison{of: c, with: c.sameOrder(other)}
	for id, record := range c.index.All() {
		switch l, lacks := compare.next(id, record); {
		case !lacks:
		case isEntry(record):
			n += positive(l.fresh)
		default:
			n++
		}
	}
	return n
}

// positive returns how many counts are above zero.
func positive(counts [2]uint64) (n int) {
	for _, count := range counts {
		if count > 0 {
			n++
		}
	}
	return n
}

// Equal reports whether two states have the same elements and the same entries, whatever their
// keys. It does not rely on digests.
func (c *Collections) Equal(other *Collections) bool {
	if other == nil {
		return c.Len() == 0
	}
	return c.Len() == other.Len() && c.Excess(other) == 0 && other.Excess(c) == 0
}
