package store_test

import (
	"errors"
	"syscall"
	"testing"

	"gset/internal/store"
	"gset/internal/store/modelfs"
)

// TestACommitOfWhichAPartIsOnDiskIsUncertain: deltas of 29 MB take two frames. The disk has room for the first.
func TestACommitOfWhichAPartIsOnDiskIsUncertain(t *testing.T) {
	fs := modelfs.New(1)
	s, _, err := store.Open(store.Config{About: about, Dir: "d", FS: fs}, func([]byte) error { return nil })
	if err != nil {
		t.Fatal(err)
	}
	deltas := make([][]byte, 450)
	for i := range deltas {
		deltas[i] = make([]byte, 64<<10)
	}
	s.Settle()
	fs.Capacity = fs.Size() + 22<<20
	if err := s.Commit(deltas...); !errors.Is(err, store.ErrUncertain) || !errors.Is(err, syscall.ENOSPC) {
		t.Errorf("the commit: %v", err)
	}
	if n := s.Stats().Commits; n != 1 {
		t.Errorf("%d commits have succeeded", n)
	}
}
