package node

import (
	"fmt"
	"io"
	"os"
	"path/filepath"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"testing/synctest"
	"time"

	"gset/crdt"
	"gset/internal/store"
)

func TestBackupOfANodeThatRunsHasAllThatWasAcknowledged(t *testing.T) {
	const clients, backups = 8, 20
	o := onDisk(t)
	o.segment = store.MinSegment // so that it compacts now and then
	s := serve(t, o, clients)
	var (
		acknowledged [clients]atomic.Int64
		done         atomic.Bool
		progress     = make(chan int64)
		all          sync.WaitGroup
	)
	for client := range clients {
		all.Go(func() {
			for n := int64(0); !done.Load(); n++ {
				s.ask(client, fmt.Sprintf(`"type":"add","element":%d`, (n*clients+int64(client))*1000))
				acknowledged[client].Store(n + 1)
				select {
				case progress <- n:
				default:
				}
			}
		})
	}
	for i := range backups {
		<-progress // by then there is more
		var before [clients]int64
		for client := range clients {
			before[client] = acknowledged[client].Load()
		}
		o := o
		o.Backup = filepath.Join(t.TempDir(), "backup")
		if err := Backup(GSet(), o, io.Discard); err != nil {
			t.Error(err)
			break
		}
		got := crdt.NewGSet(benchKey)
		if _, err := store.ReadBackup(storeConfig(got, o, "any"), o.Backup, decoder(got, got)); err != nil {
			t.Error(err)
			break
		}
		for client, n := range before {
			for n--; n >= 0; n-- {
				if x := (n*clients + int64(client)) * 1000; !got.Contains(x) {
					t.Errorf("backup %d lacks %d, which was acknowledged", i, x)
				}
			}
		}
	}
	done.Store(true)
	all.Wait()
	s.stdin.close()
	if err := <-s.result; err != nil {
		t.Fatal(err)
	}
}

// backup writes the file b of a model's nodes, and returns what it says.
func backup(t *testing.T, o Options) string {
	t.Helper()
	var said strings.Builder
	o.Backup = "b"
	if err := Backup(GCounter(), o, &said); err != nil {
		t.Fatal(err)
	}
	return said.String()
}

// A restore is a join, on any node, any number of times: what was counted since the backup stays.
func TestRestoreIsAJoinOnAnyNode(t *testing.T) {
	o, fs := inModel()
	synctest.Test(t, func(t *testing.T) {
		c := start(t, GCounter(), o, "n1", "n2")
		c.init(c.ids...)
		c.want("n1", `{"type":"add","delta":100}`, `{"type":"add_ok"}`)
		c.want("n2", `{"type":"add","delta":20}`, `{"type":"add_ok"}`)
		if said := backup(t, o); !strings.Contains(said, "b: the state of 2 nodes, 2 elements or sums") {
			t.Errorf("it says %s", said)
		}
		c.want("n1", `{"type":"add","delta":3}`, `{"type":"add_ok"}`)
		c.await(c.ids, `{"type":"read"}`, 10*time.Second)
	})
	restoring := o
	restoring.Restore = "b"
	for _, lost := range []string{"", "d/node-n1", "d/node-n2"} {
		if lost != "" {
			fs.Copy("nothing", lost)
		}
		synctest.Test(t, func(t *testing.T) {
			c := start(t, GCounter(), restoring, "n1", "n2")
			c.init("n1")
			c.want("n1", `{"type":"read"}`, map[bool]string{true: `{"type":"read_ok","value":120}`, false: `{"type":"read_ok","value":123}`}[lost == "d/node-n1"])
			c.init("n2")
			if got := c.await(c.ids, `{"type":"read"}`, 10*time.Second); got != `{"type":"read_ok","value":123}` {
				t.Errorf("%q is lost, and then the nodes agree on %s", lost, got)
			}
		})
	}
}

// All folders are lost but for the backup: the nodes have what it has, and count on without covering it up.
func TestRestoreIntoEmptyFoldersCountsOn(t *testing.T) {
	o, fs := inModel()
	synctest.Test(t, func(t *testing.T) {
		c := start(t, GCounter(), o, "n1")
		c.init("n1")
		c.want("n1", `{"type":"add","delta":100}`, `{"type":"add_ok"}`)
		fs.CopyDisk("d/node-n1", "old")
		c.want("n1", `{"type":"add","delta":50}`, `{"type":"add_ok"}`)
		backup(t, o)
	})
	restoring := o
	restoring.Restore = "b"
	for _, folder := range []string{"nothing", "old"} { // the latter has the incarnation that the backup is ahead of
		fs.CopyDisk(folder, "d/node-n1")
		synctest.Test(t, func(t *testing.T) {
			c := start(t, GCounter(), restoring, "n1")
			for i := range 3 {
				if i > 0 {
					c.restart("n1")
				}
				c.init("n1")
				c.want("n1", `{"type":"read"}`, fmt.Sprintf(`{"type":"read_ok","value":%d}`, 150+i))
				c.want("n1", `{"type":"add","delta":1}`, `{"type":"add_ok"}`)
				log := c.nodes["n1"].log.String()
				if renewed := strings.Contains(log, "the backup has counts of this node"); renewed != (folder == "old" && i == 0) {
					t.Errorf("start %d from folder %s: %s", i, folder, log)
				}
				c.stop("n1")
			}
		})
	}
}

func TestBackupThatCannotBeMadeOrReadIsAnError(t *testing.T) {
	file := filepath.Join(t.TempDir(), "file")
	if err := os.WriteFile(file, []byte("no backup"), 0o666); err != nil {
		t.Fatal(err)
	}
	o := usual
	o.Backup = filepath.Join(t.TempDir(), "b")
	for _, dir := range []string{file, filepath.Join(t.TempDir(), "none"), t.TempDir()} {
		o.Data = dir
		if err := Backup(GSet(), o, io.Discard); err == nil || !strings.Contains(err.Error(), dir) {
			t.Errorf("a backup of %s: %v", dir, err)
		}
	}
	init := `{"src":"c1","dest":"n1","body":{"type":"init","msg_id":1,"node_id":"n1","node_ids":["n1"]}}`
	for _, data := range []string{"", t.TempDir()} {
		for _, name := range []string{file, filepath.Join(t.TempDir(), "none")} {
			o := usual
			o.Data, o.Restore = data, name
			if err := Run(GSet(), o, strings.NewReader(init), io.Discard, io.Discard); err == nil || !strings.Contains(err.Error(), name) {
				t.Errorf("a restore of %s: %v", name, err)
			}
		}
	}
}
