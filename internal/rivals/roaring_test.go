package rivals

import (
	"slices"

	"github.com/RoaringBitmap/roaring/v2/roaring64"

	"gset/crdt"
)

// roaring is the full state as run-optimised bitmaps: a sends all it has, b answers
// with what a lacks, if anything.
func roaring(a, b *crdt.GSet) (c cost, heldByA, heldByB *crdt.GSet, err error) {
	heldByA, heldByB = a.Clone(), b.Clone()
	sent, err := serialise(toRoaring(a))
	if err != nil {
		return c, nil, nil, err
	}
	c = cost{bytes: len(sent), trips: 1}
	received := roaring64.New()
	if err := received.UnmarshalBinary(sent); err != nil {
		return c, nil, nil, err
	}
	insert(heldByB, received.ToArray())
	lacking := roaring64.AndNot(toRoaring(b), received)
	if lacking.IsEmpty() {
		return c, heldByA, heldByB, nil
	}
	if sent, err = serialise(lacking); err != nil {
		return c, nil, nil, err
	}
	c.bytes += len(sent)
	c.trips++
	if err := received.UnmarshalBinary(sent); err != nil {
		return c, nil, nil, err
	}
	insert(heldByA, received.ToArray())
	return c, heldByA, heldByB, nil
}

func serialise(r *roaring64.Bitmap) ([]byte, error) {
	r.RunOptimize()
	return r.ToBytes()
}

func toRoaring(s *crdt.GSet) *roaring64.Bitmap {
	r := roaring64.New()
	r.AddMany(keys(s))
	return r
}

// keys returns a set's elements as the unsigned numbers that the rivals deal in, in order.
func keys(s *crdt.GSet) []uint64 {
	all := make([]uint64, 0, s.Len())
	for x := range s.All() {
		all = append(all, uint64(x))
	}
	slices.Sort(all)
	return all
}

func insert(s *crdt.GSet, keys []uint64) {
	for _, k := range keys {
		s.Insert(int64(k))
	}
}
