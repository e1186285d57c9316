package gsetd_test

import (
	"errors"
	"fmt"
	"strings"
	"sync/atomic"
	"testing"

	"gset/internal/gsetd"
	"gset/internal/store"
	"gset/internal/store/modelfs"
)

var errDisk = errors.New("the disk is broken")

// What was acknowledged is there after a crash of the system, and after compactions.
func TestNothingAcknowledgedIsLostInACrash(t *testing.T) {
	fs := modelfs.New(1)
	config := gsetd.LocalConfig{Dir: "/d", FS: fs, Segment: store.MinSegment}
	const lives, each = 5, 200
	for life := range lives {
		node, err := gsetd.OpenLocal(config)
		if err != nil {
			t.Fatal(err)
		}
		t.Run(fmt.Sprint("life ", life), func(t *testing.T) {
			p := dial(t, "tcp", serve(t, gsetd.Config{Node: node}))
			p.expect("SCARD s", fmt.Sprint(":", life*each))
			for i := range each {
				p.expect(fmt.Sprint("SADD s ", life, "/", i), ":1")
				p.expect("INCR n", fmt.Sprint(":", life*each+i+1))
			}
			fs.Crash()
		})
		_ = node.Close() // the system has crashed since
	}
}

// A commit that fails is an error for whoever has updated; until one succeeds updates are refused,
// and reads go on.
func TestADiskThatFailsRefusesUpdates(t *testing.T) {
	var broken atomic.Bool
	fs := modelfs.New(1)
	fs.Fault = func(op modelfs.Op, _ string) error {
		if broken.Load() && (op == modelfs.Write || op == modelfs.Sync || op == modelfs.Create) {
			return errDisk
		}
		return nil
	}
	config := gsetd.LocalConfig{Dir: "/d", FS: fs}
	node := reopen(t, config)
	t.Cleanup(func() { _ = node.Close() }) // the system has crashed since
	p := dial(t, "tcp", serve(t, gsetd.Config{Node: node}))
	p.expect("SADD s before", ":1")
	broken.Store(true)
	for _, command := range []string{"SADD s during", "SADD s during", "INCR n", "SADD s before"} {
		if r := p.do(command); r.kind != '-' || !strings.HasPrefix(r.text, "MISCONF ") || !strings.Contains(r.text, errDisk.Error()) {
			t.Errorf("%s: %v", command, r)
		}
	}
	p.expect("SISMEMBER s before", ":1")
	p.expect("PING", "+PONG")
	if got := field(p.do("INFO persistence").text, "aof_last_write_status"); got != "err" {
		t.Errorf("INFO says %q", got)
	}
	broken.Store(false)
	for p.do("SADD s after").kind == '-' { // until the node tries again
	}
	fs.Crash()
	q := dial(t, "tcp", serve(t, gsetd.Config{Node: openLocal(t, config)}))
	q.expect("SMISMEMBER s before after", "*[:1 :1]")
}

// With a commit a second, a node that is closed has committed all.
func TestCommitEverySecond(t *testing.T) {
	fs := modelfs.New(1)
	config := gsetd.LocalConfig{Dir: "/d", FS: fs, EverySecond: true}
	for life := range 2 {
		node := reopen(t, config)
		t.Run(fmt.Sprint("life ", life), func(t *testing.T) {
			p := dial(t, "tcp", serve(t, gsetd.Config{Node: node}))
			p.expect("INCRBY n 5", fmt.Sprint(":", 5*(life+1)))
			p.expect("CONFIG GET appendfsync", `*["appendfsync" "everysec"]`)
		})
		if err := node.Close(); err != nil {
			t.Fatal(err)
		}
	}
}

func reopen(t *testing.T, config gsetd.LocalConfig) *gsetd.Local {
	t.Helper()
	node, err := gsetd.OpenLocal(config)
	if err != nil {
		t.Fatal(err)
	}
	return node
}

// A damaged store is refused. Salvaged, it is not served as if it were whole.
func TestADamagedStoreIsNeverServedAsIfWhole(t *testing.T) {
	fs := modelfs.New(1)
	config := gsetd.LocalConfig{Dir: "/d", FS: fs}
	node := reopen(t, config)
	for i := range 10 {
		if _, err := node.Add("s", []byte(fmt.Sprint(i))); err != nil {
			t.Fatal(err)
		}
		if err := node.Commit(); err != nil {
			t.Fatal(err)
		}
	}
	if err := node.Close(); err != nil {
		t.Fatal(err)
	}
	for _, name := range fs.Files() {
		if strings.HasSuffix(name, ".log") {
			fs.Edit(name, func(b []byte) []byte {
				b[600] ^= 1
				return b
			})
		}
	}
	_, err := gsetd.OpenLocal(config)
	if damage := (*store.DamageError)(nil); !errors.As(err, &damage) {
		t.Fatalf("a damaged store opens: %v", err)
	}
	config.Salvage = true
	p := dial(t, "tcp", serve(t, gsetd.Config{Node: openLocal(t, config)}))
	for _, command := range []string{"SADD s x", "SMEMBERS s", "GET n", "DBSIZE", "SCAN 0", "WAIT 0 0"} {
		if r := p.do(command); !strings.HasPrefix(r.text, "LOADING ") {
			t.Errorf("%s: %v", command, r)
		}
	}
	if got := field(p.do("INFO persistence").text, "loading"); got != "1" {
		t.Errorf("INFO says loading:%s", got)
	}
}

// A state restored into a node of another key is joined.
func TestRestoreJoins(t *testing.T) {
	from, to := openLocal(t, gsetd.LocalConfig{}), openLocal(t, gsetd.LocalConfig{Name: "other"})
	for _, node := range []*gsetd.Local{from, to} {
		if _, err := node.Add("s", []byte("both")); err != nil {
			t.Fatal(err)
		}
		if err := node.Increment("n", 2); err != nil {
			t.Fatal(err)
		}
	}
	var backup [][]byte
	for record, err := range gsetd.Records(from.State()) {
		if err != nil {
			t.Fatal(err)
		}
		backup = append(backup, record)
	}
	for range 2 { // twice is once
		state, err := gsetd.ReadState(func(apply func([]byte) error) error {
			for _, record := range backup {
				if err := apply(record); err != nil {
					return err
				}
			}
			return nil
		})
		if err != nil {
			t.Fatal(err)
		}
		to.Restore(state)
	}
	if v := to.View(); v.Value("n").Int64() != 4 || v.Lookup("s").Elements != 1 {
		t.Errorf("n is %v, s has %d", v.Value("n"), v.Lookup("s").Elements)
	}
}
