package rivals

import (
	"slices"
	"testing"

	"gset/crdt"
)

// TestRangesAreThoseOfNegentropy holds the sizes of messages, with ids of 32 bytes, against
// those of a published implementation of the protocol: nip77/negentropy of
// github.com/nbd-wtf/go-nostr v0.38.2, given the elements as times. It is no dependency, for
// it brings a network client along, and takes times of 56 bits only.
func TestRangesAreThoseOfNegentropy(t *testing.T) {
	no := func(int64) bool { return false }
	every := func(n, k int64) func(int64) bool { return func(x int64) bool { return x%n == k } }
	for _, test := range []struct {
		name           string
		n, gap         int64
		goneA, goneB   func(int64) bool // of 0 to n-1, before they are multiplied by the gap
		sizes          []int
		aLacks, bLacks int
	}{
		{"equal", 10_000, 1, no, no, []int{320, 1}, 0, 0},
		{"dense", 10_000, 1, every(97, 5), every(1013, 7), []int{320, 4865, 33440, 12793}, 104, 10},
		{"sparse", 10_000, 1_000_003, every(997, 5), func(x int64) bool { return x > 9000 }, []int{365, 3561, 3954, 2236}, 10, 998},
		{"interleaved", 1000, 7, every(2, 0), every(2, 1), []int{320, 13148, 4353, 4385}, 500, 500},
		{"empty", 500, 1 << 40, every(1, 0), no, []int{5, 16006}, 500, 0},
	} {
		a, b := crdt.NewGSet(crdt.Key{}), crdt.NewGSet(crdt.Key{})
		for x := range test.n {
			if !test.goneA(x) {
				a.Insert(x * test.gap)
			}
			if !test.goneB(x) {
				b.Insert(x * test.gap)
			}
		}
		sizes, need, have := negotiate(newParty(a), newParty(b), 32)
		if !slices.Equal(sizes, test.sizes) || len(need) != test.aLacks || len(have) != test.bLacks {
			t.Errorf("%s: messages of %v bytes find out that %d and %d are missing, want %v, %d and %d",
				test.name, sizes, len(need), len(have), test.sizes, test.aLacks, test.bLacks)
		}
	}
}
