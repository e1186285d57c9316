package store_test

import (
	"encoding/binary"
	"errors"
	"hash/crc32"
	"io/fs"
	"os"
	"path/filepath"
	"strings"
	"syscall"
	"testing"

	"gset/internal/store"
	"gset/internal/store/modelfs"
)

// contents returns what the files of a folder hold, and when they were changed.
func contents(t *testing.T, dir string) string {
	t.Helper()
	var b strings.Builder
	err := filepath.WalkDir(dir, func(name string, d fs.DirEntry, err error) error {
		if err != nil || d.IsDir() {
			return err
		}
		data, err := os.ReadFile(name)
		if err != nil {
			return err
		}
		info, err := d.Info()
		if err != nil {
			return err
		}
		b.WriteString(name + info.ModTime().String() + string(data))
		return nil
	})
	if err != nil {
		t.Fatal(err)
	}
	return b.String()
}

func TestOpenSaysWhatIsWrongAndTouchesNothing(t *testing.T) {
	dir := t.TempDir()
	l := openLedger(t, dir)
	l.add(5)
	if _, _, err := store.Open(store.Config{About: about, Dir: dir}, l.hear); !errors.Is(err, store.ErrLocked) || !strings.Contains(err.Error(), dir) {
		t.Errorf("opened twice: %v", err)
	}
	l.close()
	logs, err := filepath.Glob(filepath.Join(dir, "*.log"))
	if err != nil || len(logs) != 1 {
		t.Fatal(logs, err)
	}
	own, err := os.ReadFile(logs[0])
	if err != nil {
		t.Fatal(err)
	}
	newer := append([]byte{}, own...)
	binary.LittleEndian.PutUint32(newer[8:], 2)
	binary.LittleEndian.PutUint32(newer[508:], crc32.Checksum(newer[:508], crc32.MakeTable(crc32.Castagnoli)))

	file := filepath.Join(t.TempDir(), "file")
	if err := os.WriteFile(file, nil, 0o666); err != nil {
		t.Fatal(err)
	}
	for _, test := range []struct {
		what  string
		data  []byte
		about store.About
		dir   string
		err   error
		words string
	}{
		{"a newer version", newer, about, dir, store.ErrNewer, "version 2"},
		{"another cluster", own, store.About{Cluster: "x", State: "numbers", Member: "m"}, dir, store.ErrForeign, `cluster "c"`},
		{"another type", own, store.About{Cluster: "c", State: "x", Member: "m"}, dir, store.ErrForeign, `type "numbers"`},
		{"another member", own, store.About{Cluster: "c", State: "numbers", Member: "x"}, dir, store.ErrForeign, `member "m"`},
		{"a file for a folder", own, about, file, syscall.ENOTDIR, file},
		{"a folder in a file", own, about, filepath.Join(file, "d"), syscall.ENOTDIR, file},
	} {
		if err := os.WriteFile(logs[0], test.data, 0o666); err != nil {
			t.Fatal(err)
		}
		before := contents(t, dir)
		_, _, err := store.Open(store.Config{About: test.about, Dir: test.dir}, l.hear)
		if !errors.Is(err, test.err) || !strings.Contains(err.Error(), test.words) {
			t.Errorf("%s: %v", test.what, err)
		}
		if contents(t, dir) != before {
			t.Errorf("%s: the folder was changed", test.what)
		}
	}
	refused := errors.New("no such delta")
	if _, _, err := store.Open(store.Config{About: about, Dir: dir}, func([]byte) error { return refused }); !errors.Is(err, refused) ||
		!strings.Contains(err.Error(), logs[0]) || !strings.Contains(err.Error(), "offset 512") {
		t.Errorf("a delta that the caller refuses: %v", err)
	}
}

func TestWhatTheSystemForbidsIsNamedAtOpen(t *testing.T) {
	for _, forbidden := range []error{syscall.EROFS, syscall.EACCES, syscall.ENOSPC, syscall.EIO} {
		for _, op := range []modelfs.Op{modelfs.MkdirAll, modelfs.Lock, modelfs.Names, modelfs.Create, modelfs.Write, modelfs.Sync, modelfs.Rename, modelfs.SyncDir} {
			fs := modelfs.New(1)
			fs.Fault = func(o modelfs.Op, name string) error {
				if o == op {
					return &os.PathError{Op: string(op), Path: name, Err: forbidden}
				}
				return nil
			}
			_, _, _, err := openAt(fs, false)
			if !errors.Is(err, forbidden) || !strings.Contains(err.Error(), "d") {
				t.Errorf("%v of %s: %v", forbidden, op, err)
			}
			fs.Fault = nil
			s, _, _, err := openAt(fs, false)
			if err != nil {
				t.Fatalf("after %v of %s: %v", forbidden, op, err)
			}
			_ = s.Close()
		}
	}
}

func TestAFileThatIsMissingIsMissed(t *testing.T) {
	f := freeze(t, true)
	missed := 0
	for _, name := range f.fs.Files() {
		if ext := filepath.Ext(name); ext != ".log" && ext != ".snapshot" {
			continue
		}
		fs := f.fs.Clone()
		if err := fs.Remove(name); err != nil {
			t.Fatal(err)
		}
		_, _, _, err := openAt(fs.Clone(), false)
		if !errors.As(err, new(*store.DamageError)) {
			t.Errorf("%s is missing: %v", name, err)
		}
		missed++
		s, got, recovered, err := openAt(fs, true)
		if err != nil || len(recovered.Lost) == 0 {
			t.Fatalf("%s is missing: %v, %+v", name, err, recovered)
		}
		goesOn(t, name+" is missing", fs, s, got)
	}
	if missed < 3 {
		t.Errorf("only %d files", missed)
	}
}

func TestConfigThatMakesNoSenseIsRefused(t *testing.T) {
	long := strings.Repeat("x", 256)
	for _, config := range []store.Config{
		{About: store.About{State: "s", Member: "m"}},
		{About: store.About{Cluster: long, State: "s", Member: "m"}},
		{About: store.About{Cluster: "c", State: long, Member: "m"}},
		{About: store.About{Cluster: "c", State: "s", Member: long}},
		{About: about, Segment: 100},
		{About: about, Segment: -1},
	} {
		config.FS = modelfs.New(1)
		if _, _, err := store.Open(config, numbers{}.apply); err == nil {
			t.Errorf("%+v is taken", config)
		}
	}
}
