package cluster_test

import (
	"encoding/binary"
	"errors"
	"os"
	"path/filepath"
	"testing"
	"time"

	"gset/crdt"
	"gset/internal/store"
	"gset/internal/store/modelfs"
	"gset/replica/cluster"
)

// holds fails the test if a node does not have the elements and the sum.
func holds(t *testing.T, n *cluster.Node, elements int, sum int64) {
	t.Helper()
	of, err := n.Lookup(within(t), "set")
	if err != nil || of.Elements != elements {
		t.Errorf("%s has %d elements, %v; want %d", n.Name(), of.Elements, err, elements)
	}
	if v, err := n.Value(within(t), "counter"); err != nil || v.Int64() != sum {
		t.Errorf("at %s the counter is %v, %v; want %d", n.Name(), v, err, sum)
	}
}

func increment(t *testing.T, n *cluster.Node, by uint64) {
	t.Helper()
	if err := n.Increment(within(t), "counter", by); err != nil {
		t.Fatal(err)
	}
}

func closed(t *testing.T, n *cluster.Node) {
	t.Helper()
	if err := n.Close(); err != nil {
		t.Fatal(err)
	}
}

// A node without peers keeps its state, and later is a member that gives it to others.
func TestANodeThatWasAloneBecomesAMember(t *testing.T) {
	dir := t.TempDir()
	for life := range 3 {
		n := open(t, cluster.Config{Alone: true, Name: "a", Dir: dir})
		holds(t, n, 100*life, int64(life))
		add(t, n, "set", numbered(string(rune('a'+life)), 100)...)
		increment(t, n, 1)
		if held, err := n.Wait(within(t), 0); err != nil || held != 0 {
			t.Errorf("%d others hold it, %v", held, err)
		}
		if s, err := n.Status(within(t)); err != nil || s.Address != "" || len(s.Members) != 0 || s.Disk == nil {
			t.Errorf("%+v, %v", s, err)
		}
		closed(t, n)
	}
	ca := newCA(t)
	c := config(t, ca, "a")
	c.Dir = dir
	a := open(t, c)
	b := open(t, config(t, ca, "b", a))
	until(t, b, func(c *cluster.Core) bool {
		return c.View().Elements() == 300 && c.View().Value("counter").Int64() == 3
	})
	increment(t, b, 4)
	until(t, a, func(c *cluster.Core) bool { return c.View().Value("counter").Int64() == 7 })
	if err := a.Leave(within(t)); err != nil {
		t.Fatal(err)
	}
	n := open(t, cluster.Config{Alone: true, Name: "a", Dir: dir})
	holds(t, n, 300, 7)
	if err := n.Leave(within(t)); err != nil {
		t.Error(err)
	}
}

// What needs a network is refused of a node that has none.
func TestANodeThatIsAloneTakesNoNetwork(t *testing.T) {
	ca := newCA(t)
	for what, c := range map[string]cluster.Config{
		"an identity":  config(t, ca, "a"),
		"an address":   {Advertise: "127.0.0.1:1"},
		"a seed":       {Join: []string{"127.0.0.1:1"}},
		"a long name":  {Name: string(make([]byte, crdt.MaxNode+1))},
		"another name": {Dir: aloneFolder(t)},
	} {
		c.Alone = true
		if n, err := cluster.Open(c); err == nil {
			t.Errorf("%s: it opens", what)
			closed(t, n)
		}
	}
}

// aloneFolder returns the folder of a node that was alone under the name "a".
func aloneFolder(t *testing.T) string {
	dir := t.TempDir()
	closed(t, open(t, cluster.Config{Alone: true, Name: "a", Dir: dir}))
	return dir
}

