package crdt_test

import (
	"math/rand/v2"
	"testing"

	"gset/crdt"
)

// What every lattice owes is checked by crdttest; here is what Split adds for
// cells of about one size: it does not cut finer than it must.
func TestSplitTakesAtMostTwiceThePartsNeeded(t *testing.T) {
	r := rand.New(rand.NewPCG(1, 2))
	s := crdt.NewGSet(crdt.Key{1, 2})
	for range 10_000 {
		s.Insert(int64(r.Uint64()))
	}
	whole, err := s.AppendBinary(nil)
	if err != nil {
		t.Fatal(err)
	}
	for _, limit := range []int{100, 1000, 1 << 14, len(whole) - 1, len(whole)} {
		parts, err := crdt.Split(s, limit)
		if err != nil {
			t.Fatal(err)
		}
		// The halves are not quite of a size, hence one more halving at worst
		// where the limit is just missed.
		if needed := (len(whole) + limit - 1) / limit; len(parts) > 2*needed+needed/4 {
			t.Errorf("limit of %d bytes: %d parts of a state of %d bytes", limit, len(parts), len(whole))
		}
	}
}

func TestSplitFailsWhenACellDoesNotFit(t *testing.T) {
	s := crdt.NewGSet(crdt.Key{1, 2}, 1, 1<<40)
	if parts, err := crdt.Split(s, 5); err == nil {
		t.Errorf("got %v", parts)
	}
	if parts, err := crdt.Split(s.New(), 0); err == nil {
		t.Errorf("empty state in 0 bytes: got %v", parts)
	}
	if parts, err := crdt.Split(s.New(), 1); err != nil || len(parts) != 1 || parts[0].Len() != 0 {
		t.Errorf("empty state: got %v, %v", parts, err)
	}
}
