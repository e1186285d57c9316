package store_test

import (
	"errors"
	"io/fs"
	"maps"
	"path/filepath"
	"strings"
	"sync"
	"sync/atomic"
	"testing"

	"gset/internal/store"
	"gset/internal/store/modelfs"
)

func TestReadBesideCommitsAndCompactionsHasAllThatWasAcknowledged(t *testing.T) {
	for name, config := range map[string]store.Config{
		"model":  {Dir: "d", FS: modelfs.New(1)},
		"system": {Dir: filepath.Join(t.TempDir(), "d")},
	} {
		t.Run(name, func(t *testing.T) {
			config.About, config.Segment = about, store.MinSegment
			s, _, err := store.Open(config, nil)
			if err != nil {
				t.Fatal(err)
			}
			var (
				acknowledged atomic.Uint32
				reads        atomic.Int64
				all          sync.WaitGroup
			)
			all.Go(func() {
				state := numbers{}
				for n := uint32(1); reads.Load() < 100; n++ {
					if err := s.Commit(deltaOf(n, int(n%900))); err != nil {
						t.Error(err)
						return
					}
					state[n] = true
					acknowledged.Store(n)
					if n%20 == 0 {
						if err := s.Compact(state.parts()); err != nil {
							t.Error(err)
						}
					}
				}
			})
			for reads.Add(1) < 100 {
				before, got := acknowledged.Load(), numbers{}
				if _, err := store.Read(config, got.apply); err != nil {
					reads.Store(100)
					t.Fatal(err)
				}
				after := acknowledged.Load() + 1
				for n := uint32(1); n <= before; n++ {
					if !got[n] {
						t.Errorf("%d of %d is missing", n, before)
					}
				}
				if n := uint32(len(got)); n > after {
					t.Errorf("%d deltas are read of %d", n, after)
				}
			}
			all.Wait()
			if err := s.Close(); err != nil {
				t.Fatal(err)
			}
		})
	}
}

// Read finds what Open finds, and refuses what Open refuses.
func TestReadTellsDamage(t *testing.T) {
	f := freeze(t, true)
	config := store.Config{About: about, Dir: "d", Segment: segment, FS: f.fs}
	files, got := strings.Join(f.fs.Files(), " "), numbers{}
	if _, err := store.Read(config, got.apply); err != nil || !maps.Equal(got, f.all) {
		t.Errorf("%d deltas of %d: %v", len(got), len(f.all), err)
	}
	for _, name := range f.fs.Files() {
		if ext := filepath.Ext(name); ext != ".log" && ext != ".snapshot" {
			continue
		}
		fs := f.fs.Clone()
		fs.Edit(name, func(b []byte) []byte { b[530] ^= 1; return b })
		config.FS = fs
		_, err := store.Read(config, numbers{}.apply)
		if damage := (*store.DamageError)(nil); !errors.As(err, &damage) || damage.File != name {
			t.Errorf("a bit of %s is flipped: %v", name, err)
		}
		fs = f.fs.Clone()
		if err := fs.Remove(name); err != nil {
			t.Fatal(err)
		}
		config.FS = fs
		if _, err := store.Read(config, numbers{}.apply); !errors.As(err, new(*store.DamageError)) {
			t.Errorf("%s is missing: %v", name, err)
		}
	}
	config.FS = f.fs
	lock, err := f.fs.Lock("d/lock")
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = lock.Close() }()
	f.fs.Edit(f.last, func(b []byte) []byte { clear(b[f.end-frameGrain-1:]); return b })
	got = numbers{}
	if recovered, err := store.Read(config, got.apply); err != nil || !maps.Equal(got, f.upTo(f.end-1)) || recovered.Torn == 0 {
		t.Errorf("a last commit that is being written: %d deltas, %+v, %v", len(got), recovered, err)
	}
	if after := strings.Join(f.fs.Files(), " "); after != files {
		t.Errorf("Read has changed %s to %s", files, after)
	}
}

func TestReadOfNoStoreIsAnError(t *testing.T) {
	for _, config := range []store.Config{
		{About: about, Dir: t.TempDir()},
		{About: about, Dir: filepath.Join(t.TempDir(), "none")},
	} {
		if _, err := store.Read(config, numbers{}.apply); !errors.Is(err, fs.ErrNotExist) || !strings.Contains(err.Error(), config.Dir) {
			t.Errorf("%v", err)
		}
	}
}
