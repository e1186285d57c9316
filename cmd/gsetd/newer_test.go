package main

import (
	"encoding/binary"
	"hash/crc32"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"gset/crdt"
	"gset/internal/store"
)

// newerFile makes the file of a store say that it is of a later version of the format, in a way that fits it.
func newerFile(t *testing.T, path string) {
	t.Helper()
	text, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	const header, at = 512, 8
	text[at] = 7
	binary.LittleEndian.PutUint32(text[header-4:], crc32.Checksum(text[:header-4], crc32.MakeTable(crc32.Castagnoli)))
	if err := os.WriteFile(path, text, 0o600); err != nil {
		t.Fatal(err)
	}
}

// newerForm writes a backup whose state has a later version of its binary form.
func newerForm(t *testing.T) (path string) {
	t.Helper()
	path = filepath.Join(t.TempDir(), "backup")
	s := crdt.NewCollections(crdt.Key{1, 2})
	if _, err := s.Insert("set", []byte("x")); err != nil {
		t.Fatal(err)
	}
	form, err := s.AppendBinary(nil)
	if err != nil {
		t.Fatal(err)
	}
	form[0]++
	key := binary.LittleEndian.AppendUint64(binary.LittleEndian.AppendUint64([]byte{'K'}, 1), 2)
	config := store.Config{About: store.About{Cluster: "c", State: "collections", Member: "m"}}
	if err := store.WriteBackup(config, path, func(yield func([]byte, error) bool) { _ = yield(key, nil) && yield(form, nil) }); err != nil {
		t.Fatal(err)
	}
	return path
}

// What a newer version has written is not called damaged: each command says which version there is, and which this program
// reads, changes nothing, and fails.
func TestWhatANewerVersionWroteIsToldByItsVersion(t *testing.T) {
	dir, backup, _ := filled(t, []any{"SADD", "s", "a", "b"})
	folder := t.TempDir()
	if err := os.CopyFS(folder, os.DirFS(dir)); err != nil {
		t.Fatal(err)
	}
	logs, err := filepath.Glob(folder + "/*.log")
	if err != nil || len(logs) == 0 {
		t.Fatal(logs, err)
	}
	for _, path := range logs {
		newerFile(t, path)
	}
	file := filepath.Join(t.TempDir(), "newer")
	text, err := os.ReadFile(backup)
	if err == nil {
		err = os.WriteFile(file, text, 0o600)
	}
	if err != nil {
		t.Fatal(err)
	}
	newerFile(t, file)
	form := newerForm(t)
	const ofFile, ofForm = "its format is version 7, and this program reads versions up to 1", "is of version 2, and this program reads version 1"
	for _, c := range []struct {
		args   []string
		status int
		says   string
	}{
		{[]string{"inspect", file}, exitFailed, ofFile},
		{[]string{"inspect", folder}, exitFailed, ofFile},
		{[]string{"inspect", form}, exitFailed, ofForm},
		{[]string{"diff", file, backup}, exitTrouble, ofFile},
		{[]string{"diff", backup, folder}, exitTrouble, ofFile},
		{[]string{"diff", form, backup}, exitTrouble, ofForm},
		{[]string{"restore", "--foreign", "--dir", filepath.Join(t.TempDir(), "d"), file}, exitFailed, ofFile},
		{[]string{"restore", "--foreign", "--dir", filepath.Join(t.TempDir(), "d"), form}, exitFailed, ofForm},
		{[]string{"restore", "--foreign", "--dir", folder, backup}, exitFailed, ofFile},
		{[]string{"backup", "--dir", folder, filepath.Join(t.TempDir(), "b")}, exitFailed, ofFile},
		{[]string{"serve", "--listen=127.0.0.1:0", "--dir", folder}, exitFailed, ofFile},
		{[]string{"serve", "--listen=127.0.0.1:0", "--on-damage=refill", "--dir", folder}, exitFailed, ofFile},
	} {
		before := contents(t, folder)
		status, printed, problems := once(c.args...)
		if status != c.status || !strings.Contains(problems, c.says) || strings.Contains(printed+problems, "damage") {
			t.Errorf("gsetd %s: status %d, %q %q; want status %d, %q", strings.Join(c.args, " "), status, printed, problems, c.status, c.says)
		}
		if after := contents(t, folder); after != before {
			t.Errorf("gsetd %s has changed the folder:\n%s\n%s", strings.Join(c.args, " "), before, after)
		}
	}
}

// contents returns the names of a folder's files that hold something, with checksums.
func contents(t *testing.T, dir string) string {
	t.Helper()
	entries, err := os.ReadDir(dir)
	if err != nil {
		t.Fatal(err)
	}
	var all strings.Builder
	for _, e := range entries {
		text, err := os.ReadFile(filepath.Join(dir, e.Name()))
		if err != nil {
			t.Fatal(err)
		}
		if len(text) > 0 && !strings.HasSuffix(e.Name(), ".tmp") {
			all.WriteString(e.Name())
			all.WriteString(" ")
			all.WriteString(strings.ToUpper(string(binary.BigEndian.AppendUint32(nil, crc32.ChecksumIEEE(text)))))
			all.WriteString("\n")
		}
	}
	return all.String()
}
