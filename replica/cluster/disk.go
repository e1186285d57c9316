package cluster

import (
	"errors"
	"sync"
	"time"

	"gset/crdt"
	"gset/internal/durable"
	"gset/internal/store"
)

// flusher is the disk of a node that writes every second.
type flusher struct {
	mu  sync.Mutex
	err error // of the last write; updates are refused while there is one

	// early asks for a write before the second is over, as more than earlyBytes wait. Without that the
	// memory for what waits would grow under load, and copying it is what would keep the executor longest.
	early   chan struct{} // holds one
	waiting int           // bytes appended since it was asked last; of the executor
}

// earlyBytes is so much that the store still keeps the memory for the next write.
const earlyBytes = 512 << 10

// append adds deltas to what the next write has.
func (f *flusher) append(s *store.Store, deltas [][]byte) error {
	if err := f.failed(); err != nil {
		return err
	}
	for i, d := range deltas {
		if _, err := s.Append(d); err != nil {
			if !errors.Is(err, store.ErrClosed) {
				f.set(err) // what was acknowledged before was in the commit that failed
			}
			return store.SomeOf(i, err)
		}
		f.waiting += len(d)
	}
	if f.waiting >= earlyBytes {
		f.waiting = 0
		select {
		case f.early <- struct{}{}:
		default:
		}
	}
	return nil
}

func (f *flusher) failed() error {
	f.mu.Lock()
	defer f.mu.Unlock()
	return f.err
}

func (f *flusher) set(err error) {
	f.mu.Lock()
	defer f.mu.Unlock()
	f.err = err
}

// keepDisk writes once a second, if that is wanted, or earlier if much waits, and makes snapshots when the log has grown long.
func (n *Node) keepDisk() {
	ticker := time.NewTicker(time.Second)
	defer ticker.Stop()
	for {
		select {
		case <-n.ctx.Done():
			return
		case <-ticker.C:
		case <-n.core.flush.early:
		}
		if failed := n.flush(); failed || n.core.store.Due() {
			n.compact(ticker.C, failed)
		}
	}
}

// flush writes what was appended, where a commit does not wait for that. What a write that failed had is saved by a snapshot of all, and
// updates are refused until that has succeeded.
func (n *Node) flush() (failed bool) {
	if n.config.Sync != SyncEverySecond {
		return false
	}
	f := &n.core.flush
	err := n.core.store.Flush()
	if err != nil && !errors.Is(err, store.ErrClosed) {
		n.config.Log.Error("cluster: the last second's updates cannot be written", "error", err)
		f.set(err)
	}
	return f.failed() != nil
}

// errLogFailed ends a snapshot that does not save what the log has just lost.
var errLogFailed = errors.New("the log failed meanwhile")

// compact writes a snapshot. Updates do not wait for it: the log is written between its parts, when that is due.
func (n *Node) compact(second <-chan time.Time, failed bool) {
	began := time.Now()
	due := func() bool {
		select {
		case <-second:
		case <-n.core.flush.early:
		default:
			return false
		}
		return true
	}
	err := n.core.store.Compact(func(yield func([]byte, error) bool) {
		for part, err := range n.parts {
			if !yield(part, err) {
				return
			}
			if due() && n.flush() && !failed {
				yield(nil, errLogFailed)
				return
			}
		}
	})
	if err == nil {
		n.config.Log.Info("a snapshot was written", "bytes", n.core.store.Stats().Snapshot, "took", time.Since(began).Round(time.Millisecond))
	}
	switch {
	case err == nil && failed:
		n.core.flush.set(nil)
	case err != nil && !errors.Is(err, store.ErrClosed) && !errors.Is(err, ErrClosed):
		n.config.Log.Error("cluster: no snapshot can be written", "error", err)
	}
}

// parts yields the state in parts, each cut in the executor and encoded beside it.
func (n *Node) parts(yield func([]byte, error) bool) {
	durable.Parts(func(f func(stable, pending *crdt.Collections)) error {
		return n.between(func(c *Core) { f(c.replica.Stable(), c.replica.Pending()) })
	})(yield)
}

// between runs f between the executor's turns, when the engine has learned all that was committed. It
// waits for it.
func (n *Node) between(f func(*Core)) error {
	done := make(chan struct{})
	err := n.Do(func(c *Core) {
		f(c)
		close(done)
	})
	if err != nil {
		return err
	}
	select {
	case <-done:
		return nil
	case <-n.ctx.Done():
		return ErrClosed
	}
}

// settle notes in the folder that everything was written: the store was closed without an error.
func (n *Node) settle() error {
	if n.config.Sync != SyncEverySecond {
		return nil
	}
	return saveKey(&n.config, false)
}
