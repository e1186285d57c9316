package operate_test

import (
	"bytes"
	"errors"
	"strings"
	"sync"
	"syscall"
	"testing"
	"time"

	"github.com/gomodule/redigo/redis"

	"gset/internal/gsetd"
	"gset/internal/logging"
	"gset/internal/store/modelfs"
	"gset/replica/cluster"
	"gset/replica/cluster/trial"
)

// journal is a log that a test reads while it is written.
type journal struct {
	mu   sync.Mutex
	text bytes.Buffer
}

func (j *journal) Write(p []byte) (int, error) {
	j.mu.Lock()
	defer j.mu.Unlock()
	return j.text.Write(p)
}

// count returns how many lines have some words.
func (j *journal) count(words string) int {
	j.mu.Lock()
	defer j.mu.Unlock()
	return strings.Count(j.text.String(), words)
}

// memberOn runs a member with its store on a file system. all is the members there are, to join the first.
func memberOn(t *testing.T, ca *trial.CA, name string, fs *modelfs.FS, log *journal, all ...*node) *node {
	t.Helper()
	id, err := ca.Identity(name)
	if err != nil {
		t.Fatal(err)
	}
	lines, err := logging.New(log, logging.Config{})
	if err != nil {
		t.Fatal(err)
	}
	config := cluster.Config{Identity: cluster.Static(id), Dir: t.TempDir(), Interval: 20 * time.Millisecond, Beacon: 50 * time.Millisecond, Log: lines}.On(fs)
	for _, n := range all {
		config.Join = append(config.Join, n.peers)
	}
	var member *gsetd.Clustered
	t.Cleanup(func() {
		if err := member.Close(); err != nil {
			t.Error(err)
		}
	})
	n := start(t, gsetd.Config{Log: lines, Open: gsetd.OpenCluster(config, false, func(opened *gsetd.Clustered) { member = opened })})
	n.peers = member.Addr()
	return n
}

// A member whose disk is full refuses updates and says why: in the reply, by a metric, and in one line of its log. It
// serves reads, and what others add. When there is room again it takes updates, with nobody's help.
func TestAFullDiskIsSeenAndEndsByItself(t *testing.T) {
	ca, err := trial.NewCA()
	if err != nil {
		t.Fatal(err)
	}
	fs, full := modelfs.Fillable(1)
	var log journal
	a := memberOn(t, ca, "a", modelfs.New(2), new(journal))
	b := memberOn(t, ca, "b", fs, &log, a)
	atA, atB := a.dial(t), b.dial(t)
	do := func(c redis.Conn, want int, command string, args ...any) {
		t.Helper()
		if got, err := redis.Int(c.Do(command, args...)); got != want || err != nil {
			t.Errorf("%s %v: %d, %v, want %d", command, args, got, err, want)
		}
	}
	// until waits for another member's update.
	until := func(c redis.Conn, element string) {
		t.Helper()
		for n := 0; n == 0; {
			var err error
			if n, err = redis.Int(c.Do("SISMEMBER", "s", element)); err != nil {
				t.Fatal(err)
			}
		}
	}
	do(atB, 1, "SADD", "s", "before")
	until(atA, "before")
	if s := b.scrape(t); s["gset_store_failing"] != 0 || s["gset_store_commits_failed_total"] != 0 {
		t.Error(s)
	}

	full.Store(true)
	for range 3 {
		_, err := atB.Do("SADD", "s", "refused")
		if e := redis.Error(""); !errors.As(err, &e) || !strings.HasPrefix(e.Error(), "MISCONF ") || !strings.Contains(e.Error(), syscall.ENOSPC.Error()) {
			t.Errorf("an update at a full disk: %v", err)
		}
		// However long nobody updates anything, the disk is as full as before.
		for i := range 3 {
			if s := b.scrape(t); s["gset_store_failing"] != 1 || s["gset_store_commits_failed_total"] == 0 {
				t.Errorf("scrape %d: failing %v, failed %v", i, s["gset_store_failing"], s["gset_store_commits_failed_total"])
			}
		}
	}
	do(atB, 1, "SISMEMBER", "s", "before")
	do(atB, 0, "SISMEMBER", "s", "refused")
	do(atA, 1, "SADD", "s", "meanwhile")
	until(atB, "meanwhile")
	if status, text := b.get(t, "/readyz"); status != 200 {
		t.Errorf("it serves reads, and is not ready: %s", text)
	}
	if n := log.count("updates are refused: the disk does not take them"); n != 1 || log.count(syscall.ENOSPC.Error()) == 0 || log.count("taken again") != 0 {
		t.Errorf("%d lines say that the disk is full, %d that it is not", n, log.count("taken again"))
	}

	full.Store(false)
	b.until(t, "the disk takes updates", func(scrape) bool { _, err := atB.Do("SADD", "s", "after"); return err == nil })
	until(atA, "after")
	b.until(t, "the disk is seen to take updates", func(s scrape) bool { return s["gset_store_failing"] == 0 })
	if n := log.count("updates are taken again"); n != 1 {
		t.Errorf("%d lines say that the disk takes updates", n)
	}
}
