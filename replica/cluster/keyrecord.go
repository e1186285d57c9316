package cluster

import (
	"encoding/binary"
	"errors"
	"fmt"
	"io/fs"
	"iter"

	"gset/crdt"
	"gset/internal/store"
)

// A backup begins with the key of its state, since the form of a delta depends on it. So did the
// store of a gsetd without peers, before the key was in a file of its own: there are as many such
// records as the store was opened, each before all deltas of that time. The record is keyTag, which
// no delta begins with, and the two numbers of the key.
const (
	keyTag    = 'K'
	keyRecord = 1 + 16 // bytes
)

func appendKey(b []byte, key crdt.Key) []byte {
	b = append(b, keyTag)
	b = binary.LittleEndian.AppendUint64(b, key[0])
	return binary.LittleEndian.AppendUint64(b, key[1])
}

// keyIn returns the key that is in a record; isKey says whether it is such a record.
func keyIn(record []byte) (key crdt.Key, isKey bool) {
	if len(record) != keyRecord || record[0] != keyTag {
		return key, false
	}
	return crdt.Key{binary.LittleEndian.Uint64(record[1:]), binary.LittleEndian.Uint64(record[9:])}, true
}

// withKey yields the record of a key, and then parts.
func withKey(key crdt.Key, parts iter.Seq2[[]byte, error]) iter.Seq2[[]byte, error] {
	return func(yield func([]byte, error) bool) {
		if !yield(appendKey(nil, key), nil) {
			return
		}
		for part, err := range parts {
			if !yield(part, err) {
				return
			}
		}
	}
}

var (
	// errNoKey says that a store has lost all records of its key.
	errNoKey = errors.New("cluster: nothing that is left of the store has its key")

	errTwoKeys = errors.New("cluster: a store with two keys")
)

// keyFinder looks for the key in a store's records.
type keyFinder struct {
	key    crdt.Key
	found  bool
	others int // records that are none
}

func (f *keyFinder) apply(record []byte) error {
	key, isKey := keyIn(record)
	switch {
	case !isKey:
		f.others++
	case f.found && f.key != key:
		return errTwoKeys
	default:
		f.key, f.found = key, true
	}
	return nil
}

// keyInStore finds the hash key in the store of a folder that has no file for the key. If there is no store,
// or a store without a record, there is none.
func keyInStore(c *Config) error {
	owner, err := store.OwnerOf(c.storeFiles(), c.Dir)
	if errors.Is(err, fs.ErrNotExist) || err == nil && owner.Cluster != c.Cluster {
		return nil // to open a store of another cluster is an error that says more
	}
	if err != nil {
		return fmt.Errorf("cluster: the hash key: %w", err)
	}
	c.storeName = owner.Cluster
	var finder keyFinder
	_, err = store.Read(c.store(), finder.apply)
	if damage := (*store.DamageError)(nil); c.Salvage && errors.As(err, &damage) {
		finder = keyFinder{}
		if err := c.markUnfilled(); err != nil {
			return err
		}
		var s *store.Store
		if s, _, err = store.Open(c.store(), finder.apply); err == nil {
			err = s.Close()
		}
	}
	switch {
	case err != nil:
		return err
	case !finder.found && finder.others > 0:
		return errNoKey
	case finder.found:
		return c.setKey(finder.key)
	}
	return nil
}

// translated returns a state under another key.
func translated(state *crdt.Collections, key crdt.Key) (*crdt.Collections, error) {
	to := crdt.NewCollections(key)
	for name, element := range state.All() {
		if _, err := to.Insert(name, element); err != nil {
			return nil, err
		}
	}
	for e := range state.Entries() {
		if err := to.Raise(e.Name, e.Origin, e.Balance); err != nil {
			return nil, err
		}
	}
	return to, nil
}

// joiner returns what joins the records of a store into a state.
func joiner(state *crdt.Collections) func(record []byte) error {
	return func(record []byte) error {
		if key, isKey := keyIn(record); isKey {
			if key != state.Key() {
				return errTwoKeys
			}
			return nil
		}
		delta, err := state.Decode(record)
		if err == nil {
			state.Merge(delta)
		}
		return err
	}
}
