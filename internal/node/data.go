package node

import (
	"errors"
	"fmt"
	"io/fs"
	"net/url"
	"os"
	"path/filepath"
	"reflect"
	"syscall"

	"gset/crdt"
	"gset/internal/durable"
	"gset/internal/store"
)

// checkFolder makes the folder that all nodes' folders are in, so that one that cannot be used is told of
// at once, and not at init.
func checkFolder(dir string) error {
	if err := os.MkdirAll(dir, 0o777); err != nil {
		if errors.Is(err, syscall.ENOTDIR) || errors.Is(err, fs.ErrExist) {
			return fmt.Errorf("-data %s: it is a file, or in one, and must be a folder: %w", dir, err)
		}
		return fmt.Errorf("-data %s: the folder cannot be made: %w", dir, err)
	}
	return nil
}

// folderError is why a node's folder cannot be used.
type folderError struct{ error }

// folderOf returns the folder of one node's store. All nodes are given the same arguments.
func folderOf(dir, node string) string { return filepath.Join(dir, folderPrefix+url.PathEscape(node)) }

const folderPrefix = "node-"

// restore opens the node's store, if it was given a folder, and returns the state that is in it, and in the backup if
// one is to be restored.
func (d *driver[S]) restore(node string) (S, error) {
	state := d.bottom.New()
	if d.options.Data != "" {
		config := storeConfig(d.bottom, d.options, node)
		s, recovered, err := store.Open(config, decoder(d.bottom, state))
		if err != nil {
			return state, err
		}
		d.disk.store = s
		d.log.Printf("data in %s: %d commits behind %d parts of a snapshot, %d bytes; incarnation %x", config.Dir,
			recovered.Commits, recovered.Parts, recovered.Bytes, s.Incarnation())
		if recovered.Renewed != "" && !recovered.New {
			d.log.Printf("the incarnation is new: %s", recovered.Renewed)
		}
	}
	if d.options.Restore == "" {
		return state, nil
	}
	return state, d.readBackup(node, state)
}

// clusterName names a cluster by the key that its nodes share, and does not tell the key.
func clusterName(key crdt.Key) string {
	h := crdt.NewGSet(key, 0).Digest().Hash
	return fmt.Sprintf("%x", h)
}

// stateName names the type of state.
func stateName[S any]() string { return reflect.TypeFor[S]().String() }

// compactIfDue starts a compaction when the log has grown long. One runs at a time.
func (d *driver[S]) compactIfDue() {
	if d.disk.compacting || d.stopped || !d.disk.store.Due() {
		return
	}
	d.disk.compacting = true
	d.disk.running.Go(func() {
		err := d.disk.store.Compact(d.parts)
		d.mu.Lock()
		defer d.mu.Unlock()
		d.disk.compacting = false
		if err != nil && !errors.Is(err, store.ErrClosed) {
			d.faults.count(uncompacted, "%v", err)
		}
	})
}

// parts yields the state in parts, each cut under the driver's mutex and encoded outside.
func (d *driver[S]) parts(yield func([]byte, error) bool) {
	durable.Parts(func(f func(stable, pending S)) error {
		d.mu.Lock()
		defer d.mu.Unlock()
		d.awaitCommit() // its updates are in the log, and not yet in the replica
		f(d.replica.Stable(), d.replica.Pending())
		return nil
	})(yield)
}

// closeDisk closes the store when nothing is committed any more. Once the node serves, the caller must not hold the mutex.
func (d *driver[S]) closeDisk() error {
	if d.disk.store == nil {
		return nil
	}
	err := d.disk.store.Close()
	d.disk.running.Wait()
	return err
}
