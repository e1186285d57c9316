package cluster_test

import (
	"os"
	"path/filepath"
	"testing"
)

func TestABackupIsRestoredByAnyMember(t *testing.T) {
	nodes := openThree(t)
	add(t, nodes[0], "set", numbered("x", 5000)...)
	if err := nodes[0].Increment(within(t), "counter", 7); err != nil {
		t.Fatal(err)
	}
	path := filepath.Join(t.TempDir(), "backup")
	if err := nodes[0].Backup(path); err != nil {
		t.Fatal(err)
	}
	if err := nodes[0].Restore(within(t), path); err != nil { // its own counts, again
		t.Fatal(err)
	}
	other := config(t, newCA(t), "a")
	other.Key = nodes[0].Key()
	fresh := open(t, other)
	for range 2 {
		if err := fresh.Restore(within(t), path); err != nil {
			t.Fatal(err)
		}
	}
	if v, err := fresh.Value(within(t), "counter"); err != nil || v.Int64() != 7 {
		t.Errorf("%v, %v", v, err)
	}
	if of, err := fresh.Lookup(within(t), "set"); err != nil || of.Elements != 5000 {
		t.Errorf("%+v, %v", of, err)
	}

	data, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	data[len(data)/2] ^= 1
	if err := os.WriteFile(path, data, 0o600); err != nil {
		t.Fatal(err)
	}
	if err := fresh.Restore(within(t), path); err == nil {
		t.Error("a damaged backup was restored")
	}
	if err := open(t, config(t, newCA(t), "a")).Restore(within(t), path); err == nil {
		t.Error("a backup of another cluster was restored")
	}
}
