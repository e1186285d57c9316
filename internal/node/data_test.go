package node

import (
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"sync/atomic"
	"syscall"
	"testing"
	"testing/synctest"
	"time"

	maelstrom "github.com/jepsen-io/maelstrom/demo/go"

	"gset/internal/store"
	"gset/internal/store/modelfs"
)

// onDisk are the usual options with a data folder.
func onDisk(t *testing.T) Options {
	o := usual
	o.Data = filepath.Join(t.TempDir(), "data")
	return o
}

func TestNodeThatIsStartedAgainHasWhatItAcknowledged(t *testing.T) {
	o := onDisk(t)
	synctest.Test(t, func(t *testing.T) {
		c := start(t, Broadcast(), o, "n1", "n/../2")
		c.init(c.ids...)
		for i := range 20 {
			c.want("n1", fmt.Sprintf(`{"type":"broadcast","message":%d}`, i), `{"type":"broadcast_ok"}`)
		}
		want := c.await(c.ids, `{"type":"read"}`, 10*time.Second)
		for _, id := range c.ids {
			c.stop(id)
		}
		for _, id := range c.ids { // each is alone when it is asked
			c.restart(id)
			c.init(id)
			c.want(id, `{"type":"read"}`, want)
			c.stop(id)
		}
	})
}

func TestNodeThatIsStartedAgainGoesOnWithItsCounter(t *testing.T) {
	o := onDisk(t)
	synctest.Test(t, func(t *testing.T) {
		c := start(t, PNCounter(), o, "n1")
		sum := 0
		for life := range 10 {
			if life > 0 {
				c.restart("n1")
			}
			c.init("n1")
			c.want("n1", `{"type":"read"}`, fmt.Sprintf(`{"type":"read_ok","value":%d}`, sum))
			c.want("n1", fmt.Sprintf(`{"type":"add","delta":%d}`, 7-3*life), `{"type":"add_ok"}`)
			sum += 7 - 3*life
			c.stop("n1")
			if log := c.nodes["n1"].log.String(); strings.Contains(log, "incarnation is new") {
				t.Errorf("life %d: %s", life, log)
			}
		}
	})
}

func TestFolderThatCannotBeUsedEndsTheNodeWithAReason(t *testing.T) {
	file := filepath.Join(t.TempDir(), "file")
	if err := os.WriteFile(file, nil, 0o666); err != nil {
		t.Fatal(err)
	}
	o := usual
	o.Data = file
	if err := Run(Broadcast(), o, strings.NewReader(""), new(strings.Builder), new(strings.Builder)); err == nil || !strings.Contains(err.Error(), file) {
		t.Errorf("a file for a folder: %v", err)
	}

	o = onDisk(t)
	init := `{"src":"c1","dest":"n1","body":{"type":"init","msg_id":1,"node_id":"n1","node_ids":["n1"]}}`
	if err := Run(Broadcast(), o, strings.NewReader(init), new(strings.Builder), new(strings.Builder)); err != nil {
		t.Fatal(err)
	}
	var out strings.Builder
	err := Run(GCounter(), o, strings.NewReader(init), &out, new(strings.Builder))
	if err == nil || !strings.Contains(err.Error(), "GSet") || !strings.Contains(err.Error(), o.Data) {
		t.Errorf("a set's folder for a counter: %v", err)
	}
	if !strings.Contains(out.String(), fmt.Sprintf(`"code":%d`, maelstrom.Crash)) {
		t.Errorf("init was answered by %s", out.String())
	}
}

// When the disk is full, updates are refused for certain, and reads and gossip go on. When there is room
// again so do updates, and what came by gossip meanwhile is saved, with nobody's help.
func TestFullDiskRefusesUpdatesAndNothingElse(t *testing.T) {
	o, fs := usual, modelfs.New(1)
	o.Data, o.files, o.segment = "d", fs, store.MinSegment
	synctest.Test(t, func(t *testing.T) {
		var full atomic.Bool // for n1
		fs.Fault = func(op modelfs.Op, name string) error {
			if full.Load() && op == modelfs.Create && strings.HasPrefix(name, "d/node-n1/") {
				return &os.PathError{Op: "create", Path: name, Err: syscall.ENOSPC}
			}
			return nil
		}
		c := start(t, GCounter(), o, "n1", "n2")
		c.init(c.ids...)
		added := 0
		add := func(id string) string {
			reply := c.ask(id, `{"type":"add","delta":1}`)
			if reply == `{"type":"add_ok"}` {
				added++
			}
			return reply
		}
		for range 3 {
			full.Store(true)
			reply := ""
			for range 1000 {
				if reply = add("n1"); strings.Contains(reply, "error") {
					break
				}
			}
			for range 3 {
				if !strings.Contains(reply, `"code":11`) || !strings.Contains(reply, "no space left on device") {
					t.Fatalf("on a full disk: %s", reply)
				}
				reply = add("n1")
			}
			for range 50 {
				if reply := add("n2"); reply != `{"type":"add_ok"}` {
					t.Fatalf("n2: %s", reply)
				}
			}
			want := fmt.Sprintf(`{"type":"read_ok","value":%d}`, added)
			if got := c.await(c.ids, `{"type":"read"}`, 30*time.Second); got != want {
				t.Fatalf("the nodes agree on %s, want %s", got, want)
			}
			full.Store(false)
			time.Sleep(10 * time.Second) // a probe, and what is unsaved
			if reply := add("n1"); reply != `{"type":"add_ok"}` {
				t.Fatalf("there is room again: %s", reply)
			}
		}
		c.await(c.ids, `{"type":"read"}`, 30*time.Second)
		c.stop("n1")
		c.stop("n2")
		fs.Crash()
		c.restart("n1")
		c.init("n1")
		c.want("n1", `{"type":"read"}`, fmt.Sprintf(`{"type":"read_ok","value":%d}`, added))
	})
}

func TestLongLogIsCompactedAndLosesNothing(t *testing.T) {
	o, fs := usual, modelfs.New(1)
	o.Data, o.files, o.segment = "d", fs, store.MinSegment
	synctest.Test(t, func(t *testing.T) {
		c := start(t, GSet(), o, "n1", "n2")
		c.init(c.ids...)
		for i := range 3000 {
			c.want(c.ids[i%2], fmt.Sprintf(`{"type":"add","element":%d}`, i*i), `{"type":"add_ok"}`)
		}
		want := c.await(c.ids, `{"type":"read"}`, 30*time.Second)
		c.stop("n1")
		c.stop("n2")
		files := strings.Join(fs.Files(), " ")
		if !strings.Contains(files, ".snapshot") || strings.Count(files, ".log") > 20 {
			t.Errorf("the folders have %s", files)
		}
		fs.Crash()
		c.restart("n1")
		c.init("n1")
		c.want("n1", `{"type":"read"}`, want)
	})
}
