package store_test

import (
	"io/fs"
	"os"
	"path/filepath"
	"runtime"
	"testing"

	"gset/internal/store"
)

// Nobody but the owner reads what a store makes. A folder that was there keeps its mode.
func TestOnlyTheOwnerReadsWhatAStoreMakes(t *testing.T) {
	if runtime.GOOS == "windows" {
		return // it has no such modes
	}
	top := t.TempDir()
	there, backup := filepath.Join(top, "there"), filepath.Join(top, "backup")
	if err := os.Mkdir(there, 0o755); err != nil {
		t.Fatal(err)
	}
	state := numbers{1: true}
	for dir, want := range map[string]fs.FileMode{there: 0o755, filepath.Join(top, "parent", "made"): 0o700} {
		l := openLedger(t, dir)
		l.add(3)
		if err := l.store.Compact(state.parts()); err != nil {
			t.Fatal(err)
		}
		l.close()
		if err := store.WriteBackup(store.Config{About: about}, backup, state.parts()); err != nil {
			t.Fatal(err)
		}
		paths, err := filepath.Glob(filepath.Join(dir, "*"))
		if err != nil || len(paths) < 4 {
			t.Fatal(paths, err)
		}
		for _, path := range append(paths, backup) {
			if info, err := os.Stat(path); err != nil || info.Mode() != 0o600 {
				t.Errorf("%s: %v, %v", path, info.Mode(), err)
			}
		}
		if info, err := os.Stat(dir); err != nil || info.Mode().Perm() != want {
			t.Errorf("%s: %v, %v", dir, info.Mode(), err)
		}
		if info, err := os.Stat(filepath.Dir(dir)); err != nil || dir != there && info.Mode().Perm() != 0o700 {
			t.Errorf("%s: %v, %v", filepath.Dir(dir), info.Mode(), err)
		}
	}
}
