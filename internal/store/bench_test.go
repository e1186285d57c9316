package store_test

import (
	"iter"
	"math/rand/v2"
	"os"
	"runtime"
	"slices"
	"strconv"
	"sync"
	"testing"
	"time"

	"gset/crdt"
	"gset/internal/store"
)

var benchKey = crdt.Key{1, 2}

// keys returns a set of random keys of 16 bytes.
func keys(n int) *crdt.KeySet {
	s, rng, key := crdt.NewKeySet(benchKey), rand.New(rand.NewPCG(1, 2)), make([]byte, 16)
	for s.Len() < n {
		for i := range key {
			key[i] = byte(rng.Uint32())
		}
		if _, err := s.Insert(key); err != nil {
			panic(err)
		}
	}
	return s
}

// partsOf cuts a set into parts of 64 KiB.
func partsOf(s *crdt.KeySet) iter.Seq2[[]byte, error] {
	return func(yield func([]byte, error) bool) {
		for part, err := range crdt.Split(s, 0, 64<<10) {
			var data []byte
			if err == nil {
				data, err = part.AppendBinary(nil)
			}
			if !yield(data, err) {
				return
			}
		}
	}
}

// sizeOf returns how many bytes the files of a folder have.
func sizeOf(t *testing.T, dir string) (n int64) {
	t.Helper()
	entries, err := os.ReadDir(dir)
	if err != nil {
		t.Fatal(err)
	}
	for _, e := range entries {
		info, err := e.Info()
		if err != nil {
			t.Fatal(err)
		}
		n += info.Size()
	}
	return n
}

func openBench(tb testing.TB, dir string, apply func([]byte) error) (*store.Store, *store.Recovered) {
	tb.Helper()
	s, recovered, err := store.Open(store.Config{About: about, Dir: dir}, apply)
	if err != nil {
		tb.Fatal(err)
	}
	return s, recovered
}

// BenchmarkCommit is of one writer: each commit has its sync.
func BenchmarkCommit(b *testing.B) {
	for name, n := range map[string]int{"one add": 1, "1000 adds": 1000} {
		b.Run(name, func(b *testing.B) {
			s, _ := openBench(b, b.TempDir(), nil)
			delta, err := keys(n).AppendBinary(nil)
			if err != nil {
				b.Fatal(err)
			}
			for b.Loop() {
				if err := s.Commit(delta); err != nil {
					b.Fatal(err)
				}
			}
			b.ReportMetric(float64(b.N*n)/b.Elapsed().Seconds(), "adds/s")
			if err := s.Close(); err != nil {
				b.Fatal(err)
			}
		})
	}
}

// BenchmarkWriters is of writers that each wait until their add is on disk, beside one alone.
func BenchmarkWriters(b *testing.B) {
	for name, writers := range map[string]int{"1": 1, "64": 64, "256": 256} {
		b.Run(name, func(b *testing.B) {
			s, _ := openBench(b, b.TempDir(), nil)
			delta, err := keys(1).AppendBinary(nil)
			if err != nil {
				b.Fatal(err)
			}
			times := make([][]time.Duration, writers)
			var all sync.WaitGroup
			b.ResetTimer()
			for w := range writers {
				all.Go(func() {
					for range (b.N + writers - 1) / writers {
						began := time.Now()
						if err := s.Commit(delta); err != nil {
							b.Error(err)
						}
						times[w] = append(times[w], time.Since(began))
					}
				})
			}
			all.Wait()
			b.StopTimer()
			waits := slices.Concat(times...)
			slices.Sort(waits)
			b.ReportMetric(float64(len(waits))/b.Elapsed().Seconds(), "adds/s")
			b.ReportMetric(waits[len(waits)/2].Seconds()*1000, "p50-ms")
			b.ReportMetric(waits[len(waits)*99/100].Seconds()*1000, "p99-ms")
			if err := s.Close(); err != nil {
				b.Fatal(err)
			}
		})
	}
}

// BenchmarkOpen is from the folder to a set of keys that can be read, after a compaction; and the memory that takes.
func BenchmarkOpen(b *testing.B) {
	for _, n := range []int{1_000_000, 10_000_000} {
		b.Run(strconv.Itoa(n), func(b *testing.B) {
			dir := b.TempDir()
			onDisk := fillWithKeys(b, dir, n)
			open := func(each func()) *crdt.KeySet {
				got := crdt.NewKeySet(benchKey)
				s, _ := openBench(b, dir, func(delta []byte) error {
					d, err := got.Decode(delta)
					if err == nil {
						got.Merge(d)
					}
					each()
					return err
				})
				if err := s.Close(); err != nil || got.Len() != n {
					b.Fatal(got.Len(), err)
				}
				return got
			}
			for b.Loop() {
				open(func() {})
			}
			var m runtime.MemStats
			inUse := func() uint64 {
				runtime.ReadMemStats(&m)
				return m.HeapAlloc
			}
			runtime.GC()
			runtime.GC()
			before, peak := inUse(), uint64(0)
			got := open(func() { peak = max(peak, inUse()) })
			runtime.GC()
			b.ReportMetric(onDisk, "disk/encoded")
			b.ReportMetric(float64(peak-before)/float64(inUse()-before), "peak/state")
			runtime.KeepAlive(got)
		})
	}
}

// fillWithKeys makes a store with a snapshot of n keys, and returns its size by that of their binary form.
func fillWithKeys(b *testing.B, dir string, n int) (onDisk float64) {
	all := keys(n)
	s, _ := openBench(b, dir, nil)
	if err := s.Compact(partsOf(all)); err != nil {
		b.Fatal(err)
	}
	if err := s.Close(); err != nil {
		b.Fatal(err)
	}
	encoded, err := all.AppendBinary(nil)
	if err != nil {
		b.Fatal(err)
	}
	return float64(s.Stats().Snapshot) / float64(len(encoded))
}

func TestSizeOnDiskAndMemoryWhileOpeningFollowTheState(t *testing.T) {
	dir, all := t.TempDir(), keys(200_000)
	encoded, err := all.AppendBinary(nil)
	if err != nil {
		t.Fatal(err)
	}
	s, _ := openBench(t, dir, nil)
	for chunk := range slices.Chunk(encoded, 50_000) { // the log's bytes do not matter
		if err := s.Commit(chunk); err != nil {
			t.Fatal(err)
		}
	}
	if err := s.Compact(partsOf(all)); err != nil {
		t.Fatal(err)
	}
	s.Settle()
	if got, most := sizeOf(t, dir), int64(len(encoded))*3/2+2*store.DefaultSegment; got > most {
		t.Errorf("%d bytes on disk of a state of %d, more than %d", got, len(encoded), most)
	}
	if snapshot := s.Stats().Snapshot; snapshot > int64(len(encoded))*101/100 {
		t.Errorf("a snapshot of %d bytes of a state of %d", snapshot, len(encoded))
	}
	if err := s.Close(); err != nil {
		t.Fatal(err)
	}

	// The store's own memory is a buffer and a batch, however large the state is.
	var before, after runtime.MemStats
	runtime.ReadMemStats(&before)
	s, recovered := openBench(t, dir, func([]byte) error {
		runtime.ReadMemStats(&after)
		return nil
	})
	taken := after.TotalAlloc - before.TotalAlloc
	t.Logf("opening %d bytes in %d parts takes %d bytes of memory", recovered.Bytes, recovered.Parts, taken)
	if taken > 2<<20 {
		t.Errorf("opening %d bytes takes %d bytes of memory besides the state", recovered.Bytes, taken)
	}
	if err := s.Close(); err != nil {
		t.Fatal(err)
	}
}
