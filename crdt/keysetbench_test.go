package crdt

import (
	"encoding/binary"
	"encoding/hex"
	"fmt"
	"math/rand/v2"
	"runtime"
	"testing"
	"time"

	"gset/crdt/riblt"
)

// Reproduce with: go test -run '^$' -bench KeySet -benchmem ./crdt

// tokens makes elements of 15 bytes, all different, in an order that is that of no hash.
type tokens struct {
	r   *rand.Rand
	buf [15]byte
}

func newTokens() *tokens { return &tokens{r: rand.New(rand.NewPCG(1, 2))} }

// next returns the next element, which is overwritten by the one after it.
func (ts *tokens) next() []byte {
	var random [8]byte
	binary.LittleEndian.PutUint64(random[:], ts.r.Uint64())
	return append(ts.buf[:0], hex.EncodeToString(random[:])[:15]...)
}

func keySetOfTokens(n int) *KeySet {
	s := NewKeySet(benchKey)
	for ts := newTokens(); s.Len() < n; {
		s.insert(ts.next())
	}
	return s
}

// BenchmarkKeySetInsert builds a set of a million elements of 15 bytes; the time is per
// element, and so is the memory that is still in use in the end.
func BenchmarkKeySetInsert(b *testing.B) {
	b.Run("keyset", func(b *testing.B) {
		benchKeySetInsert(b, func() func([]byte) {
			s := NewKeySet(benchKey)
			return func(e []byte) { s.insert(e) }
		})
	})
	b.Run("sketched", func(b *testing.B) {
		benchKeySetInsert(b, func() func([]byte) {
			s := NewKeySet(benchKey)
			s.Sketch(riblt.MaxSketch)
			return func(e []byte) { s.insert(e) }
		})
	})
	b.Run("map", func(b *testing.B) {
		benchKeySetInsert(b, func() func([]byte) {
			s := map[string]struct{}{}
			return func(e []byte) {
				if _, found := s[string(e)]; !found {
					s[string(e)] = struct{}{}
				}
			}
		})
	})
}

func benchKeySetInsert(b *testing.B, build func() func([]byte)) {
	b.ReportAllocs()
	insert, ts := build(), newTokens()
	n := 0
	for b.Loop() {
		if n == million {
			insert, ts, n = build(), newTokens(), 0
		}
		insert(ts.next())
		n++
	}
	b.StopTimer()
	insert = nil
	before := heap()
	insert, ts = build(), newTokens()
	for range million {
		insert(ts.next())
	}
	b.ReportMetric(float64(heap()-before)/million, "heap-B/element")
	runtime.KeepAlive(insert)
}

// BenchmarkKeySetContains looks up elements in the order they came in.
func BenchmarkKeySetContains(b *testing.B) {
	s, ts := keySetOfTokens(million), newTokens()
	b.ReportAllocs()
	n := 0
	for b.Loop() {
		if n == million {
			ts, n = newTokens(), 0
		}
		if !s.Contains(ts.next()) {
			b.Fatal("lost an element")
		}
		n++
	}
}

// BenchmarkKeySetDelta makes the state of one element, and reads it back.
func BenchmarkKeySetDelta(b *testing.B) {
	ts := newTokens()
	b.Run("new", func(b *testing.B) {
		b.ReportAllocs()
		for b.Loop() {
			NewKeySet(benchKey).insert(ts.next())
		}
	})
	b.Run("decode", func(b *testing.B) {
		s := keySetOfTokens(1)
		enc, err := s.AppendBinary(nil)
		if err != nil {
			b.Fatal(err)
		}
		b.ReportAllocs()
		for b.Loop() {
			if _, err := s.Decode(enc); err != nil {
				b.Fatal(err)
			}
		}
	})
}

// BenchmarkKeySetJoin joins into a set of a million elements: one that is new, a thousand
// that are, all of them again, and all of them into an empty set.
func BenchmarkKeySetJoin(b *testing.B) {
	s := keySetOfTokens(million)
	for _, n := range []int{1, 1000} {
		b.Run(fmt.Sprint("new/", n), func(b *testing.B) {
			ts := tokens{r: rand.New(rand.NewPCG(3, uint64(n)))}
			b.ReportAllocs()
			for b.Loop() {
				b.StopTimer()
				delta := s.New()
				for range n {
					delta.insert(ts.next())
				}
				b.StartTimer()
				s.Join(delta)
			}
		})
	}
	other := s.Clone()
	b.Run("known", func(b *testing.B) {
		b.ReportAllocs()
		for b.Loop() {
			s.Join(other)
		}
	})
	b.Run("into empty", func(b *testing.B) {
		b.ReportAllocs()
		for b.Loop() {
			s.New().Join(s)
		}
	})
}

// BenchmarkKeySetWalks takes a million elements from one end to the other.
func BenchmarkKeySetWalks(b *testing.B) {
	s := keySetOfTokens(million)
	enc, err := s.AppendBinary(nil)
	if err != nil {
		b.Fatal(err)
	}
	decode := func() {
		if _, err := s.Decode(enc); err != nil {
			b.Fatal(err)
		}
	}
	var buf []byte
	for _, walk := range []struct {
		name string
		walk func()
	}{
		{"all", func() {
			for range s.All() {
			}
		}},
		{"cells", func() {
			for range s.Cells(0) {
			}
		}},
		{"clone", func() { s.Clone() }},
		{"encode", func() { buf, _ = s.AppendBinary(buf[:0]) }},
		{"decode", decode},
		{"gc", runtime.GC},
	} {
		b.Run(walk.name, func(b *testing.B) {
			b.ReportAllocs()
			for b.Loop() {
				walk.walk()
			}
		})
	}
	b.Logf("the binary form takes %.2f bytes an element", float64(len(enc))/million)
}

// BenchmarkKeySetTenMillion builds a set of ten million elements of 15 bytes, once; the
// memory is per element, with 128 kB of a sketch that the set keeps.
func BenchmarkKeySetTenMillion(b *testing.B) {
	const n = 10 * million
	before := heap()
	s := NewKeySet(benchKey)
	s.Sketch(riblt.MaxSketch)
	ts := newTokens()
	for b.Loop() {
		for s.Len() < n {
			s.insert(ts.next())
		}
	}
	b.ReportMetric(float64(b.Elapsed().Nanoseconds())/n, "ns/element")
	b.ReportMetric(float64(heap()-before)/n, "heap-B/element")
	timed := func(name string, f func()) {
		start := time.Now()
		f()
		b.ReportMetric(float64(time.Since(start).Milliseconds()), name)
	}
	var enc []byte
	timed("encode-ms", func() { enc, _ = s.AppendBinary(nil) })
	timed("decode-ms", func() {
		if _, err := s.Decode(enc); err != nil {
			b.Fatal(err)
		}
	})
	timed("clone-ms", func() { s.Clone() })
	timed("gc-ms", runtime.GC)
	b.ReportMetric(float64(len(enc))/n, "wire-B/element")
	runtime.KeepAlive(s)
}
