package crdt

import (
	"cmp"
	"fmt"
	"slices"
	"strings"
	"testing"

	"pgregory.net/rapid"
)

// nameTable returns names in a table, under hashes of so many bits.
func nameTable(n int, bits uint) *names {
	ns := new(names)
	for i := range n {
		name := fmt.Sprint("name", i)
		hash := hashName(GenKey, name) >> (64 - bits) << (64 - bits)
		if _, found := ns.find(hash, name); found {
			panic(name + " is there before it was added")
		}
		ns.add(named{name: name, hash: hash})
	}
	return ns
}

// The index finds every name and no other, and yields them in the order of their hashes from any hash on,
// also if most hashes are equal; so does a copy.
func TestTheIndexOfNamesHasAllInOrder(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		n := rapid.OneOf(rapid.IntRange(2, 20), rapid.IntRange(2, 6000)).Draw(t, "names")
		width := rapid.SampledFrom([]uint{nameBits, nameBits, 34, 20, 12, 4, 1}).Draw(t, "bits of a hash")
		if width < 8 {
			n = min(n, 2000) // names with one hash are looked through one by one
		}
		ns := nameTable(n, width)
		if rapid.Bool().Draw(t, "copy") {
			copied := new(names)
			copied.copyFrom(ns)
			ns = copied
		}
		var hashes []uint64
		for number := range n {
			of := ns.at(number)
			hashes = append(hashes, of.hash)
			if got, found := ns.find(of.hash, of.name); !found || got != number {
				t.Fatalf("%s has the number %d, %v, want %d", of.name, got, found, number)
			}
			if _, found := ns.find(of.hash, of.name+"."); found {
				t.Fatalf("found a name that is not there")
			}
		}
		slices.Sort(hashes)
		first := rapid.IntRange(0, n-1).Draw(t, "first")
		from := hashes[first] + rapid.Uint64Range(0, 1).Draw(t, "beyond")
		want, _ := slices.BinarySearch(hashes, from)
		var got []uint64
		for number := range ns.index.from(ns, from) {
			got = append(got, ns.at(number).hash)
		}
		if !slices.Equal(got, hashes[want:]) {
			t.Fatalf("from %x on there are %d hashes, want %d", from, len(got), n-want)
		}
		sorted := ns.sorted(nil)
		if len(sorted) != n || !slices.IsSortedFunc(sorted, func(a, b int) int {
			return cmp.Or(cmp.Compare(ns.at(a).hash, ns.at(b).hash), strings.Compare(ns.at(a).name, ns.at(b).name))
		}) {
			t.Fatalf("%d names in no order", len(sorted))
		}
	})
}

// A list in pieces is the list, and its copy another one.
func TestAListInPiecesIsAList(t *testing.T) {
	for _, n := range []int{0, 1, 2, pieceLength - 1, pieceLength, pieceLength + 1, 2 * pieceLength, 5*pieceLength + 7} {
		var list pieces[int]
		for i := range n {
			list.append(i)
		}
		copied := list.clone(nil)
		copied.append(n)
		list.append(-1)
		if list.len() != n+1 || copied.len() != n+1 || *list.at(n) != -1 || *copied.at(n) != n {
			t.Errorf("%d and one more are %d, and in a copy %d", n, list.len(), copied.len())
		}
		for i := range n {
			if *list.at(i) != i || *copied.at(i) != i {
				t.Fatalf("of %d, number %d is %d, and in a copy %d", n, i, *list.at(i), *copied.at(i))
			}
		}
	}
}
