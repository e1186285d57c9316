package cluster_test

import (
	"errors"
	"strconv"
	"strings"
	"sync"
	"sync/atomic"
	"syscall"
	"testing"
	"testing/synctest"
	"time"

	"gset/crdt"
	"gset/internal/store/modelfs"
	"gset/replica/cluster"
)

func TestAFullDiskRefusesUpdatesAndNothingElse(t *testing.T) {
	ca := newCA(t)
	a := open(t, config(t, ca, "a"))
	fs, full := modelfs.Fillable(1)
	c := config(t, ca, "b", a).On(fs)
	c.Dir = t.TempDir()
	b := open(t, c)
	awaitMembers(t, a, b)
	add(t, b, "set", "before")

	full.Store(true)
	if _, err := b.Add(within(t), "set", []byte("refused")); !errors.Is(err, syscall.ENOSPC) {
		t.Fatalf("at a full disk: %v", err)
	}
	if err := b.Increment(within(t), "counter", 1); !errors.Is(err, syscall.ENOSPC) {
		t.Fatalf("at a full disk: %v", err)
	}
	if has, err := b.Contains(within(t), "set", []byte("refused")); err != nil || has {
		t.Errorf("it was refused and is there: %v, %v", has, err)
	}
	add(t, a, "set", "meanwhile")
	awaitElements(t, b, "set", 2)
	until(t, b, func(core *cluster.Core) bool { return b.StatusOf(core).Disk.Unsaved })

	full.Store(false)
	add(t, b, "set", "after")
	if err := b.Increment(within(t), "counter", 1); err != nil {
		t.Fatal(err)
	}
	awaitElements(t, a, "set", 3)
	if err := b.Close(); err != nil {
		t.Fatal(err)
	}
	if err := a.Close(); err != nil {
		t.Fatal(err)
	}
	c.Join = nil
	b = open(t, c) // what a sent meanwhile was saved, too
	if of, err := b.Lookup(within(t), "set"); err != nil || of.Elements != 3 {
		t.Errorf("%+v, %v", of, err)
	}
	if v, err := b.Value(within(t), "counter"); err != nil || v.Int64() != 1 {
		t.Errorf("%v, %v", v, err)
	}
}

// A snapshot of a large state on a slow disk takes 20 s, and what is added meanwhile is on disk within little more than a second, as always.
func TestASnapshotKeepsNoUpdateFromTheDisk(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		const slow = 300 * time.Millisecond // a write to the snapshot
		var quick atomic.Bool               // at the end: Close waits for a snapshot by a mutex, where virtual time stands still
		var mu sync.Mutex
		var snapshot, log []time.Time // when they were written to
		fs := modelfs.New(6)
		fs.Fault = func(op modelfs.Op, name string) error {
			if op != modelfs.Write {
				return nil
			}
			mu.Lock()
			defer mu.Unlock()
			if !strings.Contains(name, ".snapshot") {
				log = append(log, time.Now())
				return nil
			}
			if !quick.Load() {
				snapshot = append(snapshot, time.Now())
				mu.Unlock()
				time.Sleep(slow)
				mu.Lock()
			}
			return nil
		}
		n := open(t, cluster.Config{Alone: true, Sync: cluster.SyncEverySecond, Dir: t.TempDir()}.On(fs))
		long := strings.Repeat("x", 60_000)
		for i := range 300 { // 18 MB, for a log of 16
			add(t, n, "set", strconv.Itoa(i)+long)
		}
		for i := range 300 {
			time.Sleep(100 * time.Millisecond)
			add(t, n, "set", strconv.Itoa(i))
		}
		quick.Store(true)
		time.Sleep(2 * slow)
		closed(t, n)
		if took := snapshot[len(snapshot)-1].Sub(snapshot[0]); took < 10*time.Second {
			t.Fatalf("the snapshot takes %v", took)
		}
		last := snapshot[0]
		for _, at := range log {
			if at.Before(snapshot[0]) || at.After(snapshot[len(snapshot)-1]) {
				continue
			}
			if gap := at.Sub(last); gap > time.Second+2*slow {
				t.Errorf("nothing is written to the log for %v, %v after the snapshot was begun", gap, last.Sub(snapshot[0]))
			}
			last = at
		}
		if gap := snapshot[len(snapshot)-1].Sub(last); gap > time.Second+2*slow {
			t.Errorf("nothing is written to the log for %v at the end of the snapshot", gap)
		}
	})
}

