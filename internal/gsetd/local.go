package gsetd

import (
	"context"
	"errors"
	"fmt"
	"iter"
	"sync"
	"time"

	"gset/crdt"
	"gset/internal/store"
)

// StateName is what a store of this package calls the type of its state.
const StateName = "collections"

// LocalConfig says how to open a Local. Nothing is required.
type LocalConfig struct {
	Cluster string // default "local"
	Name    string // of the node; default "gsetd"

	// Dir is the folder of the store. Without one updates end with the process.
	Dir string

	// EverySecond has updates committed once a second, and acknowledged before that.
	EverySecond bool

	// Salvage opens a damaged store with what is left of it. A Local has nobody who could refill
	// it, so it stays Loading.
	Salvage bool

	FS store.FS // nil is the system's
}

// Local is a Node without other members.
type Local struct {
	config LocalConfig
	origin crdt.Origin
	disk   *store.Store // nil without a folder
	lacks  bool         // the store was damaged

	sync.Mutex // guards what follows
	state      *crdt.Collections
	pending    *crdt.Collections // updates that no commit has made durable
	failure    error             // of the last commit

	compacting sync.Mutex // held by the goroutine that compacts
	work       sync.WaitGroup
	stop       chan struct{}
}

// OpenLocal opens a node with its store. It must be closed. A damaged store is an error that wraps a
// [*store.DamageError], unless it is to be salvaged.
func OpenLocal(config LocalConfig) (*Local, error) {
	if config.Cluster == "" {
		config.Cluster = "local"
	}
	if config.Name == "" {
		config.Name = "gsetd"
	}
	l := &Local{config: config, stop: make(chan struct{})}
	l.state = crdt.NewCollections(drawKey())
	l.pending = l.state.New()
	l.origin = crdt.Origin{Node: config.Name, Incarnation: 1}
	if err := l.origin.Check(); err != nil {
		return nil, err
	}
	if config.Dir == "" {
		return l, nil
	}
	if err := l.open(); err != nil {
		return nil, err
	}
	if config.EverySecond {
		l.work.Go(l.commitEverySecond)
	}
	return l, nil
}

func (l *Local) open() error {
	var r reader
	disk, recovered, err := store.Open(store.Config{
		About:   store.About{Cluster: l.config.Cluster, State: StateName, Member: l.config.Name},
		Dir:     l.config.Dir,
		Salvage: l.config.Salvage,
		FS:      l.config.FS,
	}, r.apply)
	if err != nil {
		return err
	}
	l.disk, l.lacks = disk, len(recovered.Lost) > 0
	l.origin.Incarnation = disk.Incarnation()
	if l.state, err = r.result(); err == nil {
		err = disk.Commit(appendKey(nil, l.state.Key()))
	}
	if err != nil {
		return errors.Join(err, disk.Close())
	}
	l.pending = l.state.New()
	return nil
}

// State returns the state.
func (l *Local) State() *crdt.Collections { return l.state }

// Origin returns the origin of this node's counts.
func (l *Local) Origin() crdt.Origin { return l.origin }

// Update joins a delta into the state.
func (l *Local) Update(delta *crdt.Collections) {
	l.state.Merge(delta)
	switch {
	case l.disk == nil:
	case l.pending.Len() == 0:
		l.pending = delta
	default:
		l.pending.Merge(delta)
	}
}

// Commit makes all updates durable, or tells that those of the last second could not be made so.
func (l *Local) Commit() error {
	if l.disk == nil {
		return nil
	}
	if !l.config.EverySecond {
		return l.flush()
	}
	l.Lock()
	defer l.Unlock()
	return l.failure
}

// flush writes what is pending.
func (l *Local) flush() error {
	l.Lock()
	flight := l.pending
	if flight.Len() == 0 {
		defer l.Unlock()
		l.failure = nil
		return nil
	}
	l.pending = l.state.New()
	l.Unlock()

	deltas, err := encode(flight)
	if err == nil {
		err = l.disk.Commit(deltas...)
	}

	l.Lock()
	defer l.Unlock()
	if l.failure = err; err != nil {
		flight.Merge(l.pending)
		l.pending = flight
		return err
	}
	if l.disk.Due() && l.compacting.TryLock() {
		l.work.Go(l.compact)
	}
	return nil
}

func (l *Local) commitEverySecond() {
	tick := time.NewTicker(time.Second)
	defer tick.Stop()
	for {
		select {
		case <-tick.C:
			_ = l.flush() // the next Commit returns the error
		case <-l.stop:
			return
		}
	}
}

