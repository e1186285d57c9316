package cluster

import (
	"context"
	"fmt"

	"gset/internal/store"
	"gset/replica/cluster/internal/wire"
)

// about says whose a store or a backup is.
func (c *Config) about() store.Config {
	id := wire.IDOf(c.Key)
	return store.Config{
		About: store.About{Cluster: fmt.Sprintf("%x", id[:]), State: "collections", Member: c.Name},
		FS:    c.tuning.files,
	}
}

// Backup writes the state to a file, in place of one that may be there, while the node goes on. It has
// everything that was acknowledged before the call. Any member of the cluster can restore it.
func (n *Node) Backup(path string) error {
	return store.WriteBackup(n.config.about(), path, n.parts)
}

// Restore joins a backup into the state, as an update that goes to all members. What was there stays, so
// it may be done at any time, at any member, any number of times. It fails on a file that is damaged, or
// of another cluster; then parts of it may have been joined.
func (n *Node) Restore(ctx context.Context, path string) error {
	_, err := store.ReadBackup(n.config.about(), path, func(part []byte) error {
		delta, err := n.core.empty().Decode(part)
		if err != nil {
			return err
		}
		return n.Update(ctx, delta)
	})
	return err
}
