package node

import (
	"errors"
	"fmt"
	"io"
	"io/fs"
	"net/url"
	"strings"

	"gset/crdt"
	"gset/internal/durable"
	"gset/internal/store"
)

// Backup writes to the file Options.Backup the join of what all nodes' stores in Options.Data hold, and says on out what that is. The
// nodes may be running: everything that they acknowledged before is in it.
func Backup[S crdt.Lattice[S]](w Workload[S], o Options, out io.Writer) error {
	bottom := w.Bottom(o.Key)
	state, nodes := bottom.New(), 0
	folders, err := o.fs().Names(o.Data)
	if err != nil {
		return fmt.Errorf("-data %s: %w", o.Data, err)
	}
	for _, name := range folders {
		node, err := url.PathUnescape(strings.TrimPrefix(name, folderPrefix))
		if err != nil || folderOf(o.Data, node) != o.fs().Join(o.Data, name) {
			continue
		}
		recovered, err := store.Read(storeConfig(bottom, o, node), decoder(bottom, state))
		switch {
		case errors.Is(err, fs.ErrNotExist):
			continue // it is being made, and has acknowledged nothing
		case err != nil:
			return err
		case recovered.Torn > 0:
			fmt.Fprintf(out, "%s: the last commit is being written, or was cut off, and is left out\n", name)
		}
		nodes++
	}
	if nodes == 0 {
		return fmt.Errorf("-data %s: it has no node's data", o.Data)
	}
	if err := store.WriteBackup(storeConfig(bottom, o, "backup"), o.Backup, durable.Forms(crdt.Split(state, 0, durable.PartSize))); err != nil {
		return err
	}
	_, err = fmt.Fprintf(out, "%s: the state of %d nodes, %d elements or sums\n", o.Backup, nodes, state.Len())
	return err
}

// fs is the file system that has the nodes' data.
func (o Options) fs() store.FS {
	if o.files == nil {
		return store.OS
	}
	return o.files
}

// storeConfig says which store is a node's.
func storeConfig[S crdt.Lattice[S]](bottom S, o Options, node string) store.Config {
	return store.Config{
		About: store.About{Cluster: clusterName(bottom.Key()), State: stateName[S](), Member: node},
		Dir:   folderOf(o.Data, node), Segment: o.segment, FS: o.files,
	}
}

// decoder returns a function that joins the binary form of a delta into a state.
func decoder[S crdt.Lattice[S]](bottom, state S) func(delta []byte) error {
	return func(delta []byte) error {
		part, err := bottom.Decode(delta)
		if err == nil {
			crdt.Merge(state, part)
		}
		return err
	}
}

// readBackup joins a backup into the state that a node begins with, and makes durable what is new.
func (d *driver[S]) readBackup(node string, state S) error {
	backup := d.bottom.New()
	_, err := store.ReadBackup(storeConfig(d.bottom, d.options, node), d.options.Restore, decoder(d.bottom, backup))
	if err != nil {
		return err
	}
	novel := state.Join(backup)
	d.log.Printf("%s holds %d elements or sums, of which %d are new here", d.options.Restore, backup.Len(), novel.Len())
	if d.disk.store == nil || novel.Len() == 0 {
		return nil
	}
	if l := d.workload.Ledger; l != nil && l.Sums(novel, crdt.Origin{Node: node, Incarnation: d.disk.store.Incarnation()}) != (Sums{}) {
		incarnation, err := d.disk.store.Renew()
		if err != nil {
			return err
		}
		d.log.Printf("the incarnation is new, %x: the backup has counts of this node that its folder lacks", incarnation)
	}
	deltas, err := durable.Encode(novel)
	if err == nil {
		err = d.disk.store.Commit(deltas...)
	}
	return err
}
