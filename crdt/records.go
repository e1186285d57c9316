package crdt

import (
	"iter"

	"gset/crdt/internal/keyindex"
	"gset/crdt/riblt"
)

// records is what a KeySet and Collections have in common: byte strings, each in a cell, in the
// order of the cells' ids, with the digest and the sketch of the cells. What a record stands for
// and how it is hashed is up to the state that holds the records.
type records struct {
	// The hash of the digest is not known of a part that was cut off to be sent: hardly anybody asks for it.
	digestCount uint64
	digestHash  lazyHash

	index  keyindex.Index // the records, by cell id, then by their bytes
	sketch *riblt.Sketch  // of the cells, kept up; nil until one is asked for
}

// weigher is a state that knows how to hash its records.
type weigher interface {
	// weigh returns the digest of a record: its weight, and its share of the hash of its cell.
	weigh(record []byte) Digest
}

// recordState is a state whose irreducible parts are in records.
type recordState[S any] interface {
	held() *records

	// give appends a copy of a record of the receiver to another state, in which no record is
	// of a later cell. It hashes the record if the hash of that state is known.
	give(to S, id uint64, record []byte)
}

func (r *records) held() *records { return r }

// digest returns the digest of the state that holds the records.
func (r *records) digest(w weigher) Digest {
	return Digest{r.digestCount, r.digestHash.get(func() (sum Hash) {
		for _, record := range r.index.All() {
			sum = sum.Add(w.weigh(record).Hash)
		}
		return sum
	})}
}

// weighs brings the digest up to date with records of a digest of their own. The hash may be missing if that of all
// is not known.
func (r *records) weighs(more Digest) {
	r.digestCount += more.Count
	r.digestHash.add(more.Hash)
}

// insert puts a record into the gap that the index found for it. cell is what the caller
// keeps from one insertion to the next.
func (r *records) insert(w weigher, cell *cellGrowth, gap keyindex.Place, id uint64, weight Digest, record []byte) keyindex.Place {
	if r.sketch != nil && !r.index.Neighbours(gap, id) {
		*cell = cellGrowth{id: id, begun: true} // there is no such cell, as in nearly all cases
	}
	r.grow(w, cell, id, weight)
	return r.index.Insert(gap, id, record)
}

// grow brings the digest and the sketch up to date with a cell whose digest grows. It is called
// before the records change.
func (r *records) grow(w weigher, cell *cellGrowth, id uint64, growth Digest) {
	if r.sketch != nil {
		cell.grow(r, w, id, growth.Hash)
	}
	r.weighs(growth)
}

// push appends a record that comes after all others, to a state without a sketch.
func (r *records) push(id uint64, weight Digest, record []byte) {
	r.index.Push(id, record)
	r.weighs(weight)
}

// cells yields the cells with ids from first on, as Cells of a Lattice does.
func (r *records) cells(w weigher, first CellID) iter.Seq[Cell] {
	return func(yield func(Cell) bool) {
		var cell Cell
		open := false
		for id, record := range r.index.From(uint64(first)) {
			hash := w.weigh(record).Hash
			if open && cell.ID == CellID(id) {
				cell.Hash = cell.Hash.Add(hash)
				continue
			}
			if open && !yield(cell) {
				return
			}
			cell, open = Cell{CellID(id), hash}, true
		}
		if open {
			yield(cell)
		}
	}
}

// cellHash returns the hash of a cell, and whether there is any record in it.
func (r *records) cellHash(w weigher, id uint64) (hash Hash, found bool) {
	for got, record := range r.index.From(id) {
		if got != id {
			break
		}
		hash, found = hash.Add(w.weigh(record).Hash), true
	}
	return hash, found
}

// cellGrowth brings a sketch up to date with records that come in ascending order of their
// cells. It remembers the hash of the last cell, so that a cell is read once and not for each of
// its records. Its zero value is ready for use.
type cellGrowth struct {
	id    uint64
	hash  Hash
	known bool // there is a cell, with that hash
	begun bool
}

// grow is called before the hash of a cell grows.
func (c *cellGrowth) grow(r *records, w weigher, id uint64, growth Hash) {
	if !c.begun || c.id != id {
		c.id, c.begun = id, true
		c.hash, c.known = r.cellHash(w, id)
	}
	growCell(r.sketch, CellID(id), c.hash, c.known, growth)
	c.hash, c.known = c.hash.Add(growth), true
}

// sketched returns the sketch of the cells with n coded symbols, as Sketch of a Sketcher does.
func (r *records) sketched(w weigher, n int) *riblt.Sketch {
	r.sketch = standing(r.sketch, r.cells(w, 0), n)
	return r.sketch.Prefix(n)
}

// Skip returns the id of the n-th cell from first on; see Sparer. It reads n ids or a few more, and no record.
func (r *records) Skip(first CellID, n int) (id CellID, ok bool) {
	if n < 0 {
		return 0, false
	}
	got, ok := r.index.Skip(uint64(first), n)
	return CellID(got), ok
}

// fitting finds out which cells from first on take at most limit bytes in binary form: n records
// in all, of so many bytes with their lengths, and last is the last of those cells. size is
// called for one record after another, and returns what the form of all of them takes. full says
// that there are more cells. If n is zero then, last is the cell that does not fit.
func (r *records) fitting(first CellID, limit int, size func(record []byte) int) (n, bytes int, last CellID, full bool) {
	inCell, cellBytes := 0, 0 // of the cell that is being read
	var cell CellID
	for id, record := range r.index.From(uint64(first)) {
		if inCell > 0 && CellID(id) != cell {
			n, bytes, last = n+inCell, bytes+cellBytes, cell
			inCell, cellBytes = 0, 0
		}
		cell = CellID(id)
		inCell++
		cellBytes += keyindex.KeyBytes(len(record))
		if size(record) > limit {
			if n == 0 {
				last = cell
			}
			return n, bytes, last, true
		}
	}
	if inCell > 0 {
		n, bytes, last = n+inCell, bytes+cellBytes, cell
	}
	return n, bytes, last, false
}

// giveCells appends the records in the given cells to an empty state.
func giveCells[S recordState[S]](s, part S, ids []CellID) {
	part.held().digestHash.forget()
	for _, id := range sortedIDs(ids) {
		for got, record := range s.held().index.From(uint64(id)) {
			if CellID(got) != id {
				break
			}
			s.give(part, got, record)
		}
	}
}

// giveFirst appends the first n records from a cell on to an empty state. They take so many
// bytes with their lengths.
func giveFirst[S recordState[S]](s, part S, first CellID, n, bytes int) {
	if n == 0 {
		return
	}
	part.held().digestHash.forget()
	part.held().index.Reserve(bytes)
	for id, record := range s.held().index.From(uint64(first)) {
		s.give(part, id, record)
		if n--; n == 0 {
			break
		}
	}
}

// giveHalves appends the first half of the records, rounded up, to an empty state, and the rest
// to another.
func giveHalves[S recordState[S]](s, first, rest S) {
	half := (s.held().index.Len() + 1) / 2
	for id, record := range s.held().index.All() {
		if half > 0 {
			s.give(first, id, record)
		} else {
			s.give(rest, id, record)
		}
		half--
	}
}
