package cluster_test

import (
	"bytes"
	"errors"
	"io/fs"
	"log/slog"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"gset/replica/cluster"
	"pgregory.net/rapid"
)

// A folder that has lost the file of its hash key does not get another key: its store would be lost with it. A member
// to join tells the key.
func TestALostHashKeyIsNotReplacedByAnother(t *testing.T) {
	ca := newCA(t)
	a := open(t, config(t, ca, "a"))
	c := config(t, ca, "b", a)
	c.Dir = t.TempDir()
	b := open(t, c)
	add(t, b, "set", "x")
	if err := b.Close(); err != nil {
		t.Fatal(err)
	}
	path := filepath.Join(c.Dir, "cluster.json")
	if err := os.Remove(path); err != nil {
		t.Fatal(err)
	}
	founder := c
	founder.Join = nil
	for _, again := range []cluster.Config{founder, {Alone: true, Name: "b", Dir: c.Dir}} {
		if _, err := cluster.Open(again); err == nil || !strings.Contains(err.Error(), "has lost cluster.json") {
			t.Errorf("alone %v: %v", again.Alone, err)
		}
		if _, err := os.Stat(path); !errors.Is(err, fs.ErrNotExist) {
			t.Errorf("there is a file with another key: %v", err)
		}
	}
	b = open(t, c)
	awaitElements(t, b, "set", 1)
}

// Whatever bit of the key's file flips, the node serves its state or refuses, and says which file it is; it does not
// write the file.
func TestADamagedKeyFileIsRefusedOrHarmless(t *testing.T) {
	c := cluster.Config{Alone: true, Dir: t.TempDir()}
	n := open(t, c)
	add(t, n, "set", "x")
	if err := n.Close(); err != nil {
		t.Fatal(err)
	}
	path := filepath.Join(c.Dir, "cluster.json")
	good, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	rapid.Check(t, func(r *rapid.T) {
		flipped := bytes.Clone(good)
		flipped[rapid.IntRange(0, len(good)-1).Draw(r, "at")] ^= 1 << rapid.IntRange(0, 7).Draw(r, "bit")
		if err := os.WriteFile(path, flipped, 0o600); err != nil {
			r.Fatal(err)
		}
		n, err := cluster.Open(c)
		if err != nil {
			if now, _ := os.ReadFile(path); !strings.Contains(err.Error(), "cluster.json") || !bytes.Equal(now, flipped) {
				r.Fatalf("%s became %s: %v", flipped, now, err)
			}
			return
		}
		has, err := n.Contains(within(t), "set", []byte("x"))
		if err = errors.Join(err, n.Close()); err != nil || !has {
			r.Fatalf("%s: %v, %v", flipped, has, err)
		}
	})
}

// A folder whose logs are gone is told from a new one.
func TestAFolderWithoutItsLogsSaysSo(t *testing.T) {
	var text bytes.Buffer
	c := cluster.Config{Alone: true, Dir: t.TempDir(), Log: slog.New(slog.NewTextHandler(&text, nil))}
	for range 2 {
		if err := open(t, c).Close(); err != nil {
			t.Fatal(err)
		}
	}
	if strings.Contains(text.String(), "begins with nothing") {
		t.Error(text.String())
	}
	logs, err := filepath.Glob(filepath.Join(c.Dir, "0*"))
	if err != nil || len(logs) == 0 {
		t.Fatal(logs, err)
	}
	for _, path := range logs {
		if err := os.Remove(path); err != nil {
			t.Fatal(err)
		}
	}
	if err := open(t, c).Close(); err != nil || !strings.Contains(text.String(), "begins with nothing") {
		t.Error(text.String(), err)
	}
}
