package riblt

import (
	"encoding/binary"
	"errors"
	"slices"
	"testing"
	"time"
)

// put puts an item into a single coded symbol, be it its place or not.
func (s *Sketch) put(i int, it Item) { s.symbols[i].xor(it.symbol(it.seed())) }

// itemsWithPlace returns n items that have a place in coded symbol i.
func itemsWithPlace(i, n int) (items []Item) {
	for id := uint64(0); len(items) < n; id++ {
		it := Item{id, 1}
		if slices.Contains(slices.Collect(mapping(it.seed(), i+1)), i) {
			items = append(items, it)
		}
	}
	return items
}

// An item in one of its places only comes up there, which puts it into all others, where
// it comes up again, and so on.
func TestCodedCellsThatFeedEachOtherAreAnError(t *testing.T) {
	for _, n := range []int{6, 100, MaxSketch} {
		s := New(n)
		s.put(5, itemsWithPlace(5, 1)[0])
		if items, complete, err := s.Peel(); !errors.Is(err, ErrSketch) || complete || items != nil {
			t.Errorf("%d coded symbols peel to %d items, complete is %v, %v", n, len(items), complete, err)
		}
	}
}

// Every coded symbol has an item of its own that belongs there, and all of them feed the
// others.
func TestTheWorkOfPeelingIsBounded(t *testing.T) {
	s := New(MaxSketch)
	id := uint64(0)
	for i := range s.symbols {
		for it := (Item{id, 1}); ; it.ID++ {
			// Search on from the last one found.
			if it.Tag = uint32(i); slices.Contains(slices.Collect(mapping(it.seed(), i+1)), i) {
				s.put(i, it)
				id = it.ID
				break
			}
			if it.ID > id+200 {
				break // seldom enough
			}
		}
	}
	start := time.Now()
	items, complete, err := s.Peel()
	t.Logf("%d items, complete is %v, %v, after %v", len(items), complete, err, time.Since(start))
	if complete || len(items) > MaxSketch {
		t.Errorf("%d items, complete is %v", len(items), complete)
	}
}

// What looks like a single item is none if it does not belong where it is.
func TestAnItemOutOfPlaceDoesNotComeUp(t *testing.T) {
	s := New(100)
	it := itemsWithPlace(7, 1)[0]
	n := 0
	for i := range s.symbols {
		if !slices.Contains(slices.Collect(mapping(it.seed(), 100)), i) {
			s.put(i, it)
			n++
		}
	}
	before := form(s)
	if items, complete, err := s.Peel(); len(items) > 0 || complete || err != nil {
		t.Errorf("an item in %d wrong places of 100 peels to %v, complete is %v, %v", n, items, complete, err)
	}
	if string(form(s)) != string(before) {
		t.Error("coded symbols have changed")
	}
}

func TestATooShortPrefixIsNotComplete(t *testing.T) {
	all := randomItems(100, 1)
	whole := Of(slices.Values(all), 200)
	for n := range 101 {
		items, complete, err := whole.Prefix(n).Peel()
		if n < 100 && complete || err != nil {
			t.Errorf("%d coded symbols peel to %d of 100 items, complete is %v, %v", n, len(items), complete, err)
		}
		for _, it := range items {
			if !slices.Contains(all, it) {
				t.Errorf("%v came up out of nothing", it)
			}
		}
	}
}

// FuzzPeel makes up coded symbols, each three bytes of input: an item, and where it is put.
// One bit says whether into all its places.
func FuzzPeel(f *testing.F) {
	f.Add([]byte{10})
	f.Add([]byte{10, 0, 1, 0x80})
	f.Add([]byte{10, 0, 1, 0x80, 0, 1, 0x80, 0, 2, 5, 0, 3, 5})
	for id := range byte(40) {
		f.Add([]byte{40, 0, id, 3, 0, id + 1, 5, 0, id + 2, 0x80})
	}
	f.Fuzz(func(t *testing.T, data []byte) {
		if len(data) == 0 {
			return
		}
		s := New(int(data[0]))
		for data = data[1:]; len(data) >= 3 && s.Len() > 0; data = data[3:] {
			it := Item{uint64(binary.BigEndian.Uint16(data)), 1}
			if data[2] >= 0x80 {
				s.toggle(it, it.seed())
			} else {
				s.put(int(data[2])%s.Len(), it)
			}
		}
		if len(data) == 2 && s.Len() > 0 { // no item at all
			s.symbols[0].xor(symbol{uint64(data[0]), uint64(data[1])})
		}
		before := s.Prefix(s.Len())
		items, complete, err := s.Peel()
		if err != nil {
			if !errors.Is(err, ErrSketch) || complete || items != nil {
				t.Fatalf("%v, with %d items, complete is %v", err, len(items), complete)
			}
			return
		}
		if len(items) > before.Len() {
			t.Fatalf("%d coded symbols peel to %d items", before.Len(), len(items))
		}
		// What came up and what is left are what there was.
		for _, it := range items {
			s.toggle(it, it.seed())
		}
		if !slices.Equal(s.symbols, before.symbols) {
			t.Fatalf("%d items do not add up, complete is %v", len(items), complete)
		}
		if complete {
			var sum Sketch
			sum.symbols = make([]symbol, before.Len())
			for _, it := range items {
				sum.toggle(it, it.seed())
			}
			if !slices.Equal(sum.symbols, before.symbols) {
				t.Fatalf("%d items are not complete", len(items))
			}
		}
	})
}
