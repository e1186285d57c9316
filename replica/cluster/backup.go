package cluster

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"io/fs"
	"iter"

	"gset/crdt"
	"gset/internal/durable"
	"gset/internal/store"
	"gset/replica/cluster/internal/wire"
)

// store says whose a node's store or backup is, and where.
func (c *Config) store() store.Config {
	return store.Config{
		About:   store.About{Cluster: cmp.Or(c.storeName, ID(c.Key)), State: "collections", Member: c.Name},
		Dir:     c.Dir,
		Salvage: c.Salvage,
		Segment: c.tuning.segment,
		FS:      c.tuning.files,
	}
}

// ID returns what stores and backups name the cluster by that has a hash key: 32 digits in hex.
func ID(key crdt.Key) string {
	id := wire.IDOf(key)
	return fmt.Sprintf("%x", id[:])
}

// storeFiles returns the file system of the store.
func (c *Config) storeFiles() store.FS {
	if c.tuning.files == nil {
		return store.OS
	}
	return c.tuning.files
}

// backups says whose a node's backup is. It is on the system's files.
func (c *Config) backups() store.Config { return store.Config{About: c.store().About} }

// Backup writes the state to a file, in place of one that may be there, while the node goes on. It has
// everything that was acknowledged before the call, and the hash key. Any member of the cluster can
// restore it, and a node with another key can import it.
func (n *Node) Backup(path string) error {
	return store.WriteBackup(n.config.backups(), path, withKey(n.config.Key, n.parts))
}

// Restore joins a backup into the state, as an update that goes to all members. What was there stays, so
// it may be done at any time, at any member, any number of times. It fails on a file that is damaged, and
// with ErrOtherCluster on one of a state under another hash key; then parts of it may have been joined.
func (n *Node) Restore(ctx context.Context, path string) error { return n.restore(ctx, path, false) }

// Import is Restore also for a backup of a state under another hash key: of another cluster, or of a node
// that was alone. Nobody can take it back, as states only grow.
func (n *Node) Import(ctx context.Context, path string) error { return n.restore(ctx, path, true) }

// errUnkeyed says that a backup does not begin with its key: Backup once wrote such ones.
var errUnkeyed = errors.New("cluster: a backup without its key")

func (n *Node) restore(ctx context.Context, path string, foreign bool) error {
	var of *crdt.Collections // an empty state under the backup's key
	join := func(part []byte) error {
		switch key, isKey := keyIn(part); {
		case isKey && key != n.config.Key && !foreign:
			return fmt.Errorf("%w: the backup %s is of a state under another hash key", ErrOtherCluster, path)
		case isKey:
			of = crdt.NewCollections(key)
			return nil
		case of == nil:
			return errUnkeyed
		}
		delta, err := of.Decode(part)
		if err == nil && of.Key() != n.config.Key {
			delta, err = translated(delta, n.config.Key)
		}
		if err != nil {
			return err
		}
		return n.restorePart(ctx, delta)
	}
	anyones := n.config.backups()
	anyones.Cluster = ""
	_, err := store.ReadBackup(anyones, path, join)
	if errors.Is(err, errUnkeyed) { // its header says whose it is
		of = n.core.empty()
		if _, err = store.ReadBackup(n.config.backups(), path, join); errors.Is(err, store.ErrForeign) {
			err = fmt.Errorf("%w: %w", ErrOtherCluster, err)
		}
	}
	return err
}

// restorePart joins a part of a backup. If it has counts of this node that the node has not made, as its disk
// was set back, the node first takes a new incarnation.
func (n *Node) restorePart(ctx context.Context, part *crdt.Collections) error {
	err := n.call(ctx, func(c *Core) error {
		c.ledger.watch(part.Minus(c.replica.Stable()).Minus(c.replica.Pending()))
		return nil
	})
	if err != nil {
		return err
	}
	return n.Update(ctx, part)
}

// BackupKey returns the hash key of the state in a backup: zero if the backup does not have it.
func BackupKey(path string) (key crdt.Key, err error) {
	c := Config{Cluster: DefaultCluster, Name: DefaultName}
	of := c.backups()
	of.Cluster = ""
	found := errors.New("found")
	_, err = store.ReadBackup(of, path, func(part []byte) error {
		key, _ = keyIn(part)
		return found
	})
	if errors.Is(err, found) {
		err = nil
	}
	return key, err
}

// Folder returns a configuration with the name, the cluster and the hash key of the node whose folder is
// given, to be opened Alone. Its error wraps fs.ErrNotExist if the folder has no store.
func Folder(dir string) (Config, error) {
	c := Config{Alone: true, Dir: dir}
	owner, err := store.OwnerOf(store.OS, dir)
	if err != nil {
		return c, fmt.Errorf("cluster: %w", err)
	}
	c.Name, c.Cluster = owner.Member, owner.Cluster
	switch s, _, err := readSaved(dir); {
	case err == nil:
		c.Cluster = s.Cluster
	case !errors.Is(err, fs.ErrNotExist):
		return c, err
	}
	return c, loadKey(&c)
}

// BackupFolder writes a backup of what the store in a folder holds, and returns that. A node may have
// the folder open meanwhile: all that it has acknowledged before is in the backup.
func BackupFolder(ctx context.Context, dir, path string) (View, error) {
	c, err := Folder(dir)
	if err != nil {
		return View{}, err
	}
	state := crdt.NewCollections(c.Key)
	if _, err := store.Read(c.store(), joiner(state)); err != nil {
		return View{}, err
	}
	parts := durable.Forms(crdt.Split(state, 0, durable.PartSize))
	return View{parts: [3]*crdt.Collections{state}, n: 1}, store.WriteBackup(c.backups(), path, until(ctx, withKey(c.Key, parts)))
}

// until ends parts with an error when ctx is done.
func until(ctx context.Context, parts iter.Seq2[[]byte, error]) iter.Seq2[[]byte, error] {
	return func(yield func([]byte, error) bool) {
		for part, err := range parts {
			if err == nil {
				err = ctx.Err()
			}
			if !yield(part, err) || err != nil {
				return
			}
		}
	}
}
