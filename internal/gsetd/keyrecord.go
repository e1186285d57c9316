package gsetd

import (
	"crypto/rand"
	"encoding/binary"
	"errors"
	"slices"

	"gset/crdt"
)

// A Local draws the key of its state when its store is made, and keeps it in the store: the form of
// a delta depends on it. The key is a record beside the deltas: keyTag, which no delta begins with, and
// the two numbers of the key. It is before all deltas in a snapshot and in a backup, and once more
// for each time that the store was opened.
const (
	keyTag    = 'K'
	keyRecord = 1 + 16 // bytes
)

func appendKey(b []byte, key crdt.Key) []byte {
	b = append(b, keyTag)
	b = binary.LittleEndian.AppendUint64(b, key[0])
	return binary.LittleEndian.AppendUint64(b, key[1])
}

func drawKey() crdt.Key {
	var b [16]byte
	_, _ = rand.Read(b[:]) // never fails
	return crdt.Key{binary.LittleEndian.Uint64(b[:]), binary.LittleEndian.Uint64(b[8:])}
}

// errNoKey says that a salvaged store has lost all records of its key.
var errNoKey = errors.New("gsetd: nothing that is left of the store has its key")

// reader joins what a store holds into a state. Deltas that come before the key, as they do if a store
// has lost the first records, wait for it.
type reader struct {
	state *crdt.Collections // nil until the key is known
	early [][]byte
}

// apply is for store.Open.
func (r *reader) apply(record []byte) error {
	switch {
	case len(record) == keyRecord && record[0] == keyTag:
		return r.begin(crdt.Key{binary.LittleEndian.Uint64(record[1:]), binary.LittleEndian.Uint64(record[9:])})
	case r.state == nil:
		r.early = append(r.early, slices.Clone(record))
		return nil
	}
	delta, err := r.state.Decode(record)
	if err == nil {
		r.state.Merge(delta)
	}
	return err
}

func (r *reader) begin(key crdt.Key) error {
	if r.state != nil {
		if r.state.Key() != key {
			return errors.New("gsetd: a store with two keys")
		}
		return nil
	}
	r.state = crdt.NewCollections(key)
	early := r.early
	r.early = nil
	for _, record := range early {
		if err := r.apply(record); err != nil {
			return err
		}
	}
	return nil
}

// result returns the state: an empty one under a new key if there was nothing.
func (r *reader) result() (*crdt.Collections, error) {
	switch {
	case r.state != nil:
		return r.state, nil
	case len(r.early) > 0:
		return nil, errNoKey
	}
	return crdt.NewCollections(drawKey()), nil
}

// ReadState returns the state that a store, or a backup, holds; read calls its argument with each
// record, as store.Read does.
func ReadState(read func(apply func(record []byte) error) error) (*crdt.Collections, error) {
	var r reader
	if err := read(r.apply); err != nil {
		return nil, err
	}
	return r.result()
}
