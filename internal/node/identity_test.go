package node

import (
	"fmt"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	maelstrom "github.com/jepsen-io/maelstrom/demo/go"
	"pgregory.net/rapid"

	"gset/crdt"
	"gset/internal/store"
	"gset/internal/store/modelfs"
)

func inModel() (Options, *modelfs.FS) {
	o, fs := usual, modelfs.New(1)
	o.Data, o.files, o.segment = "d", fs, store.MinSegment
	return o, fs
}

// A member adds 100, is backed up, adds 50, and is set back to the backup: 10 more are 160 at all members. With the
// same entry they would be 150.
func TestAddsAfterARestoreAreCounted(t *testing.T) {
	for name, test := range map[string]struct {
		back  func(fs *modelfs.FS, from, to string)
		heard bool // by the member that was set back, before it adds
	}{
		"by copying files":         {(*modelfs.FS).Copy, false},
		"with its disk as a whole": {(*modelfs.FS).CopyDisk, true},
		"with its disk as a whole, and it adds before it hears of what it lost": {(*modelfs.FS).CopyDisk, false},
	} {
		t.Run(name, func(t *testing.T) {
			o, fs := inModel()
			synctest.Test(t, func(t *testing.T) {
				c := start(t, GCounter(), o, "n1", "n2", "n3")
				c.init(c.ids...)
				c.want("n1", `{"type":"add","delta":100}`, `{"type":"add_ok"}`)
				c.await(c.ids, `{"type":"read"}`, 10*time.Second)
				test.back(fs, "d/node-n1", "backup")
				c.want("n1", `{"type":"add","delta":50}`, `{"type":"add_ok"}`)
				c.await(c.ids, `{"type":"read"}`, 10*time.Second)
				c.stop("n1")
				test.back(fs, "backup", "d/node-n1")
				c.restart("n1")
				c.init("n1")
				c.want("n1", `{"type":"read"}`, `{"type":"read_ok","value":100}`)
				if test.heard {
					c.await(c.ids, `{"type":"read"}`, 10*time.Second)
				}
				c.want("n1", `{"type":"add","delta":10}`, `{"type":"add_ok"}`)
				time.Sleep(10 * time.Second)
				if got := c.await(c.ids, `{"type":"read"}`, 10*time.Second); got != `{"type":"read_ok","value":160}` {
					t.Errorf("100, 50 and 10 are %s", got)
				}
				if log := c.nodes["n1"].log.String(); !strings.Contains(log, "the incarnation is new: the folder is a copy") &&
					!strings.Contains(log, "its disk was set back") {
					t.Errorf("not a word about it: %s", log)
				}
				c.stop("n1") // and it goes on with that
				c.restart("n1")
				c.init("n1")
				c.want("n1", `{"type":"add","delta":1}`, `{"type":"add_ok"}`)
				if got := c.await(c.ids, `{"type":"read"}`, 10*time.Second); got != `{"type":"read_ok","value":161}` {
					t.Errorf("100, 50, 10 and 1 are %s", got)
				}
			})
		})
	}
}