// An update of 19 MB is more than the store writes at a time, and the disk is full. It is refused, and so are others
// until there is room; what had been acknowledged before, and was written with it, is not lost.
func TestALargeUpdateThatADiskHasNoRoomForIsRefused(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		fs, full := modelfs.Fillable(7)
		c := cluster.Config{Alone: true, Sync: cluster.SyncEverySecond, Dir: t.TempDir()}.On(fs)
		n := open(t, c)
		add(t, n, "set", "long before")
		time.Sleep(5 * time.Second)
		add(t, n, "set", "just before")
		full.Store(true)
		var large [][]byte
		for i := range 320 {
			large = append(large, []byte(strconv.Itoa(i)+strings.Repeat("x", 60_000)))
		}
		if _, err := n.Add(within(t), "large", large...); !errors.Is(err, syscall.ENOSPC) {
			t.Fatalf("the large update: %v", err)
		}
		if _, err := n.Add(within(t), "set", []byte("after")); !errors.Is(err, syscall.ENOSPC) {
			t.Errorf("the next update: %v", err)
		}
		full.Store(false)
		time.Sleep(5 * time.Second)
		add(t, n, "set", "when there is room")
		time.Sleep(5 * time.Second)
		crashed := fs.Clone()
		crashed.Crash()
		closed(t, n)
		n = open(t, c.On(crashed))
		for _, e := range []string{"long before", "just before", "when there is room"} {
			if has, err := n.Contains(within(t), "set", []byte(e)); err != nil || !has {
				t.Errorf("%q was acknowledged and is lost, %v", e, err)
			}
		}
		if of, err := n.Lookup(within(t), "large"); err != nil || of.Elements > 0 {
			t.Errorf("what was refused is there, %d elements of it, %v", of.Elements, err)
		}
		closed(t, n)
	})
}

// The log takes nothing for a second while a snapshot is written. The snapshot is begun anew, and updates are taken as soon as that
// has saved what the log lost.
func TestALogThatFailsDuringASnapshotIsSavedByANewOne(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		const slow = 100 * time.Millisecond // a write to the snapshot
		var begun, fails, quick atomic.Bool
		fs := modelfs.New(8)
		fs.Fault = func(op modelfs.Op, name string) error {
			switch snapshot := strings.Contains(name, ".snapshot"); {
			case snapshot && op == modelfs.Write:
				begun.Store(true)
				if !quick.Load() {
					time.Sleep(slow)
				}
			case fails.Load() && !snapshot && (op == modelfs.Write || op == modelfs.Sync || op == modelfs.Create):
				return syscall.EIO
			}
			return nil
		}
		c := cluster.Config{Alone: true, Sync: cluster.SyncEverySecond, Dir: t.TempDir()}.On(fs)
		n := open(t, c)
		long := strings.Repeat("x", 60_000)
		var acknowledged []string
		for i := range 300 { // 18 MB, for a log of 16
			acknowledged = append(acknowledged, strconv.Itoa(i)+long)
			add(t, n, "set", acknowledged[i])
		}
		for begun.Store(false); !begun.Load(); {
			time.Sleep(slow)
		}
		time.AfterFunc(2*time.Second, func() { fails.Store(true) })
		time.AfterFunc(3500*time.Millisecond, func() { fails.Store(false) })
		var first, refused time.Time
		for i := 0; refused.IsZero() || time.Since(refused) < time.Second; i++ {
			time.Sleep(50 * time.Millisecond)
			e := "during " + strconv.Itoa(i)
			if _, err := n.Add(within(t), "set", []byte(e)); err == nil {
				acknowledged = append(acknowledged, e)
			} else {
				first, refused = earlier(first, time.Now()), time.Now()
			}
			if i > 10_000 {
				t.Fatal("updates are refused for ever, or never")
			}
		}
		if took := refused.Sub(first); took > 18*time.Second { // a snapshot takes 15 s
			t.Errorf("updates are refused for %v", took)
		}
		quick.Store(true) // as above
		time.Sleep(2 * slow)
		crashed := fs.Clone()
		crashed.Crash()
		closed(t, n)
		n = open(t, c.On(crashed))
		lost := 0
		for _, e := range acknowledged[:len(acknowledged)-20] { // but those of the last second
			if has, err := n.Contains(within(t), "set", []byte(e)); err != nil || !has {
				lost++
			}
		}
		if lost > 0 {
			t.Errorf("%d of %d were acknowledged and are lost", lost, len(acknowledged))
		}
		closed(t, n)
	})
}

// earlier returns the first of two moments, or the second if the first is zero.
func earlier(a, b time.Time) time.Time {
	if a.IsZero() {
		return b
	}
	return a
}

