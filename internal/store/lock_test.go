package store_test

import (
	"errors"
	"maps"
	"os"
	"path/filepath"
	"runtime"
	"testing"

	"gset/internal/store"
	"pgregory.net/rapid"
)

// Read and Open agree on where a store is damaged and where a commit was cut off, as long as nobody has it open.
func TestReadJudgesTheLastCommitAsOpenDoes(t *testing.T) {
	f := freeze(t, false)
	last := f.begins
	for end := range f.ends {
		if end < f.end {
			last = max(last, end)
		}
	}
	rapid.Check(t, func(r *rapid.T) {
		at := rapid.Int64Range(last, f.end-1).Draw(r, "at")
		files := f.fs.Clone()
		files.Edit(f.last, func(b []byte) []byte {
			if rapid.Bool().Draw(r, "cut off") {
				clear(b[at:])
			} else {
				b[at] ^= 1 << rapid.IntRange(0, 7).Draw(r, "bit")
			}
			return b
		})
		read := numbers{}
		found, err := store.Read(store.Config{About: about, Dir: "d", Segment: segment, FS: files}, read.apply)
		s, opened, recovered, wrong := openAt(files, false)
		switch {
		case (err == nil) != (wrong == nil) || errors.As(err, new(*store.DamageError)) != errors.As(wrong, new(*store.DamageError)):
			r.Fatalf("Read says %v, and Open says %v", err, wrong)
		case err != nil:
			return
		case found.Torn != recovered.Torn || !maps.Equal(read, opened):
			r.Fatalf("Read says %+v, and Open says %+v", found, recovered)
		}
		if err := s.Close(); err != nil {
			r.Fatal(err)
		}
	})
}

// While a process has the store open Read takes a last commit that it cannot read for one that is being written.
func TestReadTakesTheLastCommitForOneThatIsBeingWrittenWhileTheStoreIsOpen(t *testing.T) {
	f := freeze(t, false)
	f.fs.Edit(f.last, func(b []byte) []byte { b[f.end-frameGrain-1] ^= 1; return b })
	config := store.Config{About: about, Dir: "d", Segment: segment, FS: f.fs}
	if _, err := store.Read(config, numbers{}.apply); !errors.As(err, new(*store.DamageError)) {
		t.Errorf("nobody has it open: %v", err)
	}
	lock, err := f.fs.Lock("d/lock")
	if err != nil {
		t.Fatal(err)
	}
	got := numbers{}
	if r, err := store.Read(config, got.apply); err != nil || r.Torn == 0 {
		t.Errorf("somebody has it open: %+v, %v", r, err)
	}
	if err := lock.Close(); err != nil {
		t.Fatal(err)
	}
}

// A folder that is open is locked also when somebody has removed the lock's file.
func TestAFolderIsLockedWithoutTheFileOfItsLock(t *testing.T) {
	if runtime.GOOS == "windows" {
		return // it does not let anybody remove a file that is open
	}
	dir := t.TempDir()
	l := openLedger(t, dir)
	l.add(1)
	path := filepath.Join(dir, "lock")
	if held, err := store.OS.Locked(path); !held || err != nil {
		t.Errorf("it is open: %v, %v", held, err)
	}
	if err := os.Remove(path); err != nil {
		t.Fatal(err)
	}
	if _, _, err := store.Open(store.Config{About: about, Dir: dir}, numbers{}.apply); !errors.Is(err, store.ErrLocked) {
		t.Errorf("a second process: %v", err)
	}
	if held, err := store.OS.Locked(path); !held || err != nil {
		t.Errorf("it is open: %v, %v", held, err)
	}
	l.add(1)
	l.close()
	if held, err := store.OS.Locked(path); held || err != nil {
		t.Errorf("it is closed: %v, %v", held, err)
	}
	again := openLedger(t, dir)
	again.close()
}
