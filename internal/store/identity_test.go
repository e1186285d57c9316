package store_test

import (
	"os"
	"path/filepath"
	"strings"
	"testing"

	"gset/internal/store"
)

// ledger is a counter with an entry for each incarnation, over a store in a folder: what other members have heard of it
// is their maximum.
type ledger struct {
	t       *testing.T
	store   *store.Store
	entries map[uint64]uint64
	renewed string
}

func openLedger(t *testing.T, dir string) *ledger {
	t.Helper()
	l := &ledger{t: t, entries: map[uint64]uint64{}}
	s, recovered, err := store.Open(store.Config{About: about, Dir: dir, Segment: store.MinSegment}, l.hear)
	if err != nil {
		t.Fatal(err)
	}
	l.store, l.renewed = s, recovered.Renewed
	return l
}

func (l *ledger) hear(delta []byte) error {
	for origin, n := range decodeEntry(delta) {
		l.entries[origin] = max(l.entries[origin], n)
	}
	return nil
}

func (l *ledger) add(n uint64) {
	l.t.Helper()
	origin := l.store.Incarnation()
	delta := encodeEntry(origin, l.entries[origin]+n)
	if err := l.store.Commit(delta); err != nil {
		l.t.Fatal(err)
	}
	_ = l.hear(delta)
}

func (l *ledger) tell(other *ledger) {
	for origin, n := range l.entries {
		_ = other.hear(encodeEntry(origin, n))
	}
}

func (l *ledger) sum() (sum uint64) {
	for _, n := range l.entries {
		sum += n
	}
	return sum
}

func (l *ledger) close() {
	l.t.Helper()
	if err := l.store.Close(); err != nil {
		l.t.Fatal(err)
	}
}

// copied copies a folder's files to another, into the files that are there.
func copied(t *testing.T, from, to string) {
	t.Helper()
	if err := os.MkdirAll(to, 0o777); err != nil {
		t.Fatal(err)
	}
	if err := os.CopyFS(to, os.DirFS(from)); err != nil {
		t.Fatal(err)
	}
}

func TestFiveHundredRestartsCountExactlyInOneEntry(t *testing.T) {
	dir, want := t.TempDir(), uint64(0)
	for i := range uint64(500) {
		l := openLedger(t, dir)
		l.add(i)
		want += i
		if l.sum() != want || len(l.entries) != 1 {
			t.Fatalf("restart %d: %v, want %d in one entry; %s", i, l.entries, want, l.renewed)
		}
		l.close()
	}
	files, err := os.ReadDir(dir)
	if err != nil {
		t.Fatal(err)
	}
	if len(files) > 10 {
		t.Errorf("500 restarts leave %d files", len(files))
	}
}

func TestAMemberThatIsSetBackTakesANewIncarnation(t *testing.T) {
	for name, restore := range map[string]func(t *testing.T, dir, backup string){
		"into a new folder": func(t *testing.T, dir, backup string) {
			if err := os.RemoveAll(dir); err != nil {
				t.Fatal(err)
			}
			copied(t, backup, dir)
		},
		"over the files that are there": func(t *testing.T, dir, backup string) {
			files, err := filepath.Glob(filepath.Join(backup, "*"))
			if err != nil {
				t.Fatal(err)
			}
			stale, err := filepath.Glob(filepath.Join(dir, "*.log"))
			if err != nil {
				t.Fatal(err)
			}
			for _, name := range stale {
				if err := os.Remove(name); err != nil {
					t.Fatal(err)
				}
			}
			for _, name := range files {
				data, err := os.ReadFile(name)
				if err != nil {
					t.Fatal(err)
				}
				if err := os.WriteFile(filepath.Join(dir, filepath.Base(name)), data, 0o666); err != nil {
					t.Fatal(err)
				}
			}
		},
		"its logs only": func(t *testing.T, dir, backup string) {
			for _, from := range []string{dir, backup} {
				logs, err := filepath.Glob(filepath.Join(from, "*.log"))
				if err != nil {
					t.Fatal(err)
				}
				for _, name := range logs {
					if from == dir {
						err = os.Remove(name)
					} else if data, e := os.ReadFile(name); e != nil {
						err = e
					} else {
						err = os.WriteFile(filepath.Join(dir, filepath.Base(name)), data, 0o666)
					}
					if err != nil {
						t.Fatal(err)
					}
				}
			}
		},
		"by nothing at all": func(t *testing.T, dir, _ string) {
			if err := os.RemoveAll(dir); err != nil {
				t.Fatal(err)
			}
		},
	} {
		t.Run(name, func(t *testing.T) {
			dir, backup := filepath.Join(t.TempDir(), "d"), filepath.Join(t.TempDir(), "b")
			other := &ledger{entries: map[uint64]uint64{}}
			l := openLedger(t, dir)
			l.add(100)
			l.tell(other)
			copied(t, dir, backup)
			l.add(50)
			l.tell(other)
			l.close()

			restore(t, dir, backup)
			l = openLedger(t, dir)
			if l.renewed == "" {
				t.Error("it goes on with its incarnation")
			}
			l.add(10)
			l.tell(other)
			other.tell(l)
			if l.sum() != 160 || other.sum() != 160 {
				t.Errorf("100, 50 and 10 are %d here and %d elsewhere", l.sum(), other.sum())
			}
			l.close()
		})
	}
}

