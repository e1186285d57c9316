package node

import (
	"fmt"
	"strings"
	"sync/atomic"
	"syscall"
	"testing"
	"testing/synctest"
	"time"

	"gset/internal/store"
	"gset/internal/store/modelfs"
)

// slowDisk is a disk on which each sync takes so long, and its syncs.
type slowDisk struct{ takes, syncs atomic.Int64 }

func slow() (o Options, fs *modelfs.FS, disk *slowDisk) {
	o, fs, disk = usual, modelfs.New(1), new(slowDisk)
	o.Data, o.files = "d", fs
	fs.Fault = func(op modelfs.Op, _ string) error {
		if op == modelfs.Sync {
			disk.syncs.Add(1)
			time.Sleep(time.Duration(disk.takes.Load()))
		}
		return nil
	}
	return o, fs, disk
}

// adds are n requests to n1 that each add something else.
func adds(workload string, n int) (lines []string) {
	for i := range n {
		body := fmt.Sprintf(`"type":"add","delta":%d`, i)
		if workload == "broadcast" {
			body = fmt.Sprintf(`"type":"broadcast","message":%d`, i)
		}
		lines = append(lines, fmt.Sprintf(`{"src":"c1","dest":"n1","body":{"msg_id":%d,%s}}`, i+1, body))
	}
	return lines
}

func TestUpdatesThatWaitForTheDiskShareASync(t *testing.T) {
	o, fs, disk := slow()
	synctest.Test(t, func(t *testing.T) {
		c := start(t, GCounter(), o, "n1")
		c.init("n1")
		disk.takes.Store(int64(10 * time.Millisecond))
		before := disk.syncs.Load()
		said := c.say("n1", adds("g-counter", 65)[1:]...) // without that of 0; the first syncs, and the others wait for that
		if len(said) > 0 {
			t.Fatalf("acknowledged before the disk has it: %s", said)
		}
		c.want("n1", `{"type":"read"}`, `{"type":"read_ok","value":0}`) // and reads do not wait
		time.Sleep(25 * time.Millisecond)
		if said := c.say("n1"); strings.Count(strings.Join(said, " "), "add_ok") != 64 {
			t.Errorf("64 adds are acknowledged by %s", said)
		}
		if n := disk.syncs.Load() - before; n > 2 {
			t.Errorf("64 adds took %d syncs", n)
		}
		fs.Crash()
		c.nodes["n1"].stdin.close()
		<-c.nodes["n1"].result // an error: its disk is gone
		disk.takes.Store(0)
		c.restart("n1")
		c.init("n1")
		c.want("n1", `{"type":"read"}`, fmt.Sprintf(`{"type":"read_ok","value":%d}`, 64*65/2))
	})
}

// What a node was told by others is not passed on, nor acknowledged, before it is on the disk.
func TestNothingLeavesThatIsNotOnTheDisk(t *testing.T) {
	o, _, disk := slow()
	synctest.Test(t, func(t *testing.T) {
		c := start(t, Broadcast(), o, "n1", "n2", "n3")
		c.init("n1")
		disk.takes.Store(int64(10 * time.Millisecond))
		before := c.sent()
		c.say("n1", adds("broadcast", 5)...)
		time.Sleep(9 * time.Millisecond)
		if n := c.sent() - before; n != 0 {
			t.Errorf("%d messages while the first update is not on the disk", n)
		}
		time.Sleep(20 * time.Millisecond)
		if n := c.sent() - before; n == 0 {
			t.Error("no message though all is on the disk")
		}
	})
}

// Each of the updates that shared a commit that fails was not made, and the client is told so.
func TestUpdatesThatShareACommitThatFailsWereNotMade(t *testing.T) {
	for _, failing := range []modelfs.Op{modelfs.Sync, modelfs.Write, modelfs.Create} {
		o, fs := usual, modelfs.New(1)
		o.Data, o.files, o.segment = "d", fs, store.MinSegment
		synctest.Test(t, func(t *testing.T) {
			var slow, fails atomic.Bool
			fs.Fault = func(op modelfs.Op, _ string) error {
				if op == modelfs.Sync && slow.Load() {
					time.Sleep(10 * time.Millisecond)
				}
				if fails.Load() && (op == failing || op == modelfs.Create) {
					return syscall.EIO
				}
				return nil
			}
			c := start(t, GCounter(), o, "n1")
			c.init("n1")
			slow.Store(true)
			sum, failed := 0, 0
			for round := range 241 { // the last makes void what is uncertain
				fails.Store(round%80 >= 40)
				said := c.say("n1", adds("g-counter", 8)...)
				time.Sleep(time.Second)
				for _, line := range append(said, c.say("n1")...) {
					var n int
					if _, err := fmt.Sscanf(line[strings.Index(line, `"in_reply_to":`):], `"in_reply_to":%d`, &n); err != nil {
						t.Fatal(line, err)
					}
					switch {
					case strings.Contains(line, "add_ok"):
						sum += n - 1
					case strings.Contains(line, `"code":11`) || strings.Contains(line, `"code":13`):
						failed++
					default:
						t.Errorf("got %s", line)
					}
				}
				c.want("n1", `{"type":"read"}`, fmt.Sprintf(`{"type":"read_ok","value":%d}`, sum))
			}
			if failed == 0 {
				t.Errorf("no add failed by %v", failing)
			}
			fails.Store(false)
			slow.Store(false)
			c.stop("n1")
			fs.Crash()
			c.restart("n1")
			c.init("n1")
			c.want("n1", `{"type":"read"}`, fmt.Sprintf(`{"type":"read_ok","value":%d}`, sum))
		})
	}
}
