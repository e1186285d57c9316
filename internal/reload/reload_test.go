package reload_test

import (
	"errors"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"gset/internal/reload"
)

// file is a file whose changes are seen, however coarse the file system's clock is.
type file struct {
	t    *testing.T
	path string
	at   time.Time
}

func newFile(t *testing.T, text string) *file {
	t.Helper()
	f := &file{t, filepath.Join(t.TempDir(), "file"), time.Unix(1e9, 0)}
	f.write(text)
	return f
}

func (f *file) write(text string) {
	f.t.Helper()
	f.at = f.at.Add(time.Second)
	if err := errors.Join(os.WriteFile(f.path, []byte(text), 0o600), os.Chtimes(f.path, f.at, f.at)); err != nil {
		f.t.Fatal(err)
	}
}

func (f *file) load() (string, error) {
	text, err := os.ReadFile(f.path)
	if err == nil && strings.Contains(string(text), "nonsense") {
		err = errors.New("nonsense")
	}
	return string(text), err
}

func expect(t *testing.T, get func() (string, bool, error), value string, changed, failed bool) {
	t.Helper()
	if v, c, err := get(); v != value || c != changed || (err != nil) != failed {
		t.Errorf("%q, changed %v, %v; want %q, changed %v, failed %v", v, c, err, value, changed, failed)
	}
}

func TestTheLastGoodValueStays(t *testing.T) {
	f := newFile(t, "nonsense")
	r := reload.New(f.load, false, f.path)
	expect(t, r.Get, "", false, true)
	expect(t, r.Get, "", false, true) // there is none yet: each time
	f.write("one")
	expect(t, r.Get, "one", true, false)
	expect(t, r.Get, "one", false, false)
	f.write("nonsense")
	expect(t, r.Get, "one", false, true)
	expect(t, r.Get, "one", false, false) // told once
	f.write("nonsense, too")
	expect(t, r.Get, "one", false, true)
	f.write("two")
	expect(t, r.Get, "two", true, false)
	if err := os.Remove(f.path); err != nil {
		t.Fatal(err)
	}
	expect(t, r.Get, "two", false, true)
	expect(t, r.Get, "two", false, false)
	f.write("two")
	expect(t, r.Get, "two", true, false)
}

func TestAFileThatIsBeingWrittenIsLeftAlone(t *testing.T) {
	f := newFile(t, "one")
	r := reload.New(f.load, true, f.path)
	expect(t, r.Get, "one", true, false)
	f.write("tw")
	expect(t, r.Get, "one", false, false)
	f.write("two")
	expect(t, r.Get, "one", false, false)
	expect(t, r.Get, "two", true, false)
	f.write("three")
	expect(t, r.GetNow, "three", true, false)
	expect(t, r.Get, "three", false, false)
}
