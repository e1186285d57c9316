package store_test

import (
	"bytes"
	"errors"
	"iter"
	"maps"
	"sync"
	"syscall"
	"testing"
	"testing/synctest"

	"gset/internal/store"
	"gset/internal/store/modelfs"
)

func TestWritersThatWaitForASyncShareTheNextOne(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		fs := modelfs.New(1)
		s, _, _, err := openAt(fs, false)
		if err != nil {
			t.Fatal(err)
		}
		disk := make(chan struct{}) // a sync takes one
		fs.Fault = func(op modelfs.Op, _ string) error {
			if op == modelfs.Sync {
				<-disk
			}
			return nil
		}
		acknowledged := make(chan uint32, 100)
		write := func(n uint32) {
			if err := s.Commit(deltaOf(n, 0)); err != nil {
				t.Error(err)
			}
			acknowledged <- n
		}
		go write(0)
		synctest.Wait()
		for n := range uint32(63) {
			go write(n + 1)
		}
		synctest.Wait()
		if len(acknowledged) != 0 {
			t.Errorf("%d commits are acknowledged before any sync", len(acknowledged))
		}
		for _, want := range []int{1, 64} {
			disk <- struct{}{}
			if synctest.Wait(); len(acknowledged) != want {
				t.Errorf("%d commits are acknowledged, want %d", len(acknowledged), want)
			}
		}
		if stats := s.Stats(); stats.Commits != 2 || stats.Deltas != 64 || stats.Commit.Count != 2 || stats.Failed != 0 {
			t.Errorf("%d commits of %d deltas", stats.Commits, stats.Deltas)
		}
		close(disk)
		if err := s.Close(); err != nil {
			t.Error(err)
		}
	})
}

func TestWhatWasAppendedIsOnDiskAfterFlushAndClose(t *testing.T) {
	for name, end := range map[string]func(*store.Store) error{"flush": (*store.Store).Flush, "close": (*store.Store).Close} {
		fs, want := modelfs.New(1), numbers{}
		s, _, _, err := openAt(fs, false)
		if err != nil {
			t.Fatal(err)
		}
		for n := range uint32(100) {
			if _, err := s.Append(deltaOf(n, 10)); err != nil {
				t.Fatal(err)
			}
			want[n] = true
		}
		if err := end(s); err != nil {
			t.Error(err)
		}
		s.Settle()
		fs.Crash()
		again, got, _, err := openAt(fs, false)
		if err != nil || !maps.Equal(got, want) {
			t.Fatalf("%s: %d deltas of %d: %v", name, len(got), len(want), err)
		}
		_ = again.Close()
	}
}

func TestAClosedStoreTakesNothing(t *testing.T) {
	s, _, _, err := openAt(modelfs.New(1), false)
	if err != nil {
		t.Fatal(err)
	}
	for range 2 {
		if err := s.Close(); err != nil {
			t.Fatal(err)
		}
	}
	_, renew := s.Renew()
	for what, err := range map[string]error{
		"commit": s.Commit(deltaOf(1, 0)), "flush": s.Flush(), "compact": s.Compact(numbers{}.parts()), "renew": renew,
	} {
		if !errors.Is(err, store.ErrClosed) {
			t.Errorf("%s: %v", what, err)
		}
	}
}

func TestDeltasOfAnySizeUpToTheBound(t *testing.T) {
	fs := modelfs.New(1)
	got := map[int]bool{}
	apply := func(delta []byte) error {
		if len(bytes.TrimLeft(delta, "x")) > 0 {
			return errors.New("another delta")
		}
		got[len(delta)] = true
		return nil
	}
	config := store.Config{About: about, Dir: "d", Segment: store.MinSegment, FS: fs}
	s, _, err := store.Open(config, apply)
	if err != nil {
		t.Fatal(err)
	}
	largest := bytes.Repeat([]byte("x"), store.MaxDelta)
	sizes := []int{1, 127, 128, 511, 512, 4000, 4096, 5000, 70_000, store.MaxDelta - 1, store.MaxDelta, store.MaxDelta - 2}
	var all [][]byte
	for _, n := range sizes {
		all = append(all, largest[:n])
	}
	if err := s.Commit(all...); err != nil { // more than one frame has room for
		t.Fatal(err)
	}
	if err := s.Commit(append(largest, 'x')); !errors.Is(err, store.ErrTooLarge) {
		t.Errorf("a delta that is too large: %v", err)
	}
	if err := s.Commit(nil, nil); err == nil {
		t.Error("an empty delta is taken")
	}
	if err := s.Close(); err != nil {
		t.Fatal(err)
	}
	if s, _, err = store.Open(config, apply); err != nil || len(got) != len(sizes) {
		t.Fatalf("%d deltas of %d: %v", len(got), len(sizes), err)
	}
	_ = s.Close()
}

