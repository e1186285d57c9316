package inspect

import (
	"bytes"
	"encoding/binary"
	"iter"
	"os"
	"path/filepath"
	"testing"

	"gset/crdt"
	"gset/internal/store"
	"gset/internal/store/modelfs"
	"gset/replica/cluster"
)

// about is whose backups the fuzz targets read.
var about = store.About{Cluster: "c", State: "collections", Member: "m"}

// oneFile is a file system that has one file, whatever its name is. A real one would make a target a hundred times
// slower, and its coverage another each time, so that an input of new coverage would be made smaller for a minute.
type oneFile struct {
	store.FS
	text []byte
}

func (f oneFile) Open(string) (store.File, error) {
	return memory{Reader: bytes.NewReader(f.text)}, nil
}

// memory is a file that is read only.
type memory struct {
	store.File
	*bytes.Reader
}

func (m memory) ReadAt(b []byte, at int64) (int, error) { return m.Reader.ReadAt(b, at) }
func (m memory) Close() error                           { return nil }
func (m memory) Stat() (store.Stat, error)              { return store.Stat{Size: m.Reader.Size()}, nil }

// form returns the binary form of a state.
func form(t testing.TB) []byte {
	t.Helper()
	s := crdt.NewCollections(crdt.Key{1, 2})
	if _, err := s.Insert("set", []byte("x")); err != nil {
		t.Fatal(err)
	}
	if err := s.Raise("counter", crdt.Origin{Node: "n", Incarnation: 1}, crdt.Balance{Up: 3}); err != nil {
		t.Fatal(err)
	}
	b, err := s.AppendBinary(nil)
	if err != nil {
		t.Fatal(err)
	}
	return b
}

// backupOf returns the bytes of a backup that has some records.
func backupOf(t testing.TB, records ...[]byte) []byte {
	t.Helper()
	files := modelfs.New(1)
	parts := iter.Seq2[[]byte, error](func(yield func([]byte, error) bool) {
		for _, r := range records {
			if !yield(r, nil) {
				return
			}
		}
	})
	if err := store.WriteBackup(store.Config{About: about, FS: files}, "/backup", parts); err != nil {
		t.Fatal(err)
	}
	var text []byte
	files.Edit("/backup", func(b []byte) []byte {
		text = bytes.Clone(b)
		return b
	})
	return text
}

func keyRecord() []byte {
	return binary.LittleEndian.AppendUint64(binary.LittleEndian.AppendUint64([]byte{'K'}, 1), 2)
}

// Whatever a file has: an error, damage, or a backup.
func FuzzBackup(f *testing.F) {
	good := backupOf(f, keyRecord(), form(f))
	f.Add(good)
	f.Add(good[:560])
	f.Fuzz(func(t *testing.T, text []byte) {
		c, err := read(oneFile{text: text}, "backup", false, "")
		if err == nil && c.Damage == nil && (!c.Backup || c.State == nil && len(text) > 1<<12) {
			t.Errorf("%+v", c)
		}
	})
}

// Records that a backup has in good order, whatever they are: an error, or a state.
func FuzzRecords(f *testing.F) {
	f.Add(true, form(f), keyRecord())
	f.Add(true, form(f), form(f))
	f.Add(false, keyRecord(), keyRecord())
	f.Add(false, form(f), []byte("K"))
	f.Fuzz(func(t *testing.T, withKey bool, first, second []byte) {
		records := [][]byte{first, second}
		if withKey {
			records = append([][]byte{keyRecord()}, records...)
		}
		for _, r := range records {
			if len(r) == 0 || len(r) > store.MaxDelta { // which no store takes
				return
			}
		}
		c, err := read(oneFile{text: backupOf(t, records...)}, "backup", false, "")
		switch {
		case err == nil && (c.Damage != nil || c.State == nil || !c.Backup):
			t.Errorf("%+v", c)
		case err == nil && bytes.Equal(first, second): // joining is idempotent
			once, err := read(oneFile{text: backupOf(t, records[:len(records)-1]...)}, "backup", false, "")
			if err != nil {
				t.Fatal(err)
			}
			if a, b := Diff(once.State, c.State, 3); !a.Empty() || !b.Empty() {
				t.Errorf("%+v, %+v", a, b)
			}
		}
	})
}

// The file that a member's folder has for its hash key, whatever is in it.
func FuzzKeyFile(f *testing.F) {
	for _, text := range []string{
		`{"cluster":"c","key":"00000000000000010000000000000002","members":{"b":"127.0.0.1:1"}}`, `{"key":"0"}`, `{"key":7}`, `{}`, `null`, "",
	} {
		f.Add([]byte(text))
	}
	dir := f.TempDir()
	path := filepath.Join(dir, "cluster.json")
	f.Fuzz(func(t *testing.T, text []byte) {
		if err := os.WriteFile(path, text, 0o600); err != nil {
			t.Fatal(err)
		}
		if name, key, err := cluster.FolderCluster(dir); err == nil && name == "" {
			t.Errorf("cluster %q, key %v", name, key)
		}
	})
}
