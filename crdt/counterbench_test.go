package crdt

import (
	"fmt"
	"testing"
)

// Reproduce with: go test -run '^$' -bench Counter -benchmem ./crdt

// benchCounter has entries of n nodes from a first one on, of some hundreds each;
// odd entries are greater by more.
func benchCounter(first, n int, more uint64) *GCounter {
	c := NewGCounter(benchKey)
	for i := first; i < first+n; i++ {
		delta, err := c.Increment(Origin{fmt.Sprintf("n%d", i), 1_700_000_000}, 500+uint64(i%2)*more)
		if err != nil {
			panic(err)
		}
		c.Join(delta)
	}
	return c
}

// BenchmarkCounterJoin joins a counter of 1,000 entries into another.
func BenchmarkCounterJoin(b *testing.B) {
	for _, j := range []struct {
		name  string
		delta *GCounter
	}{
		{"equal", benchCounter(0, 1000, 0)},
		{"half-greater", benchCounter(0, 1000, 1)},
		{"half-new", benchCounter(500, 1000, 0)},
		{"novel", benchCounter(1000, 1000, 0)},
	} {
		b.Run(j.name, func(b *testing.B) {
			benchJoin(b, benchCounter(0, 1000, 0).Clone, func(c *GCounter) { c.Join(j.delta) })
		})
	}
}

// BenchmarkCounterUpdate makes the delta of an increment of one entry of 1,000, and
// joins it.
func BenchmarkCounterUpdate(b *testing.B) {
	c := benchCounter(0, 1000, 0)
	b.ReportAllocs()
	for b.Loop() {
		delta, err := c.Increment(Origin{"n501", 1_700_000_000}, 1)
		if err != nil {
			b.Fatal(err)
		}
		c.Join(delta)
	}
}

func BenchmarkCounterCells(b *testing.B) {
	c := benchCounter(0, 1000, 0)
	b.ReportAllocs()
	for b.Loop() {
		for range c.Cells(0) {
		}
	}
	b.ReportMetric(float64(b.Elapsed().Nanoseconds())/float64(b.N)/1000, "ns/cell")
}

// BenchmarkCounterCodec puts the bytes of a delta of one entry beside those of the
// full state.
func BenchmarkCounterCodec(b *testing.B) {
	for _, n := range []int{1, 1000} {
		c := benchCounter(0, n, 0)
		enc, err := c.AppendBinary(nil)
		if err != nil {
			b.Fatal(err)
		}
		b.Run(fmt.Sprintf("encode%d", n), func(b *testing.B) {
			b.ReportAllocs()
			var buf []byte
			for b.Loop() {
				buf, _ = c.AppendBinary(buf[:0])
			}
			b.ReportMetric(float64(len(enc)), "bytes")
		})
		b.Run(fmt.Sprintf("decode%d", n), func(b *testing.B) {
			b.ReportAllocs()
			for b.Loop() {
				if _, err := c.Decode(enc); err != nil {
					b.Fatal(err)
				}
			}
		})
	}
}