// partBytes is how long the parts of a large state are in a store.
const partBytes = 64 << 10

// encode returns a delta's binary form, in parts if it is long.
func encode(delta *crdt.Collections) ([][]byte, error) {
	if delta.Memory() < store.MaxDelta/2 { // the form takes less than the memory
		form, err := delta.AppendBinary(nil)
		return [][]byte{form}, err
	}
	var deltas [][]byte
	for part, err := range cuts(delta, noLock{}) {
		if err != nil {
			return nil, err
		}
		deltas = append(deltas, part)
	}
	return deltas, nil
}

type noLock struct{}

func (noLock) Lock()   {}
func (noLock) Unlock() {}

// records yields what a snapshot of a state holds: the key, and parts.
func records(state *crdt.Collections, lock sync.Locker) iter.Seq2[[]byte, error] {
	return func(yield func([]byte, error) bool) {
		if !yield(appendKey(nil, state.Key()), nil) {
			return
		}
		for part, err := range cuts(state, lock) {
			if !yield(part, err) {
				return
			}
		}
	}
}

// cuts yields binary forms of states whose join is the state. It cuts each under the lock.
func cuts(state *crdt.Collections, lock sync.Locker) iter.Seq2[[]byte, error] {
	cut := func(first crdt.CellID) (form []byte, next crdt.CellID, more bool, err error) {
		lock.Lock()
		defer lock.Unlock()
		id, ok := state.Skip(first, 0)
		if !ok {
			return nil, 0, false, nil
		}
		part, last, err := state.Cut(id, partBytes)
		if tooLong := (*crdt.CellError)(nil); errors.As(err, &tooLong) {
			part, last, err = state.Cut(id, store.MaxDelta) // long elements whose ids collide
		}
		if err != nil {
			return nil, 0, false, err
		}
		form, err = part.AppendBinary(nil)
		return form, last + 1, last+1 != 0, err
	}
	return func(yield func([]byte, error) bool) {
		for next, more := crdt.CellID(0), true; more; {
			form, after, left, err := cut(next)
			if err == nil && form == nil || !yield(form, err) || err != nil {
				return
			}
			next, more = after, left
		}
	}
}

// compact writes a snapshot. If that fails, the log goes on growing, and the next commit that finds it
// due tries again.
func (l *Local) compact() {
	defer l.compacting.Unlock()
	_ = l.disk.Compact(records(l.state, l))
}

// Loading reports whether the store was damaged.
func (l *Local) Loading() bool { return l.lacks }

// Wait returns zero: at once if nobody is waited for, and else when ctx is done.
func (l *Local) Wait(ctx context.Context, n int) int {
	if n > 0 {
		<-ctx.Done()
	}
	return 0
}

// Learned does nothing: there is nobody to learn from.
func (l *Local) Learned(func(*crdt.Collections)) {}

// Status tells what INFO shows.
func (l *Local) Status() Status {
	s := Status{Cluster: l.config.Cluster, Name: l.config.Name}
	if l.disk == nil {
		return s
	}
	s.Durable, s.Disk = Always, l.disk.Stats()
	if l.config.EverySecond {
		s.Durable = EverySecond
	}
	l.Lock()
	defer l.Unlock()
	s.Problem = l.failure
	return s
}

// Close commits what is pending and closes the store. The node must not be used after.
func (l *Local) Close() error {
	close(l.stop)
	if l.disk == nil {
		return nil
	}
	failure := l.flush()
	err := l.disk.Close()
	l.work.Wait()
	switch {
	case failure != nil:
		return fmt.Errorf("what was not committed is lost: %w", failure)
	case err != nil:
		return err
	}
	return nil
}

// Records yields what a backup of a state holds: records for ReadState, of any state under the same
// key. The state must not change meanwhile.
func Records(state *crdt.Collections) iter.Seq2[[]byte, error] { return records(state, noLock{}) }

// Restore joins a state, under whatever key, as an update.
func (l *Local) Restore(state *crdt.Collections) {
	l.Lock()
	defer l.Unlock()
	delta := l.state.New()
	for name, element := range state.All() {
		_, _ = delta.Insert(name, element) // it was in a state
	}
	for e := range state.Entries() {
		_ = delta.Raise(e.Name, e.Origin, e.Balance) // it was in a state
	}
	l.Update(delta)
}
