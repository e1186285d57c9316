package cluster_test

import (
	"bufio"
	"context"
	"errors"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"strconv"
	"strings"
	"testing"

	"gset/crdt"
	"gset/replica/cluster"
	"gset/replica/cluster/trial"
)

// A victim is this test binary, run to be killed: a node that counts as fast as it can, and prints what was
// acknowledged.
const (
	victimDir = "CLUSTER_VICTIM_DIR"
	victimCA  = "CLUSTER_VICTIM_CERTIFICATES"
)

func victim(dir, certificates string) {
	n, err := cluster.Open(cluster.Config{Identity: filesOf(trial.Files{
		Authority:   filepath.Join(certificates, "ca.pem"),
		Certificate: filepath.Join(certificates, "a.pem"),
		Key:         filepath.Join(certificates, "a.key"),
	}), Dir: dir})
	if err != nil {
		fmt.Println(err)
		os.Exit(1)
	}
	for i := 1; ; i++ {
		err := n.Increment(context.Background(), "counter", 1)
		if err == nil {
			_, err = n.Add(context.Background(), "set", []byte(strconv.Itoa(i)))
		}
		if err != nil {
			fmt.Println(err)
			os.Exit(1)
		}
		fmt.Println(i)
	}
}

func filesOf(f trial.Files) func() (cluster.Identity, error) {
	return cluster.Files(f.Certificate, f.Key, f.Authority, nil)
}

func TestAKilledNodeHasAllThatWasAcknowledged(t *testing.T) {
	dir, certificates := t.TempDir(), t.TempDir()
	files, err := newCA(t).Write(certificates, "a")
	if err != nil {
		t.Fatal(err)
	}
	total := int64(0)
	for range 3 {
		total += kill(t, dir, certificates, 50)
		n, err := cluster.Open(cluster.Config{Identity: filesOf(files), Dir: dir})
		if err != nil {
			t.Fatal(err)
		}
		value, err := n.Value(within(t), "counter")
		if err != nil {
			t.Fatal(err)
		}
		got := value.Int64()
		if got < total || got > total+1 {
			t.Errorf("the counter is %d after %d that were acknowledged", got, total)
		}
		total = got // what was on its way when the process was killed may count
		if err := n.Close(); err != nil {
			t.Fatal(err)
		}
	}
}

// kill runs a victim until some rounds are acknowledged, kills it, and returns how many were.
func kill(t *testing.T, dir, certificates string, rounds int64) (acknowledged int64) {
	t.Helper()
	c := exec.CommandContext(within(t), os.Args[0])
	c.Env = append(os.Environ(), victimDir+"="+dir, victimCA+"="+certificates)
	out, err := c.StdoutPipe()
	if err != nil {
		t.Fatal(err)
	}
	if err := c.Start(); err != nil {
		t.Fatal(err)
	}
	for lines := bufio.NewScanner(out); lines.Scan(); {
		n, err := strconv.ParseInt(lines.Text(), 10, 64)
		if err != nil {
			t.Fatal(lines.Text())
		}
		if acknowledged = n; n == rounds {
			if err := c.Process.Kill(); err != nil {
				t.Fatal(err)
			}
		}
	}
	if err := c.Wait(); err == nil || acknowledged < rounds {
		t.Fatalf("%v after %d rounds", err, acknowledged)
	}
	return acknowledged
}

func TestAReopenedNodeGoesOnWithItsCountsAndItsKey(t *testing.T) {
	ca := newCA(t)
	a := open(t, config(t, ca, "a"))
	c := config(t, ca, "b", a)
	c.Dir = t.TempDir()
	for i := range 3 {
		b := open(t, c)
		if b.Key() != a.Key() {
			t.Fatal("b has another key than a")
		}
		if err := b.Increment(within(t), "counter", 1); err != nil {
			t.Fatal(err)
		}
		add(t, b, "set", strconv.Itoa(i))
		if _, err := b.Wait(within(t), 1); err != nil {
			t.Fatal(err)
		}
		if err := b.Close(); err != nil {
			t.Fatal(err)
		}
		until(t, a, func(core *cluster.Core) bool { return core.View().Value("counter").Int64() == int64(i+1) })
	}
	if s, err := a.Lookup(within(t), "counter"); err != nil || s.Entries != 1 {
		t.Errorf("b has counted under %d incarnations, %v", s.Entries, err)
	}
	c.Join = nil // all that b needs is in its folder
	b := open(t, c)
	if s, err := b.Lookup(within(t), "set"); err != nil || s.Elements != 3 || b.Key() != a.Key() {
		t.Errorf("%+v, %v", s, err)
	}
}

func TestAFolderOfAnotherClusterOrMemberIsRefused(t *testing.T) {
	ca := newCA(t)
	c := config(t, ca, "a")
	c.Dir = t.TempDir()
	if err := open(t, c).Close(); err != nil {
		t.Fatal(err)
	}
	other := c
	other.Cluster = "other"
	if _, err := cluster.Open(other); !errors.Is(err, cluster.ErrOtherCluster) {
		t.Errorf("another cluster: %v", err)
	}
	other = c
	other.Key = crdt.Key{1, 2}
	if _, err := cluster.Open(other); !errors.Is(err, cluster.ErrOtherCluster) {
		t.Errorf("another key: %v", err)
	}
	other = config(t, ca, "b")
	other.Dir = c.Dir
	if _, err := cluster.Open(other); err == nil || !strings.Contains(err.Error(), `"a"`) {
		t.Errorf("another member: %v", err)
	}
	if err := os.WriteFile(filepath.Join(c.Dir, "cluster.json"), []byte(`{"cluster":"gset","key":"12"}`), 0o600); err != nil {
		t.Fatal(err)
	}
	if _, err := cluster.Open(c); err == nil || !strings.Contains(err.Error(), "damaged") {
		t.Errorf("a damaged key: %v", err)
	}
}

func TestALazyNodeThatWasNotClosedTakesANewIncarnation(t *testing.T) {
	ca := newCA(t)
	c := config(t, ca, "a")
	c.Dir, c.Sync = t.TempDir(), cluster.SyncEverySecond
	incarnations := map[uint64]bool{}
	reopen := func(sync cluster.Sync) {
		t.Helper()
		c.Sync = sync
		n := open(t, c)
		add(t, n, "set", strconv.Itoa(len(incarnations)))
		s, err := n.Status(within(t))
		if err != nil {
			t.Fatal(err)
		}
		incarnations[s.Incarnation] = true
		if err := n.Close(); err != nil {
			t.Fatal(err)
		}
	}
	key := filepath.Join(c.Dir, "cluster.json")
	reopen(cluster.SyncEverySecond)
	reopen(cluster.SyncEverySecond)
	if len(incarnations) != 1 {
		t.Fatalf("%d incarnations after a close", len(incarnations))
	}
	data, err := os.ReadFile(key)
	if err != nil || strings.Contains(string(data), "unsynced") {
		t.Fatalf("%s, %v", data, err)
	}
	marked := strings.Replace(string(data), "}", `,"unsynced":true}`, 1) // as a crash leaves it
	if err := os.WriteFile(key, []byte(marked), 0o600); err != nil {
		t.Fatal(err)
	}
	reopen(cluster.SyncAlways)
	reopen(cluster.SyncAlways)
	if len(incarnations) != 2 {
		t.Errorf("%d incarnations after a crash", len(incarnations))
	}
}
