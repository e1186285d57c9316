package crdt

import (
	"encoding/binary"
	"slices"
	"strings"

	"pgregory.net/rapid"
)

// KeySetOf returns a set of elements, none of them too long, with cell ids that are shorter
// by narrow bits.
func KeySetOf(narrow uint8, elements ...string) *KeySet {
	s := &KeySet{key: GenKey, narrow: narrow}
	for _, e := range elements {
		s.insert([]byte(e))
	}
	return s
}

// GenStrings draws elements: few short ones, so that states overlap, some of any bytes, ones
// at the lengths where their length takes a byte more, and now and then enough for several
// blocks.
func GenStrings(t *rapid.T) []string {
	elements := rapid.SliceOfN(rapid.OneOf(
		rapid.SampledFrom([]string{"", "a", "b", "ab", "\x00", "\xff\xfe", "ada", "bob", "cy"}),
		rapid.StringN(0, 20, 20),
		rapid.SampledFrom([]string{strings.Repeat("x", 127), strings.Repeat("x", 128)}),
	), 0, 6).Draw(t, "elements")
	if rapid.IntRange(0, 19).Draw(t, "many") == 0 {
		first := rapid.SampledFrom([]uint64{0, 100, 1 << 40}).Draw(t, "first")
		for n := range rapid.Uint64Range(0, 400).Draw(t, "n") {
			elements = append(elements, string(binary.AppendUvarint(nil, first+n)))
		}
	}
	return elements
}

// GenKeySet returns a generator of sets whose cell ids are shorter by narrow bits.
func GenKeySet(narrow uint8) func(*rapid.T) *KeySet {
	return func(t *rapid.T) *KeySet { return KeySetOf(narrow, GenStrings(t)...) }
}

// stringsOf returns the elements as strings, in the order of their bytes.
func stringsOf(s *KeySet) []string {
	all := []string{}
	for e := range s.All() {
		all = append(all, string(e))
	}
	slices.Sort(all)
	return all
}