// oldFolder writes a store as a gsetd without peers once did: under the cluster's name, with the key among the
// deltas. It returns the key.
func oldFolder(t *testing.T, files store.FS, dir string) crdt.Key {
	t.Helper()
	key := crdt.Key{7, 1 << 60}
	s, _, err := store.Open(store.Config{
		About: store.About{Cluster: "local", State: "collections", Member: "gsetd"}, Dir: dir, FS: files,
	}, nil)
	if err != nil {
		t.Fatal(err)
	}
	record := binary.LittleEndian.AppendUint64(binary.LittleEndian.AppendUint64([]byte{'K'}, key[0]), key[1])
	state := crdt.NewCollections(key)
	for _, e := range numbered("x", 100) {
		if _, err := state.Insert("set", []byte(e)); err != nil {
			t.Fatal(err)
		}
	}
	if err := state.Raise("counter", crdt.Origin{Node: "gsetd", Incarnation: s.Incarnation()}, crdt.Balance{Up: 5}); err != nil {
		t.Fatal(err)
	}
	form, err := state.AppendBinary(nil)
	if err != nil {
		t.Fatal(err)
	}
	for range 2 { // it was opened twice
		if err := errors.Join(s.Commit(record), s.Commit(form)); err != nil {
			t.Fatal(err)
		}
	}
	if err := s.Close(); err != nil {
		t.Fatal(err)
	}
	return key
}

// A folder of a gsetd that kept its key among the deltas opens, as often as one likes, and is backed up.
func TestAnOldFolderOfANodeThatWasAloneOpens(t *testing.T) {
	dir := t.TempDir()
	key := oldFolder(t, store.OS, dir)
	backup := filepath.Join(t.TempDir(), "backup")
	if state, err := cluster.BackupFolder(t.Context(), dir, backup); err != nil || state.Elements() != 100 {
		t.Fatal(err)
	}
	for life := range 3 {
		n := open(t, cluster.Config{Alone: true, Cluster: "local", Name: "gsetd", Dir: dir})
		if n.Key() != key {
			t.Errorf("the key is %v, want %v", n.Key(), key)
		}
		holds(t, n, 100+life, 5+int64(life))
		add(t, n, "set", string(rune('a'+life)))
		increment(t, n, 1)
		if life == 1 {
			if err := n.CompactNow(); err != nil {
				t.Fatal(err)
			}
		}
		closed(t, n)
	}
	c, err := cluster.Folder(dir)
	if err != nil || c.Cluster != "local" || c.Name != "gsetd" || c.Key != key {
		t.Errorf("%+v, %v", c, err)
	}
	if _, err := cluster.Open(cluster.Config{Alone: true, Cluster: "other", Name: "gsetd", Dir: dir}); !errors.Is(err, cluster.ErrOtherCluster) {
		t.Errorf("as of another cluster: %v", err)
	}
	fresh := open(t, cluster.Config{Alone: true, Key: key})
	if err := fresh.Restore(within(t), backup); err != nil {
		t.Error(err)
	}
	holds(t, fresh, 100, 5)
}

// An old folder that was damaged is refused, and can be salvaged.
func TestAnOldFolderThatIsDamagedIsSalvaged(t *testing.T) {
	fs := modelfs.New(1)
	c := cluster.Config{Alone: true, Cluster: "local", Name: "gsetd", Dir: t.TempDir()}.On(fs)
	oldFolder(t, fs, c.Dir)
	for _, name := range fs.Files() {
		if filepath.Ext(name) == ".log" {
			fs.Edit(name, func(b []byte) []byte {
				b[520] ^= 1 // the first record, that of the key
				return b
			})
			break
		}
	}
	if _, err := cluster.Open(c); !errors.As(err, new(*store.DamageError)) {
		t.Fatalf("a damaged store opens: %v", err)
	}
	c.Salvage = true
	holds(t, open(t, c), 100, 5)
}

