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
}

// append adds deltas to what the next write has.
func (f *flusher) append(s *store.Store, deltas [][]byte) error {
	if err := f.failed(); err != nil {
		return err
	}
	for _, d := range deltas {
		if _, err := s.Append(d); err != nil {
			return err
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

// keepDisk writes once a second, if that is wanted, and makes snapshots when the log has grown long.
func (n *Node) keepDisk() {
	ticker := time.NewTicker(time.Second)
	defer ticker.Stop()
	for {
		select {
		case <-n.ctx.Done():
			return
		case <-ticker.C:
		}
		failed := false
		if n.config.Sync == SyncEverySecond {
			failed = n.flush()
		}
		if failed || n.core.store.Due() {
			n.compact(failed)
		}
	}
}

// flush writes what was appended. What a write that failed had is saved by a snapshot of all, and
// updates are refused until that has succeeded.
func (n *Node) flush() (failed bool) {
	f := &n.core.flush
	err := n.core.store.Flush()
	if err != nil && !errors.Is(err, store.ErrClosed) {
		n.config.Log.Error("cluster: the last second's updates cannot be written", "error", err)
		f.set(err)
	}
	return f.failed() != nil
}

// compact writes a snapshot.
func (n *Node) compact(failed bool) {
	began := time.Now()
	err := n.core.store.Compact(n.parts)
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
