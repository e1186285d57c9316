package crdt

import (
	"math"
	"strings"

	"pgregory.net/rapid"
)

// GenKey is the key of all generated states.
var GenKey = Key{0x0123456789abcdef, 0xfedcba9876543210}

// stretch is an arithmetic sequence of elements.
type stretch struct {
	From, Step int64
	N          int
}

var genStretch = rapid.Custom(func(t *rapid.T) stretch {
	anchors := []int64{0, 250, -10, 1000, 1 << 20, 1<<62 - 1, math.MaxInt64 - 700, math.MinInt64, math.MinInt64 + 255}
	steps := []int64{1, 2, 3, 255, 256, 257, 1 << 33}
	s := stretch{
		From: rapid.SampledFrom(anchors).Draw(t, "anchor") + rapid.Int64Range(0, 40).Draw(t, "offset"),
		Step: rapid.SampledFrom(steps).Draw(t, "step"),
		N:    rapid.OneOf(rapid.IntRange(1, 3), rapid.IntRange(1, 300), rapid.IntRange(256, 700)).Draw(t, "n"),
	}
	if rapid.Bool().Draw(t, "downwards") {
		s.Step = -s.Step
	}
	return s
})

// GenElements draws elements in the shapes that an index of bit pages may get
// wrong: stretches up or down from a few anchors, so that states overlap, dense,
// at page borders, one to a page or far apart; enough of them to fill blocks.
func GenElements(t *rapid.T) []int64 {
	elements := rapid.SliceOfN(rapid.Int64(), 0, 5).Draw(t, "elements")
	for _, s := range rapid.SliceOfN(genStretch, 0, 4).Draw(t, "stretches") {
		for x := s.From; s.N > 0; s.N-- {
			elements = append(elements, x)
			x += s.Step // which may wrap around, as may well be
		}
	}
	return elements
}

// GenGSet draws a set.
func GenGSet(t *rapid.T) *GSet { return NewGSet(GenKey, GenElements(t)...) }

// genUpdates draws updates of a few origins, so that states overlap, by amounts
// that make small sums and ones near the limit.
func genUpdates(t *rapid.T, update func(origin Origin, n uint64, down bool)) {
	nodes := []string{"a", "ab", "b", "n1", "\x00\xff", strings.Repeat("x", MaxNode)}
	for range rapid.IntRange(0, 8).Draw(t, "updates") {
		origin := Origin{
			Node:        rapid.SampledFrom(nodes).Draw(t, "node"),
			Incarnation: rapid.OneOf(rapid.Uint64Range(0, 2), rapid.Uint64()).Draw(t, "incarnation"),
		}
		n := rapid.OneOf(rapid.Uint64Range(1, 3), rapid.Uint64()).Draw(t, "n")
		update(origin, n, rapid.Bool().Draw(t, "down"))
	}
}

// GenGCounter draws a counter.
func GenGCounter(t *rapid.T) *GCounter {
	c := NewGCounter(GenKey)
	genUpdates(t, func(origin Origin, n uint64, _ bool) {
		if delta, err := c.Increment(origin, n); err == nil {
			c.Join(delta)
		}
	})
	return c
}

// GenPNCounter draws a counter.
func GenPNCounter(t *rapid.T) *PNCounter {
	c := NewPNCounter(GenKey)
	genUpdates(t, func(origin Origin, n uint64, down bool) {
		d := int64(n)
		if down {
			d = -d
		}
		if delta, err := c.Add(origin, d); err == nil {
			c.Join(delta)
		}
	})
	return c
}
