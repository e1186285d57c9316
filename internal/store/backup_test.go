package store_test

import (
	"maps"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"gset/internal/store"
)

// A backup is never written into the folder of a store, by whatever path: it could take the place of the store's files.
func TestABackupIsNotWrittenIntoAStoresFolder(t *testing.T) {
	top := t.TempDir()
	dir, link := filepath.Join(top, "d"), filepath.Join(top, "link")
	if err := os.Symlink(dir, link); err != nil {
		t.Fatal(err)
	}
	l := openLedger(t, dir)
	l.add(3)
	state := numbers{1: true}
	for _, folder := range []string{dir, filepath.Join(dir, "..", "d"), link} {
		for _, name := range []string{"0000000001.log", "cluster.json", "lease", "lock", "backup"} {
			path := filepath.Join(folder, name)
			if err := store.WriteBackup(store.Config{About: about}, path, state.parts()); err == nil || !strings.Contains(err.Error(), path) {
				t.Errorf("%s: %v", path, err)
			}
		}
	}
	l.add(4)
	l.close()
	again := openLedger(t, dir)
	again.close()
	if !maps.Equal(again.entries, l.entries) {
		t.Errorf("%v, want %v", again.entries, l.entries)
	}
	if err := os.Mkdir(filepath.Join(dir, "backups"), 0o700); err != nil {
		t.Fatal(err)
	}
	if err := store.WriteBackup(store.Config{About: about}, filepath.Join(dir, "backups", "b"), state.parts()); err != nil {
		t.Errorf("a folder in it is no store's: %v", err)
	}
}
