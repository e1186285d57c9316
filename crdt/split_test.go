package crdt_test

import (
	"errors"
	"iter"
	"math/rand/v2"
	"slices"
	"testing"

	"gset/crdt"
)

// What every lattice owes is checked by crdttest; here is what Split adds for
// small cells: parts are full, and are made as they are asked for.

func splitShapes() map[string]*crdt.GSet {
	r := rand.New(rand.NewPCG(1, 2))
	key := crdt.Key{1, 2}
	random, half, dense, mixed := crdt.NewGSet(key), crdt.NewGSet(key), crdt.NewGSet(key), crdt.NewGSet(key)
	for range 10_000 {
		random.Insert(int64(r.Uint64()))
	}
	for x := range int64(500_000) {
		if r.IntN(2) == 0 {
			half.Insert(x)
		}
		if r.IntN(100) > 0 {
			dense.Insert(x)
		}
	}
	for range 2000 { // runs of all lengths, with gaps of all lengths
		x := r.Int64() >> r.IntN(50)
		for i := range int64(1) << r.IntN(10) {
			mixed.Insert(x + i)
		}
	}
	return map[string]*crdt.GSet{"random": random, "half": half, "dense": dense, "mixed": mixed}
}

func TestSplitFillsItsParts(t *testing.T) {
	for name, s := range splitShapes() {
		whole := size(t, s)
		for _, limit := range []int{600, 1000, 1 << 14, whole - 1, whole, 2 * whole} {
			parts, bytes, last := 0, 0, 0
			for part, err := range crdt.Split(s, 0, limit) {
				if err != nil {
					t.Fatal(err)
				}
				// A page of random places takes some 45 bytes.
				if parts > 0 && last < limit*85/100 && last < limit-50 {
					t.Errorf("%s, limit of %d bytes: part %d has only %d", name, limit, parts, last)
				}
				last = size(t, part)
				bytes += last
				parts++
			}
			t.Logf("%s, limit of %d bytes: %d parts of %d bytes in all, of a state of %d", name, limit, parts, bytes, whole)
			if (parts == 1) != (whole <= limit) {
				t.Errorf("%s, limit of %d bytes: %d parts of a state of %d", name, limit, parts, whole)
			}
		}
	}
}

// counted counts what is asked of a set.
type counted struct {
	*crdt.GSet
	cells, encoded *int
}

func (c counted) Cells(first crdt.CellID) iter.Seq[crdt.Cell] {
	return func(yield func(crdt.Cell) bool) {
		for cell := range c.GSet.Cells(first) {
			*c.cells++
			if !yield(cell) {
				return
			}
		}
	}
}

func (c counted) AppendBinary(b []byte) ([]byte, error) {
	n := len(b)
	b, err := c.GSet.AppendBinary(b)
	*c.encoded += len(b) - n
	return b, err
}

func (c counted) with(s *crdt.GSet) counted         { return counted{s, c.cells, c.encoded} }
func (c counted) New() counted                      { return c.with(c.GSet.New()) }
func (c counted) Clone() counted                    { return c.with(c.GSet.Clone()) }
func (c counted) Join(delta counted) counted        { return c.with(c.GSet.Join(delta.GSet)) }
func (c counted) Minus(other counted) counted       { return c.with(c.GSet.Minus(other.GSet)) }
func (c counted) Extract(ids []crdt.CellID) counted { return c.with(c.GSet.Extract(ids)) }
func (c counted) Decode(data []byte) (counted, error) {
	s, err := c.GSet.Decode(data)
	return c.with(s), err
}

func TestSplitDoesNoMoreThanItIsAskedFor(t *testing.T) {
	const limit = 1000
	for name, s := range splitShapes() {
		var cells, encoded int
		all := 0
		for range s.Cells(0) {
			all++
		}
		parts := 0
		for part, err := range crdt.Split(counted{s, &cells, &encoded}, 0, limit) {
			if err != nil {
				t.Fatal(err)
			}
			if parts++; parts == 1 {
				t.Logf("%s: a part of %d bytes took the encoding of %d, and a look at %d of %d cells",
					name, size(t, part.GSet), encoded, cells, all)
				if encoded > 8*limit {
					t.Errorf("%s: %d bytes were encoded to make the first part", name, encoded)
				}
			}
		}
		t.Logf("%s: %d parts took the encoding of %d bytes, %.1f for each of the state", name, parts, encoded, float64(encoded)/float64(size(t, s)))
		if encoded > 3*limit*parts {
			t.Errorf("%s: %d bytes were encoded to make %d parts", name, encoded, parts)
		}
		if cells != all {
			t.Errorf("%s: %d cells were looked at, of %d", name, cells, all)
		}
	}
}

func TestSplitNamesTheCellsThatDoNotFitAndGoesOn(t *testing.T) {
	// The middle page takes more bytes than the others.
	s := crdt.NewGSet(crdt.Key{1, 2}, 1, 1<<40, 1<<40+9, 1<<40+50, 1<<40+99, 1<<41)
	collect := func(s *crdt.GSet, first crdt.CellID, limit int) (elements []int64, ids []crdt.CellID) {
		for part, err := range crdt.Split(s, first, limit) {
			var cell *crdt.CellError
			switch {
			case err == nil:
				elements = append(elements, part.Elements()...)
			case errors.As(err, &cell) && errors.Is(err, crdt.ErrCellTooLarge):
				ids = append(ids, cell.ID)
			default:
				t.Errorf("Split from %d: %v", first, err)
			}
		}
		return elements, ids
	}
	var ids []crdt.CellID
	for c := range s.Cells(0) {
		ids = append(ids, c.ID)
	}
	for _, c := range []struct {
		s        *crdt.GSet
		first    crdt.CellID
		limit    int
		elements []int64
		tooLarge []crdt.CellID
	}{
		{s, 0, 100, s.Elements(), nil},
		{s, 0, 8, []int64{1, 1 << 41}, ids[1:2]},
		{s, ids[1] + 1, 8, []int64{1 << 41}, nil},
		{s, 0, 0, nil, ids},
		{s, 0, -1, nil, ids},
		{s, ids[2] + 1, 100, nil, nil},
		{s.New(), 0, 0, nil, nil},
	} {
		elements, tooLarge := collect(c.s, c.first, c.limit)
		if !slices.Equal(elements, c.elements) || !slices.Equal(tooLarge, c.tooLarge) {
			t.Errorf("Split(%v, %#x, %d) has %v and finds %v too large, want %v and %v", c.s, c.first, c.limit, elements, tooLarge, c.elements, c.tooLarge)
		}
	}
}

func size(t *testing.T, s *crdt.GSet) int {
	t.Helper()
	b, err := s.AppendBinary(nil)
	if err != nil {
		t.Fatal(err)
	}
	return len(b)
}
