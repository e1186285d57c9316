// Package inspect reads what a folder of a store or a backup holds, for people, and changes nothing. A
// store may be open meanwhile.
package inspect

import (
	"encoding/binary"
	"errors"
	"fmt"
	"io/fs"
	"os"

	"gset/crdt"
	"gset/internal/store"
	"gset/replica/cluster"
)

// Content is what a path holds.
type Content struct {
	store.Found

	Name string // of the cluster, if the folder says so; Found has its id

	// State is what could be read; nil if nothing could.
	State *crdt.Collections

	Torn   int64 // bytes of a last commit that is being written, or that a crash has cut off
	Damage error // why not all could be read; nil if all was
}

// ErrNoKey says that a state cannot be read without the hash key, which is in the folder of a member.
var ErrNoKey = errors.New("its hash key is not in it")

// Read reads a folder or a file. keyFolder is the folder of a member of the same cluster, for a backup that does
// not have the hash key; it may be empty. Damage is no error: Content has it.
func Read(path, keyFolder string) (Content, error) {
	info, err := os.Stat(path)
	if err != nil {
		return Content{}, err
	}
	return read(store.OS, path, info.IsDir(), keyFolder)
}

// read is Read on a file system.
func read(files store.FS, path string, isFolder bool, keyFolder string) (c Content, err error) {
	if c.Found, err = store.Look(files, path, isFolder); err != nil {
		c.Damage = err
		if errors.As(err, new(*store.DamageError)) {
			return c, nil
		}
		return c, err
	}
	if !isFolder && !c.Backup {
		return c, fmt.Errorf("%s is one file of a store; inspect its folder", path)
	}
	r := reader{}
	if r.fallback, err = c.key(path, keyFolder); err != nil {
		return c, err
	}
	if c.Damage != nil {
		return c, nil
	}
	config := store.Config{About: c.About, Dir: path, FS: files}
	var recovered store.Recovered
	if c.Backup {
		recovered, err = store.ReadBackup(config, path, r.apply)
	} else if found, e := store.Read(config, r.apply); e != nil {
		err = e
	} else {
		recovered = *found
	}
	c.State, c.Torn = r.state, recovered.Torn
	switch {
	case errors.As(err, new(*store.DamageError)):
		c.Damage = err
	case errors.Is(err, ErrNoKey):
		return c, fmt.Errorf("%s: %w; name a member's folder that has it", path, err)
	case err != nil:
		return c, err
	}
	return c, nil
}

// key returns the hash key that the folder has, or for a backup keyFolder; zero if there is none. It notes the
// cluster's name, if that is told of the cluster of c, and damage of the folder's file.
func (c *Content) key(path, keyFolder string) (key crdt.Key, err error) {
	folder := keyFolder
	if !c.Backup {
		folder = path
	}
	if folder == "" {
		return key, nil
	}
	name, key, err := cluster.FolderCluster(folder)
	switch {
	case errors.Is(err, fs.ErrNotExist):
		return crdt.Key{}, nil
	case err != nil && !c.Backup:
		c.Damage = err
		return key, nil
	case err != nil:
		return key, err
	}
	if !c.Backup || cluster.ID(key) == c.Cluster {
		c.Name = name
	}
	return key, nil
}

// Names returns how many collections clients see. The members have one of their own.
func (c *Content) Names() int {
	n := c.State.Names()
	if c.State.Lookup(cluster.BeaconName).Kind() != crdt.NoKind {
		n--
	}
	return n
}

// reader joins records into a state. A record of the key says under which; see gsetd's.
type reader struct {
	state    *crdt.Collections
	fallback crdt.Key
}

func (r *reader) apply(record []byte) error {
	const keyTag, keyRecord = 'K', 17
	if len(record) == keyRecord && record[0] == keyTag {
		if r.state == nil {
			r.state = crdt.NewCollections(crdt.Key{binary.LittleEndian.Uint64(record[1:]), binary.LittleEndian.Uint64(record[9:])})
		}
		return nil
	}
	if r.state == nil {
		if r.fallback == (crdt.Key{}) {
			return ErrNoKey
		}
		r.state = crdt.NewCollections(r.fallback)
	}
	delta, err := r.state.Decode(record)
	if err != nil {
		return err
	}
	r.state.Merge(delta)
	return nil
}