// Two nodes that count under one name and incarnation would lose each other's adds.
func TestTwoNodesWithCopiesOfOneFolderLoseNoAdds(t *testing.T) {
	for name, copied := range map[string]func(fs *modelfs.FS, from, to string){
		"of its files":           (*modelfs.FS).Copy,
		"of its disk as a whole": (*modelfs.FS).CopyDisk,
	} {
		t.Run(name, func(t *testing.T) {
			o, fs := inModel()
			synctest.Test(t, func(t *testing.T) {
				c := start(t, PNCounter(), o, "n1", "n2", "n3")
				c.init(c.ids...)
				c.want("n1", `{"type":"add","delta":100}`, `{"type":"add_ok"}`)
				c.await(c.ids, `{"type":"read"}`, 10*time.Second)
				c.stop("n1")
				copied(fs, "d/node-n1", "e/node-n1")
				c.restart("n1")
				c.init("n1")
				twin := c.twin("n1", "e")
				say := func(lines ...string) {
					for _, line := range lines {
						twin.stdin.put(line)
					}
					c.say("n1") // and drop the reply
				}
				say(`{"src":"c2","dest":"n1","body":{"type":"init","msg_id":1,"node_id":"n1","node_ids":["n1","n2","n3"]}}`)
				sum := 100
				for i, d := range []int{5, -3, 4, 11, -8, 2, 9, -20} {
					c.want("n1", fmt.Sprintf(`{"type":"add","delta":%d}`, d), `{"type":"add_ok"}`)
					say(fmt.Sprintf(`{"src":"c2","dest":"n1","body":{"type":"add","msg_id":%d,"delta":%d}}`, i+2, 3*d))
					sum += 4 * d
					time.Sleep(time.Duration(i) * time.Second)
				}
				time.Sleep(20 * time.Second)
				if got, want := c.await(c.ids, `{"type":"read"}`, 10*time.Second), fmt.Sprintf(`{"type":"read_ok","value":%d}`, sum); got != want {
					t.Errorf("the nodes agree on %s, want %s", got, want)
				}
				if log := c.nodes["n1"].log.String() + twin.log.String(); strings.Count(log, "incarnation is new")+strings.Count(log, "copied to a node that runs") == 0 {
					t.Errorf("not a word about it: %s", log)
				}
			})
		})
	}
}

func TestAFolderOfAnotherNodeIsRefused(t *testing.T) {
	o, fs := inModel()
	synctest.Test(t, func(t *testing.T) {
		c := start(t, GCounter(), o, "n1", "n2")
		c.init("n1")
		c.want("n1", `{"type":"add","delta":5}`, `{"type":"add_ok"}`)
		fs.Copy("d/node-n1", "d/node-n2")
		c.wantError("n2", `{"type":"init","node_id":"n2","node_ids":["n1","n2"]}`, maelstrom.Crash, `made for another member "n1"`)
		p := c.nodes["n2"]
		p.stdin.close()
		if err := <-p.result; err == nil || !strings.Contains(err.Error(), "n2") {
			t.Errorf("Run returned %v", err)
		}
	})
}

func TestRestartsCountExactlyInOneEntry(t *testing.T) {
	o, fs := inModel()
	synctest.Test(t, func(t *testing.T) {
		c := start(t, PNCounter(), o, "n1")
		sum := 0
		for life := range 500 {
			if life > 0 {
				c.restart("n1")
			}
			c.init("n1")
			c.want("n1", `{"type":"read"}`, fmt.Sprintf(`{"type":"read_ok","value":%d}`, sum))
			c.want("n1", fmt.Sprintf(`{"type":"add","delta":%d}`, life%7-3), `{"type":"add_ok"}`)
			sum += life%7 - 3
			if life%2 == 0 {
				fs.Crash()
			}
			c.nodes["n1"].stdin.close()
			<-c.nodes["n1"].result // an error after a crash: its files are gone
			if log := c.nodes["n1"].log.String(); strings.Contains(log, "incarnation is new") {
				t.Fatalf("life %d: %s", life, log)
			}
		}
		if n := len(fs.Files()); n > 10 {
			t.Errorf("500 restarts leave %d files: %s", n, fs.Files())
		}
	})
}

func TestLedgersTellAnEntryFromItsSums(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		sums := Sums{rapid.Uint64().Draw(t, "up"), rapid.Uint64().Draw(t, "down")}
		origin, other := crdt.Origin{Node: "n1", Incarnation: 3}, crdt.Origin{Node: "n1", Incarnation: 4}
		pn := PNCounter().Ledger
		entry, err := pn.Entry(crdt.NewPNCounter(benchKey), origin, sums)
		if err != nil || pn.Sums(entry, origin) != sums || pn.Sums(entry, other) != (Sums{}) {
			t.Fatalf("%v of %v: %v", entry, sums, err)
		}
		g := GCounter().Ledger
		sums[1] = 0
		grows, err := g.Entry(crdt.NewGCounter(benchKey), origin, sums)
		if err != nil || g.Sums(grows, origin) != sums || g.Sums(grows, other) != (Sums{}) {
			t.Fatalf("%v of %v: %v", grows, sums, err)
		}
	})
}
