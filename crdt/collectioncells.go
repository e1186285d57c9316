package crdt

import (
	"iter"
	"slices"

	"gset/crdt/internal/keyindex"
	"gset/crdt/internal/wire"
	"gset/crdt/riblt"
)

// Cells yields the cells with ids from first on, in ascending order: one for each element and for
// each entry of a counter, but for those whose ids collide, which are one cell. Hashes are
// computed on the way. The state must not change until the loop has ended.
func (c *Collections) Cells(first CellID) iter.Seq[Cell] { return c.cells(c, first) }

// Sketch returns the sketch of the state with n coded symbols, the caller's to keep. From the
// first call on the state keeps a sketch of its own, of 16 bytes a coded symbol. A call that asks
// for more coded symbols than any before reads the whole state.
func (c *Collections) Sketch(n int) *riblt.Sketch { return c.sketched(c, n) }

// Extract returns the elements and the entries in the given cells. The ids may come in any order.
func (c *Collections) Extract(ids []CellID) *Collections {
	part := c.New()
	giveCells(c, part, ids)
	return part
}

// Cut returns what is in the cells from first on, as many as take at most limit bytes in binary
// form, and the id of the last of those cells, as Cutter says.
func (c *Collections) Cut(first CellID, limit int) (part *Collections, last CellID, err error) {
	part = c.New()
	form := formSize{of: c}
	n, bytes, last, full := c.fitting(first, limit, form.add)
	if full && n == 0 {
		cell := c.Extract([]CellID{last})
		whole := formSize{of: cell}
		for _, record := range cell.index.All() {
			whole.add(record)
		}
		return part, last, tooLarge(last, whole.bytes(), limit)
	}
	giveFirst(c, part, first, n, bytes)
	return part, last, nil
}

// Divide returns two states without a common element or sum whose join is c: the first half of
// the elements and entries, rounded up, and the rest, or of a single entry one sum each. Split
// divides a cell that is too long for a message.
func (c *Collections) Divide() (first, rest *Collections) {
	first, rest = c.New(), c.New()
	if c.index.Len() == 1 && c.sums > 1 {
		e := c.counters.entries.at(0)
		of, origin := c.names.at(int(e.collection)), c.counters.origins[e.origin]
		id := c.entryID(int(e.collection), origin)
		first.putEntry(id, of, origin, [2]uint64{e.counts[0], 0})
		rest.putEntry(id, of, origin, [2]uint64{0, e.counts[1]})
		return first, rest
	}
	giveHalves(c, first, rest)
	return first, rest
}

// formSize measures the binary form of some records of a state, which come in order: see
// collectioncodec.go. Its zero value, but for the state, is that of no records.
type formSize struct {
	of      *Collections
	fixed   int         // bytes of all that does not depend on what else there is
	entries int         // of counters
	now     sectionSize // of the collection of the last record
	begun   bool
	others  []sectionSize // of other collections whose cells have the same upper bits
	origins map[uint32]bool
}

// sectionSize is what has been seen of a collection.
type sectionSize struct{ number, elements, entries int }

// add takes in a record and returns what the form takes now.
func (f *formSize) add(record []byte) int {
	number, element := splitRecord(record)
	var e *tallied
	if isEntry(record) {
		e = f.of.counters.entries.at(number)
		number = int(e.collection)
	}
	s := f.section(number)
	f.fixed -= wire.UvarintLen(uint64(s.elements)) + wire.UvarintLen(uint64(s.entries))
	if e == nil {
		s.elements++
		f.fixed += keyindex.KeyBytes(len(element))
	} else {
		s.entries++
		f.entries++
		f.fixed += wire.UvarintLen(e.counts[0]) + wire.UvarintLen(e.counts[1])
		f.origin(e.origin)
	}
	f.fixed += wire.UvarintLen(uint64(s.elements)) + wire.UvarintLen(uint64(s.entries))
	return f.bytes()
}

// section returns what has been seen of a collection. Collections come in the order of the upper
// bits of their cells' ids, and only those with equal ones come in turns.
func (f *formSize) section(number int) *sectionSize {
	if f.begun && f.now.number == number {
		return &f.now
	}
	of := f.of.names.at(number)
	if f.begun && f.of.names.at(f.now.number).cell(0, 0) == of.cell(0, 0) {
		f.others = append(f.others, f.now)
	} else {
		f.others = f.others[:0]
	}
	f.begun = true
	for i, s := range f.others {
		if s.number == number {
			f.now, f.others = s, slices.Delete(f.others, i, i+1)
			return &f.now
		}
	}
	f.now = sectionSize{number: number}
	f.fixed += keyindex.KeyBytes(len(of.name)) + 2 // and the numbers of no elements and no entries
	return &f.now
}

// origin takes in the origin of an entry.
func (f *formSize) origin(number uint32) {
	if f.origins[number] {
		return
	}
	if f.origins == nil {
		f.origins = map[uint32]bool{}
	}
	f.origins[number] = true
	f.fixed += originSize(f.of.counters.origins[number])
}

// bytes returns what the form takes: the tag, the number of origins, the origin of each entry, and
// the rest.
func (f *formSize) bytes() int {
	return 1 + wire.UvarintLen(uint64(len(f.origins))) + f.entries*originWidth(len(f.origins)) + f.fixed
}
