// Package storetest damages the stores of tests.
package storetest

import (
	"os"
	"path/filepath"
	"testing"
)

// FlipFirst flips a bit in the first log of a folder that nobody has open.
func FlipFirst(t testing.TB, dir string) {
	t.Helper()
	const inRecord = 530 // behind the header, in the first of the log's records
	flip(t, dir, 0, func([]byte) int { return inRecord })
}

// FlipLast flips a bit at the end of what has been committed to the last log of a folder that nobody has open.
func FlipLast(t testing.TB, dir string) {
	t.Helper()
	flip(t, dir, 1, func(b []byte) int {
		at := len(b) - 1
		for b[at] == 0 {
			at--
		}
		return at
	})
}

// flip flips a bit in a log: in the first for 0, in the last for 1.
func flip(t testing.TB, dir string, which int, where func([]byte) int) {
	t.Helper()
	logs, err := filepath.Glob(filepath.Join(dir, "*.log"))
	if err != nil || len(logs) == 0 {
		t.Fatal("no log", err)
	}
	name := logs[which*(len(logs)-1)]
	b, err := os.ReadFile(name)
	if err != nil {
		t.Fatal(err)
	}
	b[where(b)] ^= 1
	if err := os.WriteFile(name, b, 0o600); err != nil {
		t.Fatal(err)
	}
}
