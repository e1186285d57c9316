package riblt

import (
	"fmt"
	"slices"
	"testing"
)

// Reproduce with: go test -run '^$' -bench . -benchmem ./crdt/riblt

func BenchmarkAdd(b *testing.B) {
	items := randomItems(4096, 1)
	for _, n := range []int{0, 64, 1024, MaxSketch} {
		b.Run(fmt.Sprint(n), func(b *testing.B) {
			s := New(n)
			b.ReportAllocs()
			i := 0
			for b.Loop() {
				s.Add(items[i%4096])
				i++
			}
		})
	}
}

// BenchmarkPeel subtracts a sketch and peels the difference.
func BenchmarkPeel(b *testing.B) {
	for _, d := range []int{1, 10, 100, 1000, 5000} {
		b.Run(fmt.Sprint(d), func(b *testing.B) {
			n := 8 + d*3/2
			whole := Of(slices.Values(randomItems(d, 1)), n)
			empty := New(n)
			b.ReportAllocs()
			for b.Loop() {
				s := whole.Prefix(n)
				s.Subtract(empty)
				if _, complete, err := s.Peel(); !complete || err != nil {
					b.Fatal(complete, err)
				}
			}
			b.ReportMetric(float64(b.Elapsed().Nanoseconds())/float64(b.N)/float64(d), "ns/item")
		})
	}
}

// BenchmarkCodec has ids as those of a set without large gaps, and random ones.
func BenchmarkCodec(b *testing.B) {
	near := make([]Item, 4000)
	for i := range near {
		near[i] = Item{1<<55 + uint64(i), uint32(Mix(uint64(i)) >> (64 - TagBits))}
	}
	for name, items := range map[string][]Item{"near": near, "random64": randomItems(4000, 1)} {
		for _, n := range []int{0, 100, 1000} {
			s := Of(slices.Values(items), n)
			enc := form(s)
			b.Run(fmt.Sprintf("%s/%d/encode", name, n), func(b *testing.B) {
				b.ReportAllocs()
				var buf []byte
				for b.Loop() {
					buf, _ = s.AppendBinary(buf[:0])
				}
				b.ReportMetric(float64(len(enc)), "bytes")
			})
			b.Run(fmt.Sprintf("%s/%d/decode", name, n), func(b *testing.B) {
				b.ReportAllocs()
				for b.Loop() {
					if _, err := Decode(enc); err != nil {
						b.Fatal(err)
					}
				}
			})
		}
	}
}

// BenchmarkOf sketches the items of a key range.
func BenchmarkOf(b *testing.B) {
	items := randomItems(16_384, 1)
	for _, n := range []int{0, 64, 4000, MaxSketch} {
		b.Run(fmt.Sprint(n), func(b *testing.B) {
			b.ReportAllocs()
			for b.Loop() {
				Of(slices.Values(items), n)
			}
			b.ReportMetric(float64(b.Elapsed().Nanoseconds())/float64(b.N)/float64(len(items)), "ns/item")
		})
	}
}

// BenchmarkReplace changes an item, as a set does whose page grows.
func BenchmarkReplace(b *testing.B) {
	items := randomItems(4097, 1)
	for _, n := range []int{0, 64, 1024, MaxSketch} {
		b.Run(fmt.Sprint(n), func(b *testing.B) {
			s := New(n)
			b.ReportAllocs()
			i := 0
			for b.Loop() {
				s.Replace(items[i%4096], items[i%4096+1])
				i++
			}
		})
	}
}
