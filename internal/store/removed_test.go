package store_test

import (
	"errors"
	"maps"
	"os"
	"path/filepath"
	"runtime"
	"testing"

	"gset/internal/store"
	"gset/internal/store/modelfs"
)

// A store whose files were moved away takes nothing, says so and begins nothing in their place; it goes on when they are
// back.
func TestAStoreWhoseFilesWereMovedAwayTakesNothing(t *testing.T) {
	fs := modelfs.New(1)
	s, _, _, err := openAt(fs, false)
	if err != nil {
		t.Fatal(err)
	}
	if err := s.Commit(deltaOf(1, 0)); err != nil {
		t.Fatal(err)
	}
	fs.Move("d", "elsewhere")
	_, renew := s.Renew()
	for what, err := range map[string]error{
		"commit": s.Commit(deltaOf(2, 0)), "flush": s.Flush(), "compact": s.Compact(numbers{1: true}.parts()), "renew": renew,
	} {
		if !errors.Is(err, store.ErrRemoved) || errors.Is(err, store.ErrUncertain) {
			t.Errorf("%s: %v", what, err)
		}
	}
	if names, err := fs.Names("d"); len(names) != 0 || err != nil {
		t.Errorf("there is %q, %v", names, err)
	}
	if stats := s.Stats(); stats.Failed != 1 || stats.Commits != 1 {
		t.Errorf("%d commits failed, and %d did not", stats.Failed, stats.Commits)
	}
	fs.Move("elsewhere", "d")
	if err := errors.Join(s.Commit(deltaOf(3, 0)), s.Close()); err != nil {
		t.Error(err)
	}
	again, got, _, err := openAt(fs, false)
	if want := (numbers{1: true, 3: true}); err != nil || !maps.Equal(got, want) {
		t.Fatalf("%v, want %v: %v", got, want, err)
	}
	_ = again.Close()
}

// A store that loses its folder for good does not close as if all were well.
func TestAStoreWhoseFolderWasRemovedSaysSoWhenItIsClosed(t *testing.T) {
	if runtime.GOOS == "windows" {
		t.Skip("open files cannot be removed")
	}
	dir := filepath.Join(t.TempDir(), "d")
	s, _, err := store.Open(store.Config{About: about, Dir: dir}, numbers{}.apply)
	if err != nil {
		t.Fatal(err)
	}
	if err := s.Commit(deltaOf(1, 0)); err != nil {
		t.Fatal(err)
	}
	if err := os.RemoveAll(dir); err != nil {
		t.Fatal(err)
	}
	if err := os.Mkdir(dir, 0o700); err != nil { // as a tool that sets the machine up may do
		t.Fatal(err)
	}
	if err := s.Commit(deltaOf(2, 0)); !errors.Is(err, store.ErrRemoved) {
		t.Errorf("Commit: %v", err)
	}
	if err := s.Close(); !errors.Is(err, store.ErrRemoved) {
		t.Errorf("Close: %v", err)
	}
}
