package main

import (
	"os"
	"path/filepath"
	"strings"
	"testing"
)

// A file for backups that could not be written, or is among the store's own, is refused before anything is served.
func TestABackupThatCouldNotBeWrittenIsRefusedAtTheStart(t *testing.T) {
	dir := t.TempDir()
	link, store := filepath.Join(dir, "link"), filepath.Join(dir, "store")
	if err := os.Mkdir(store, 0o700); err != nil {
		t.Fatal(err)
	}
	if err := os.Symlink(store, link); err != nil {
		t.Fatal(err)
	}
	for backup, says := range map[string]string{
		dir + "/none/b":                       "none: no such file",
		dir:                                   "is not a file",
		file(t, "") + "/b":                    "not a",
		store + "/0000000001.log":             "inside of the store's folder",
		link + "/b":                           "inside of the store's folder",
		link + "/../store/b":                  "inside of the store's folder",
		filepath.Join(store, "../store", "b"): "inside of the store's folder",
	} {
		status, _, problems := once("serve", "--listen=127.0.0.1:0", "--dir="+store, "--backup="+backup)
		if status != exitUsage || !strings.Contains(problems, says) {
			t.Errorf("%s: status %d, %s", backup, status, problems)
		}
	}
	for _, backup := range []string{dir + "/b", file(t, ""), store + "2"} {
		cmd := serveCmd{storeFlags: storeFlags{Dir: store}, Backup: backup}
		if err := cmd.checkBackup(); err != nil {
			t.Error(err)
		}
	}
}
