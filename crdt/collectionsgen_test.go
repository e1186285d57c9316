package crdt

import (
	"strings"

	"pgregory.net/rapid"
)

// Weak says by how many bits the hashes of names, and of what is in a collection, are shorter, so
// that names and ids of cells collide.
type Weak struct{ Names, Low uint8 }

// NewWeakCollections returns an empty state with weak hashes.
func NewWeakCollections(weak Weak) *Collections {
	return &Collections{key: GenKey, narrowNames: weak.Names, narrow: weak.Low}
}

// genName draws a name: few of them, so that states overlap.
var genName = rapid.OneOf(
	rapid.SampledFrom([]string{"", "a", "users", "a longer name: of more than 64 bytes, " + strings.Repeat("n", 100)}),
	rapid.StringN(0, 3, 3),
)

// GenCollections returns a generator of states with weak hashes.
func GenCollections(weak Weak) func(*rapid.T) *Collections {
	return func(t *rapid.T) *Collections {
		c := NewWeakCollections(weak)
		for range rapid.IntRange(0, 3).Draw(t, "collections") {
			name := genName.Draw(t, "name")
			for _, e := range GenStrings(t) {
				c.insertMember(name, []byte(e))
			}
		}
		for range rapid.IntRange(0, 2).Draw(t, "counters") {
			name := genName.Draw(t, "name")
			genUpdates(t, func(origin Origin, n uint64, down bool) {
				i := 0
				if down {
					i = 1
				}
				if delta, err := c.count(name, origin, i, n); err == nil {
					c.Join(delta)
				}
			})
		}
		if rapid.IntRange(0, 19).Draw(t, "many names") == 0 {
			for n := range rapid.IntRange(0, 300).Draw(t, "names") {
				c.insertMember(strings.Repeat("x", n%7)+string(rune('0'+n)), nil)
			}
		}
		return c
	}
}
