package gsetd_test

import (
	"errors"
	"fmt"
	"strings"
	"sync"
	"sync/atomic"
	"testing"

	"gset/internal/gsetd"
	"gset/internal/store"
	"gset/internal/store/modelfs"
	"gset/replica/cluster"
)

var errDisk = errors.New("the disk is broken")

// reopen opens a node without peers on its folder, serves it until stop is called, and returns a client. What
// closing it says goes to closed.
func reopen(t *testing.T, config cluster.Config, refill bool, closed func(error)) (p *peer, stop func()) {
	t.Helper()
	config.Alone = true
	var node *gsetd.Clustered
	server, end := start(t, gsetd.Config{Open: gsetd.OpenCluster(config, refill, func(n *gsetd.Clustered) { node = n })})
	stop = sync.OnceFunc(func() {
		end()
		closed(node.Close())
	})
	t.Cleanup(stop)
	return dial(t, "tcp", server.Address()), stop
}

// crashed is for a node whose system has crashed since.
func crashed(error) {}

// orderly fails the test if a node did not close in order.
func orderly(t *testing.T) func(error) {
	return func(err error) {
		if err != nil {
			t.Errorf("Close: %v", err)
		}
	}
}

// What was acknowledged is there after a crash of the system, and after compactions.
func TestNothingAcknowledgedIsLostInACrash(t *testing.T) {
	fs := modelfs.New(1)
	config := cluster.Config{Dir: t.TempDir()}.On(fs)
	const lives, each = 5, 200
	for life := range lives {
		p, stop := reopen(t, config, false, crashed)
		p.expect("SCARD s", fmt.Sprint(":", life*each))
		for i := range each {
			p.expect(fmt.Sprint("SADD s ", life, "/", i), ":1")
			p.expect("INCR n", fmt.Sprint(":", life*each+i+1))
		}
		fs.Crash()
		stop()
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
	config := cluster.Config{Dir: t.TempDir()}.On(fs)
	p, stop := reopen(t, config, false, crashed)
	p.expect("SADD s before", ":1")
	broken.Store(true)
	for _, command := range []string{"SADD s during", "SADD s during", "INCR n", "SADD s before"} {
		if r := p.do(command); r.kind != '-' || !strings.HasPrefix(r.text, "MISCONF ") || !strings.Contains(r.text, errDisk.Error()) {
			t.Errorf("%s: %v", command, r)
		}
	}
	p.expect("SMISMEMBER s before during", "*[:1 :0]")
	for range 3 { // turns, with nothing to commit
		p.expect("PING", "+PONG")
		if got := field(p.do("INFO persistence").text, "aof_last_write_status"); got != "err" {
			t.Errorf("the disk is broken, and INFO says %q", got)
		}
	}
	broken.Store(false)
	for p.do("SADD s after").kind == '-' { // until the node tries again
	}
	if got := field(p.do("INFO persistence").text, "aof_last_write_status"); got != "ok" {
		t.Errorf("the disk takes updates, and INFO says %q", got)
	}
	fs.Crash()
	stop()
	q, _ := reopen(t, config, false, orderly(t))
	q.expect("SMISMEMBER s before after", "*[:1 :1]")
}

// With a commit a second, a node that is closed has committed all.
func TestCommitEverySecond(t *testing.T) {
	config := cluster.Config{Dir: t.TempDir(), Sync: cluster.SyncEverySecond}.On(modelfs.New(1))
	for life := range 2 {
		p, stop := reopen(t, config, false, orderly(t))
		p.expect("INCRBY n 5", fmt.Sprint(":", 5*(life+1)))
		p.expect("CONFIG GET appendfsync", `*["appendfsync" "everysec"]`)
		stop()
	}
}

// A damaged store is refused. Salvaged, it is not served as if it were whole.
func TestADamagedStoreIsNeverServedAsIfWhole(t *testing.T) {
	fs := modelfs.New(1)
	config := cluster.Config{Dir: t.TempDir()}.On(fs)
	p, stop := reopen(t, config, false, orderly(t))
	for i := range 10 {
		p.expect(fmt.Sprint("SADD s ", i), ":1")
	}
	stop()
	for _, name := range fs.Files() {
		if strings.HasSuffix(name, ".log") {
			fs.Edit(name, func(b []byte) []byte {
				b[600] ^= 1
				return b
			})
		}
	}
	_, err := gsetd.New(gsetd.Config{Open: alone(t, config)})
	if damage := (*store.DamageError)(nil); !errors.As(err, &damage) {
		t.Fatalf("a damaged store opens: %v", err)
	}
	p, _ = reopen(t, config, true, orderly(t))
	for _, command := range []string{"SADD s x", "SMEMBERS s", "GET n", "DBSIZE", "SCAN 0", "WAIT 0 0"} {
		if r := p.do(command); !strings.HasPrefix(r.text, "LOADING ") {
			t.Errorf("%s: %v", command, r)
		}
	}
	if got := field(p.do("INFO persistence").text, "loading"); got != "1" {
		t.Errorf("INFO says loading:%s", got)
	}
}

// A folder that was moved away under a node is a disk that takes nothing, and no update is acknowledged; when it is back
// the node goes on.
func TestUpdatesAreRefusedWhileTheStoresFolderIsMovedAway(t *testing.T) {
	fs, dir := modelfs.New(1), t.TempDir()
	p, stop := reopen(t, cluster.Config{Dir: dir}.On(fs), false, orderly(t))
	p.expect("SADD s before", ":1")
	fs.Move(dir, "/elsewhere")
	if r := p.do("SADD s meanwhile"); r.kind != '-' || !strings.HasPrefix(r.text, "MISCONF ") || !strings.Contains(r.text, store.ErrRemoved.Error()) {
		t.Errorf("%c%s", r.kind, r.text)
	}
	p.expect("SISMEMBER s before", ":1")
	p.expect("SISMEMBER s meanwhile", ":0")
	fs.Move("/elsewhere", dir)
	p.expect("SADD s after", ":1")
	stop()
}
