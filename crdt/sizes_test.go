// Seconds of insertions in one goroutine have nothing for the race detector.

//go:build !race

package crdt

import (
	"fmt"
	"math"
	"math/rand/v2"
	"slices"
	"strings"
	"testing"
	"text/tabwriter"

	"github.com/RoaringBitmap/roaring/v2/roaring64"
	"github.com/cockroachdb/datadriven"
)

// TestSizes holds the sizes of typical sets in binary form against
// testdata/gset_sizes.txt. They stand beside the least that any form can do where
// the shape says how many sets there are of it, k elements of a range of n: the
// logarithm of n over k; and beside roaring bitmaps with their runs optimised.
//
//	go test ./crdt -run TestSizes -rewrite
func TestSizes(t *testing.T) {
	datadriven.RunTest(t, "testdata/gset_sizes.txt", func(t *testing.T, d *datadriven.TestData) string {
		var table strings.Builder
		w := tabwriter.NewWriter(&table, 0, 0, 2, ' ', tabwriter.AlignRight)
		fmt.Fprintln(w, "elements\tleast\tgset\troaring\t")
		for _, shape := range sizeShapes() {
			s := NewGSet(GenKey, shape.elements...)
			b, err := s.AppendBinary(nil)
			if err != nil {
				d.Fatalf(t, "%v", err)
			}
			if got, err := s.Decode(b); err != nil || !got.Equal(s) {
				d.Fatalf(t, "%s: decodes to another set, %v", shape.name, err)
			}
			least := "-"
			if shape.of > 0 {
				least = fmt.Sprintf("%.0f", math.Ceil(entropy(shape.of, s.Len())/8))
			}
			r := roaring64.BitmapOf()
			for x := range s.All() {
				r.Add(uint64(x))
			}
			r.RunOptimize()
			fmt.Fprintf(w, "%d\t%s\t%d\t%d\t  %s\n", s.Len(), least, len(b), r.GetSerializedSizeInBytes(), shape.name)
		}
		w.Flush()
		return table.String()
	})
}

type sizeShape struct {
	name     string
	elements []int64
	of       float64 // they are a random choice of so many integers; 0 if not
}

func sizeShapes() []sizeShape {
	r := rand.New(rand.NewPCG(1, 2))
	pick := func(n int, from, to int64) []int64 {
		xs := ints(from, to)
		r.Shuffle(len(xs), func(i, j int) { xs[i], xs[j] = xs[j], xs[i] })
		return xs[:n]
	}
	random := func(n int) []int64 {
		xs := make([]int64, n)
		for i := range xs {
			xs[i] = int64(r.Uint64())
		}
		return xs
	}
	var clusters, pairs, stamps []int64
	for range 100 {
		at := int64(r.Uint64() >> 1)
		clusters = append(clusters, pick(30, at, at+60)...)
		pairs = append(pairs, at, at+2)
	}
	now := int64(1) << 40
	for range 1000 {
		now += 1 + int64(r.ExpFloat64()*50)
		for i := range 1 + int64(r.ExpFloat64()*3) {
			stamps = append(stamps, now<<22|i)
		}
	}
	return []sizeShape{
		{"a million consecutive integers", ints(0, million), 0},
		{"all but 500 of a million", pick(million-500, 0, million), million},
		{"half of 2000", pick(1000, 0, 2000), 2000},
		{"half of 100,000", pick(50_000, 0, 100_000), 100_000},
		{"a tenth of 100,000", pick(10_000, 0, 100_000), 100_000},
		{"a hundredth of a million", pick(10_000, 0, million), million},
		{"100 of 2^64", random(100), 1 << 64},
		{"200,000 of 2^64", random(200_000), 1 << 64},
		{"one of 2^64", random(1), 1 << 64},
		{"1041 alone", []int64{1041}, 0},
		{"a millionth integer alone", []int64{million}, 0},
		{"12 consecutive integers near 1000", ints(1000, 1012), 0},
		{"5 of the latest hundred near 4000", pick(5, 4000, 4100), 0},
		{"30 of the latest hundred near a million", pick(30, million, million+100), 0},
		{"a million, half of the next 2000, and ten of 2^64", slices.Concat(ints(0, million), pick(1000, million, million+2000), random(10)), 0},
		{"100 clusters of 30 in 60, anywhere", clusters, 0},
		{"100 pairs x and x+2, anywhere", pairs, 0},
		{"a thousand milliseconds, of some 4 serial numbers below each", stamps, 0},
		{"every thousandth integer below a million", every(1000, 1000), 0},
	}
}

// entropy returns the logarithm of n over k in bits.
func entropy(n float64, k int) float64 {
	if float64(k) > n/2 {
		k = int(n) - k
	}
	bits := 0.0
	for i := range k {
		bits += math.Log2((n - float64(i)) / float64(k-i))
	}
	return bits
}
