package gsetd

import (
	"fmt"
	"math"
	"math/rand/v2"
)

// mostRepeated bounds how many elements SRANDMEMBER draws that may repeat.
const mostRepeated = 1 << 20

func srandmember(s *Server, c *client, args [][]byte) {
	name := string(args[1])
	if len(args) > 3 {
		c.err(badSyntax)
		return
	}
	if len(args) == 2 {
		if !s.isSet(c, name) {
			return
		}
		if e, ok := draw(s.node.View(), name); ok {
			c.w.Bulk(e)
		} else {
			c.w.Null()
		}
		return
	}
	n, ok := c.drawn(args[2])
	if !ok || !s.isSet(c, name) {
		return
	}
	var some [][]byte
	state := s.node.View()
	switch size := int64(state.Lookup(name).Elements); {
	case size == 0:
	case n < 0:
		for range -n {
			e, _ := draw(state, name)
			some = append(some, e)
		}
	default:
		some = sample(state, name, min(n, size))
	}
	c.w.Array(len(some))
	for _, e := range some {
		c.w.Bulk(e)
	}
}

// drawn reads how many elements to draw; negative if some may repeat.
func (c *client) drawn(arg []byte) (n int64, ok bool) {
	n, ok = c.integer(arg)
	switch {
	case !ok:
	case n == math.MinInt64:
		c.err(fmt.Sprintf("value is out of range, value must between %d and %d", int64(-math.MaxInt64), int64(math.MaxInt64)))
		return 0, false
	case n < -mostRepeated:
		c.err(fmt.Sprintf("value is out of range, value must between %d and %d", -mostRepeated, int64(math.MaxInt64)))
		return 0, false
	}
	return n, ok
}

// draw returns an element of a set. It draws a place in the order of the elements' hashes, which is taken
// for a circle, and one of the few elements that follow, so that elements behind a wide gap are not
// drawn much more often than others: at about even chances, at the cost of a search.
func draw(state View, name string) (element []byte, ok bool) {
	const near = 16
	size := state.Lookup(name).Elements
	if size == 0 {
		return nil, false
	}
	cursor := uint64(0)
	if size > near {
		cursor = uint64(rand.Uint32())
	}
	var some [][]byte
	for want := min(near, size); len(some) < want; {
		more, next := state.ScanElements(name, cursor, want-len(some))
		some = append(some, more...)
		cursor = next // zero at the end: where the circle begins
	}
	return some[rand.IntN(len(some))], true
}

// sample returns n different elements of a set, which has so many. Few are drawn one by one; of
// many the whole set is walked (Knuth's algorithm S), at even chances.
func sample(state View, name string, n int64) [][]byte {
	left := int64(state.Lookup(name).Elements)
	some := make([][]byte, 0, n)
	if n < left/64 {
		seen := make(map[string]struct{}, n)
		for int64(len(seen)) < n {
			e, _ := draw(state, name)
			if _, twice := seen[string(e)]; !twice {
				seen[string(e)] = struct{}{}
				some = append(some, e)
			}
		}
		return some
	}
	for e := range state.Members(name) {
		if rand.Int64N(left) < n-int64(len(some)) {
			some = append(some, e)
		}
		left--
	}
	return some
}