// A backup of a state under another key is joined only by who says so; twice is once.
func TestAForeignBackupIsJoinedOnlyOnDemand(t *testing.T) {
	from := open(t, cluster.Config{Alone: true, Name: "from"})
	to := open(t, cluster.Config{Alone: true, Name: "to"})
	for _, n := range []*cluster.Node{from, to} {
		add(t, n, "set", "both", n.Name())
		increment(t, n, 2)
	}
	path := filepath.Join(t.TempDir(), "backup")
	if err := from.Backup(path); err != nil {
		t.Fatal(err)
	}
	if err := to.Restore(within(t), path); !errors.Is(err, cluster.ErrOtherCluster) {
		t.Errorf("Restore: %v", err)
	}
	holds(t, to, 2, 2)
	for range 2 {
		if err := to.Import(within(t), path); err != nil {
			t.Fatal(err)
		}
		holds(t, to, 3, 4)
	}
	if key, err := cluster.BackupKey(path); err != nil || key != from.Key() {
		t.Errorf("the backup's key is %v, %v", key, err)
	}
}

// A member writes backups with the key; those that it wrote without are still restored, by who has it.
func TestABackupWithoutItsKeyIsRestored(t *testing.T) {
	n := open(t, cluster.Config{Alone: true})
	add(t, n, "set", numbered("x", 10)...)
	path := filepath.Join(t.TempDir(), "backup")
	if err := n.BackupWithoutKey(path); err != nil {
		t.Fatal(err)
	}
	fresh := open(t, cluster.Config{Alone: true, Key: n.Key()})
	if err := fresh.Restore(within(t), path); err != nil {
		t.Error(err)
	}
	holds(t, fresh, 10, 0)
	other := open(t, cluster.Config{Alone: true})
	for _, restore := range []error{other.Restore(within(t), path), other.Import(within(t), path)} {
		if !errors.Is(restore, cluster.ErrOtherCluster) {
			t.Error(restore)
		}
	}
	if key, err := cluster.BackupKey(path); err != nil || key != (crdt.Key{}) {
		t.Errorf("%v, %v", key, err)
	}
}

// A node whose disk was set back joins a backup with greater sums of its own, and loses no count.
func TestABackupWithGreaterCountsOfTheNodeItselfIsRestored(t *testing.T) {
	fs := modelfs.New(5)
	c := cluster.Config{Alone: true, Dir: t.TempDir()}.On(fs)
	n := open(t, c)
	increment(t, n, 3)
	old := fs.Clone()
	increment(t, n, 97)
	path := filepath.Join(t.TempDir(), "backup")
	if err := n.Backup(path); err != nil {
		t.Fatal(err)
	}
	closed(t, n)
	n = open(t, c.On(old))
	increment(t, n, 10)
	for range 2 {
		if err := n.Restore(within(t), path); err != nil {
			t.Fatal(err)
		}
		until(t, n, func(core *cluster.Core) bool { return core.View().Value("counter").Int64() == 110 })
	}
	increment(t, n, 1)
	holds(t, n, 0, 111)
}

// A folder without a store is none that Folder knows.
func TestAFolderWithoutAStoreIsNobodys(t *testing.T) {
	dir := t.TempDir()
	for _, name := range []string{dir, filepath.Join(dir, "none")} {
		if _, err := cluster.Folder(name); !errors.Is(err, os.ErrNotExist) {
			t.Errorf("%s: %v", name, err)
		}
	}
}

// The members' beacons in the folder of a member that is alone later are not shown.
func TestBeaconsOfAFormerMemberAreNotShown(t *testing.T) {
	ca := newCA(t)
	c := config(t, ca, "a")
	c.Dir, c.Beacon = t.TempDir(), time.Millisecond
	a := open(t, c)
	open(t, config(t, ca, "b", a))
	add(t, a, "set", "x")
	until(t, a, func(c *cluster.Core) bool { return len(c.Beacons()) > 0 })
	closed(t, a)
	n := open(t, cluster.Config{Alone: true, Name: "a", Dir: c.Dir})
	until(t, n, func(c *cluster.Core) bool {
		if c.Whole() != nil || c.View().Names() != 1 {
			t.Errorf("%d names are shown", c.View().Names())
		}
		return true
	})
}