func TestADiskThatWasSetBackLosesNoCounts(t *testing.T) {
	ca := newCA(t)
	a := open(t, config(t, ca, "a"))
	fs := modelfs.New(2)
	c := config(t, ca, "b", a).On(fs)
	c.Dir = t.TempDir()
	count := func(b *cluster.Node, up, down uint64) {
		t.Helper()
		if err := errors.Join(b.Increment(within(t), "counter", up), b.Decrement(within(t), "counter", down)); err != nil {
			t.Fatal(err)
		}
	}
	b := open(t, c)
	count(b, 3, 1)
	old := fs.Clone()
	count(b, 97, 49)
	if _, err := b.Wait(within(t), 1); err != nil {
		t.Fatal(err)
	}
	c.Listen = b.Addr()
	if err := b.Close(); err != nil {
		t.Fatal(err)
	}

	a.Cut(func(string) bool { return true })
	c.Join = nil
	b = open(t, c.On(old))
	count(b, 10, 20) // under a sum that a knows to be greater
	a.Cut(nil)
	for _, n := range []*cluster.Node{a, b} {
		until(t, n, func(core *cluster.Core) bool { return core.View().Value("counter").Int64() == 100-50+10-20 })
	}
	count(b, 1, 0)
	until(t, a, func(core *cluster.Core) bool { return core.View().Value("counter").Int64() == 41 })
	if of, err := a.Lookup(within(t), "counter"); err != nil || of.Entries != 2 {
		t.Errorf("b has counted under %d incarnations, %v", of.Entries, err)
	}
}

func TestAPowerFailureLosesNothingThatWasAcknowledged(t *testing.T) {
	ca := newCA(t)
	fs := modelfs.New(3)
	c := config(t, ca, "a").On(fs)
	c.Dir = t.TempDir()
	for round := range 5 {
		a, err := cluster.Open(c)
		if err != nil {
			t.Fatal(err)
		}
		for i := range 200 {
			if _, err := a.Add(within(t), "set", []byte(strconv.Itoa(round)+"/"+strconv.Itoa(i))); err != nil {
				t.Fatal(err)
			}
			if err := a.Increment(within(t), "counter", 1); err != nil {
				t.Fatal(err)
			}
		}
		fs.Crash()
		_ = a.Close() // its files are gone
		if a, err = cluster.Open(c); err != nil {
			t.Fatal(err)
		}
		of, err := a.Lookup(within(t), "set")
		if err != nil || of.Elements != 200*(round+1) {
			t.Errorf("round %d: %+v, %v", round, of, err)
		}
		if v, err := a.Value(within(t), "counter"); err != nil || v.Int64() != int64(200*(round+1)) {
			t.Errorf("round %d: %v, %v", round, v, err)
		}
		if err := a.Close(); err != nil {
			t.Fatal(err)
		}
	}
}

func TestTheLogIsReplacedBySnapshots(t *testing.T) {
	c := config(t, newCA(t), "a").On(modelfs.New(4))
	c.Dir = t.TempDir()
	a := open(t, c)
	for i := range 200 {
		add(t, a, "set", numbered(strconv.Itoa(i)+"/", 100)...)
	}
	if err := a.CompactNow(); err != nil {
		t.Fatal(err)
	}
	s, err := a.Status(within(t))
	if err != nil || s.Disk.SnapshotBytes == 0 || s.Disk.LogBytes > 64<<10 {
		t.Errorf("%+v, %v", s.Disk, err)
	}
	if err := a.Close(); err != nil {
		t.Fatal(err)
	}
	if of, err := open(t, c).Lookup(within(t), "set"); err != nil || of.Elements != 20_000 {
		t.Errorf("%+v, %v", of, err)
	}
}

func TestACounterThatIsFullSaysSo(t *testing.T) {
	a := open(t, config(t, newCA(t), "a"))
	if err := a.Increment(within(t), "counter", 1<<64-1); err != nil {
		t.Fatal(err)
	}
	if err := a.Increment(within(t), "counter", 1); !errors.Is(err, crdt.ErrOverflow) {
		t.Error(err)
	}
	if err := a.Decrement(within(t), "counter", 1<<64-1); err != nil {
		t.Error(err)
	}
	if v, err := a.Value(within(t), "counter"); err != nil || v.Sign() != 0 {
		t.Errorf("%v, %v", v, err)
	}
}

func TestALazyNodeRefusesUpdatesWhileItsDiskFailsAndLosesNone(t *testing.T) {
	fs, full := modelfs.Fillable(1)
	c := config(t, newCA(t), "a").On(fs)
	c.Dir, c.Sync = t.TempDir(), cluster.SyncEverySecond
	a := open(t, c)
	add(t, a, "set", "before")
	a.FlushNow()
	full.Store(true)
	add(t, a, "set", "acknowledged") // nobody knows yet
	if err := a.Increment(within(t), "counter", 1); err != nil {
		t.Fatal(err)
	}
	a.FlushNow()
	if _, err := a.Add(within(t), "set", []byte("refused")); !errors.Is(err, syscall.ENOSPC) {
		t.Errorf("at a full disk: %v", err)
	}
	full.Store(false)
	a.FlushNow()
	add(t, a, "set", "after")
	if err := a.Close(); err != nil {
		t.Fatal(err)
	}
	a = open(t, c)
	if of, err := a.Lookup(within(t), "set"); err != nil || of.Elements != 3 {
		t.Errorf("%+v, %v", of, err)
	}
	if v, err := a.Value(within(t), "counter"); err != nil || v.Int64() != 1 {
		t.Errorf("%v, %v", v, err)
	}
}