// TestARestoredFolderCostsOneIncarnation and not one at every start from then on, though logs from before are
// copies as long as no snapshot stands for them.
func TestARestoredFolderCostsOneIncarnation(t *testing.T) {
	from, dir := t.TempDir(), t.TempDir()
	l := openLedger(t, from)
	for range 400 { // several logs
		l.add(1)
	}
	l.close()
	copied(t, from, dir)
	for start := range 5 {
		l := openLedger(t, dir)
		if (l.renewed != "") != (start == 0) {
			t.Errorf("start %d: %q", start, l.renewed)
		}
		l.add(1)
		l.close()
		if l.sum() != uint64(401+start) || len(l.entries) != 2 {
			t.Errorf("start %d: %v", start, l.entries)
		}
	}
}

func TestTwoMembersWithOneFoldersCopyLoseNothing(t *testing.T) {
	dir, double := t.TempDir(), filepath.Join(t.TempDir(), "copy")
	a := openLedger(t, dir)
	a.add(5)
	copied(t, dir, double) // while it runs
	b := openLedger(t, double)
	if b.renewed == "" || b.store.Incarnation() == a.store.Incarnation() {
		t.Error("two live stores have one incarnation")
	}
	a.add(7)
	b.add(11)
	a.tell(b)
	b.tell(a)
	if a.sum() != 23 || b.sum() != 23 {
		t.Errorf("5, 7 and 11 are %d and %d", a.sum(), b.sum())
	}
	a.close()
	b.close()
	if again := openLedger(t, double); again.renewed != "" || again.sum() != 23-7 {
		t.Errorf("the copy does not go on with its own incarnation: %q, %d", again.renewed, again.sum())
	} else {
		again.close()
	}
}

func TestAMovedFolderGoesOn(t *testing.T) {
	dir, to := filepath.Join(t.TempDir(), "d"), filepath.Join(t.TempDir(), "to")
	l := openLedger(t, dir)
	l.add(5)
	l.close()
	if err := os.Rename(dir, to); err != nil {
		t.Fatal(err)
	}
	if l = openLedger(t, to); l.renewed != "" || l.sum() != 5 {
		t.Errorf("%q, %d", l.renewed, l.sum())
	}
	l.close()
}

func TestRenewTakesANewIncarnationForGood(t *testing.T) {
	dir := t.TempDir()
	l := openLedger(t, dir)
	l.add(5)
	old := l.store.Incarnation()
	renewed, err := l.store.Renew()
	if err != nil || renewed == old || l.store.Incarnation() != renewed {
		t.Fatalf("%d, then %d: %v", old, renewed, err)
	}
	l.add(6)
	l.close()
	if l = openLedger(t, dir); l.renewed != "" || l.store.Incarnation() != renewed || l.entries[old] != 5 || l.entries[renewed] != 6 {
		t.Errorf("%q, %v", l.renewed, l.entries)
	}
	l.close()
}

func TestABackupIsNoStoreAndRestoresByMerge(t *testing.T) {
	dir, file := t.TempDir(), filepath.Join(t.TempDir(), "backup")
	l := openLedger(t, dir)
	l.add(100)
	write := func(l *ledger) {
		if err := store.WriteBackup(store.Config{About: about}, file, func(yield func([]byte, error) bool) {
			for origin, n := range l.entries {
				if !yield(encodeEntry(origin, n), nil) {
					return
				}
			}
		}); err != nil {
			t.Fatal(err)
		}
	}
	write(l)
	l.add(50)
	l.close()
	other := openLedger(t, t.TempDir())
	for _, to := range []*ledger{openLedger(t, dir), other} {
		for range 3 {
			if _, err := store.ReadBackup(store.Config{About: store.About{Cluster: "c", State: "numbers", Member: "any"}}, file, to.hear); err != nil {
				t.Fatal(err)
			}
		}
		if want := map[bool]uint64{true: 100, false: 150}[to == other]; to.sum() != want {
			t.Errorf("%d after the restore, want %d", to.sum(), want)
		}
		to.close()
	}
	for _, wrong := range []store.About{{Cluster: "x", State: "numbers", Member: "m"}, {Cluster: "c", State: "x", Member: "m"}} {
		if _, err := store.ReadBackup(store.Config{About: wrong}, file, l.hear); err == nil || !strings.Contains(err.Error(), "made for another") {
			t.Errorf("a backup for another: %v", err)
		}
	}
	data, err := os.ReadFile(file)
	if err != nil {
		t.Fatal(err)
	}
	for at := range data { // cut, and flipped
		for _, bad := range [][]byte{data[:at], append(append(append([]byte{}, data[:at]...), data[at]^4), data[at+1:]...)} {
			if err := os.WriteFile(file, bad, 0o666); err != nil {
				t.Fatal(err)
			}
			got := &ledger{entries: map[uint64]uint64{}}
			_, err := store.ReadBackup(store.Config{About: about}, file, got.hear)
			if err == nil && got.sum() != 100 || got.sum() > 100 {
				t.Fatalf("byte %d of %d: a damaged backup counts %d: %v", at, len(data), got.sum(), err)
			}
		}
	}
}
