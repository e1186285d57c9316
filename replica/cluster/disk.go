package cluster

import (
	"errors"
	"sync"
	"time"

	"gset/crdt"
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
	err := n.core.store.Compact(n.parts)
	switch {
	case err == nil && failed:
		n.core.flush.set(nil)
	case err != nil && !errors.Is(err, store.ErrClosed) && !errors.Is(err, ErrClosed):
		n.config.Log.Error("cluster: no snapshot can be written", "error", err)
	}
}

// partSize bounds the parts of a snapshot in bytes: what is cut while everything waits.
const partSize = 256 << 10

// parts yields the state in parts, each cut in the executor, or beside it. What is pending comes
// first, all of one moment: later it may have become stable, behind where the parts of the stable
// value have come to.
func (n *Node) parts(yield func([]byte, error) bool) {
	var pending *crdt.Collections
	err := n.between(func(c *Core) { pending = c.replica.Pending().Clone() })
	if err != nil {
		yield(nil, err)
		return
	}
	for part, err := range crdt.Split(pending, 0, partSize) {
		if !yieldEncoded(part, err, yield) {
			return
		}
	}
	for first := crdt.CellID(0); ; {
		var part *crdt.Collections
		var last crdt.CellID
		var cut error
		if err := n.between(func(c *Core) { part, last, cut = c.replica.Stable().Cut(first, partSize) }); err != nil {
			cut = err
		}
		if cut == nil && part.Len() == 0 || !yieldEncoded(part, cut, yield) || last == ^crdt.CellID(0) {
			return
		}
		first = last + 1
	}
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

func yieldEncoded(part *crdt.Collections, err error, yield func([]byte, error) bool) bool {
	var data []byte
	if err == nil {
		data, err = part.AppendBinary(nil)
	}
	return yield(data, err)
}

// closeStore closes the store when nothing is committed any more.
func (n *Node) closeStore() error {
	err := n.core.store.Close()
	if err == nil && n.config.Sync == SyncEverySecond {
		err = saveKey(&n.config, false)
	}
	return err
}