func TestAFullDiskFailsCommitsForCertainAndUntilThereIsRoom(t *testing.T) {
	fs, want := modelfs.New(1), numbers{}
	s, _, _, err := openAt(fs, false)
	if err != nil {
		t.Fatal(err)
	}
	n := uint32(0)
	for range 3 {
		s.Settle()
		fs.Capacity = fs.Size() + segment/2
		for {
			n++
			if err = s.Commit(deltaOf(n, 1000)); err != nil {
				break
			}
			want[n] = true
		}
		for range 5 {
			if !errors.Is(err, syscall.ENOSPC) || errors.Is(err, store.ErrUncertain) {
				t.Fatal(err)
			}
			err = s.Commit(deltaOf(n, 1000))
		}
		s.Settle()
		fs.Capacity = 0
		n++
		if err := s.Commit(deltaOf(n, 1000)); err != nil {
			t.Fatal(err)
		}
		want[n] = true
	}
	s.Settle()
	fs.Crash()
	s, got, _, err := openAt(fs, false)
	if err != nil || !maps.Equal(got, want) {
		t.Fatalf("%d deltas of %d: %v", len(got), len(want), err)
	}
	_ = s.Close()
}

// A sync that failed is not repeated: the model takes all for clean after it, as Linux does.
func TestASyncThatFailedIsNotBelievedLater(t *testing.T) {
	for seed := range uint64(200) {
		fs, want := modelfs.New(seed), numbers{}
		s, _, _, err := openAt(fs, false)
		if err != nil {
			t.Fatal(err)
		}
		syncs, failed := 0, uint64(0)
		fs.Fault = func(op modelfs.Op, _ string) error {
			if op == modelfs.Sync {
				if syncs++; syncs%4 == 0 {
					return syscall.EIO
				}
			}
			return nil
		}
		for n := range uint32(20) {
			switch err := s.Commit(deltaOf(n, 700)); {
			case err == nil:
				want[n] = true
			case !errors.Is(err, syscall.EIO):
				t.Fatal(err)
			default:
				failed++
			}
			s.Settle()
		}
		if stats := s.Stats(); stats.Abandoned == 0 || stats.Failed != failed || stats.Commits != 20-failed || stats.Commit.Count != 20 {
			t.Fatalf("%d commits failed: %+v", failed, stats)
		}
		fs.Fault = nil
		fs.Crash()
		s, got, _, err := openAt(fs, false)
		if err != nil {
			t.Fatal(err)
		}
		holds(t, "after failed syncs", got, want)
		_ = s.Close()
	}
}

func TestCompactBesideCommitsLosesNothing(t *testing.T) {
	fs, state := modelfs.New(1), numbers{}
	config := store.Config{About: about, Dir: "d", Segment: store.MinSegment, FS: fs}
	s, _, err := store.Open(config, numbers{}.apply)
	if err != nil {
		t.Fatal(err)
	}
	var mu sync.Mutex // guards state
	parts := func(yield func([]byte, error) bool) {
		for n := uint32(0); ; n++ { // as many as there are by then
			mu.Lock()
			more := state[n]
			mu.Unlock()
			if !more || !yield(deltaOf(n, 0), nil) {
				return
			}
		}
	}
	var done sync.WaitGroup
	done.Go(func() {
		for range 20 {
			if err := s.Compact(parts); err != nil {
				t.Error(err)
			}
		}
	})
	for n := range uint32(2000) {
		mu.Lock()
		if err := s.Commit(deltaOf(n, 10)); err != nil {
			t.Fatal(err)
		}
		state[n] = true
		mu.Unlock()
	}
	done.Wait()
	if err := s.Compact(parts); err != nil {
		t.Fatal(err)
	}
	stats := s.Stats()
	if stats.LogBytes != 0 || stats.Snapshot < 2000*5 || stats.Snapshots != 21 {
		t.Errorf("%+v", stats)
	}
	fs.Crash()
	got := numbers{}
	s, recovered, err := store.Open(config, got.apply)
	if err != nil || !maps.Equal(got, state) {
		t.Fatalf("%d deltas of %d: %v", len(got), len(state), err)
	}
	if recovered.Parts != 2000 {
		t.Errorf("%+v", recovered)
	}
	_ = s.Close()
}

func TestCompactThatFailsLeavesTheStoreAsItWas(t *testing.T) {
	fs := modelfs.New(1)
	s, _, _, err := openAt(fs, false)
	if err != nil {
		t.Fatal(err)
	}
	state := numbers{1: true, 2: true}
	if err := s.Commit(deltaOf(1, 0), deltaOf(2, 0)); err != nil {
		t.Fatal(err)
	}
	no := errors.New("no more")
	for _, parts := range []iter.Seq2[[]byte, error]{
		func(yield func([]byte, error) bool) { _ = yield(deltaOf(1, 0), nil) && yield(nil, no) },
		func(yield func([]byte, error) bool) { yield(make([]byte, store.MaxDelta+1), nil) },
		func(yield func([]byte, error) bool) { yield(nil, nil) },
	} {
		before := fs.Files()
		if err := s.Compact(parts); err == nil {
			t.Error("it does not fail")
		}
		if after := fs.Files(); len(after) != len(before) {
			t.Errorf("%q, and before %q", after, before)
		}
	}
	fs.Crash()
	s, got, _, err := openAt(fs, false)
	if err != nil || !maps.Equal(got, state) {
		t.Fatalf("%v: %v", got, err)
	}
	_ = s.Close()
}
