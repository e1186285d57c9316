package gsetd

import (
	"errors"
	"fmt"
	"iter"
	"math/big"
	"math/bits"
	"sync"
	"time"

	"gset/crdt"
	"gset/internal/store"
	"gset/replica/cluster"
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

	FS      store.FS // nil is the system's
	Segment int64    // bytes of a log file; zero is the store's default
}

// about returns the configuration of the node's store.
func (c *LocalConfig) about() store.Config {
	return store.Config{
		About:   store.About{Cluster: c.Cluster, State: StateName, Member: c.Name},
		Dir:     c.Dir,
		Salvage: c.Salvage,
		FS:      c.FS,
		Segment: c.Segment,
	}
}

// Local is a Node without other members.
type Local struct {
	config LocalConfig
	origin crdt.Origin
	disk   *store.Store // nil without a folder
	lacks  bool         // the store was damaged

	batch   *crdt.Collections // updates since the last Commit
	learned []func(delta *crdt.Collections)

	mu      sync.Mutex        // guards what follows; the loop's goroutine reads state without it
	state   *crdt.Collections // changed by the loop's goroutine only
	pending *crdt.Collections // updates that are not on disk
	failure error             // of the last commit
	tried   time.Time         // when that was

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
	l.pending, l.batch = l.state.New(), l.state.New()
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
	disk, recovered, err := store.Open(l.config.about(), r.apply)
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
	l.pending, l.batch = l.state.New(), l.state.New()
	return nil
}

// View returns the state.
func (l *Local) View() View { return localView{l.state} }

// localView is a state in one value.
type localView struct{ *crdt.Collections }

// Sum returns the value of a counter, if an int64 holds it.
func (v localView) Sum(counter string) (int64, bool) { return v.Collections.Sum(counter) }

// Value returns the value of a counter.
func (v localView) Value(counter string) *big.Int { return v.Collections.Value(counter) }

// Memory returns the bytes that the state takes.
func (l *Local) Memory() int { return l.state.Memory() }

// Add adds elements to a set. If they cannot be committed, they stay there, and are tried again.
func (l *Local) Add(set string, elements ...[]byte) (added int, err error) {
	for _, e := range elements {
		if len(set) > crdt.MaxName || len(set)+len(e) > crdt.MaxMember {
			_, err := l.state.New().Insert(set, e) // says what is wrong
			return 0, err
		}
	}
	l.mu.Lock()
	defer l.mu.Unlock()
	for _, e := range elements {
		if isNew, _ := l.state.Insert(set, e); isNew {
			_, _ = l.batch.Insert(set, e)
			added++
		}
	}
	return added, nil
}

// Increment adds to a counter.
func (l *Local) Increment(counter string, by uint64) error {
	return l.count(counter, func(b *crdt.Balance) *uint64 { return &b.Up }, by)
}

// Decrement takes away from a counter.
func (l *Local) Decrement(counter string, by uint64) error {
	return l.count(counter, func(b *crdt.Balance) *uint64 { return &b.Down }, by)
}

func (l *Local) count(counter string, sum func(b *crdt.Balance) *uint64, by uint64) error {
	balance := l.state.Balance(counter, l.origin)
	raised, carry := bits.Add64(*sum(&balance), by, 0)
	if carry > 0 {
		return crdt.ErrOverflow
	}
	if by == 0 {
		return nil
	}
	var grown crdt.Balance
	*sum(&grown) = raised
	l.mu.Lock()
	defer l.mu.Unlock()
	if err := l.state.Raise(counter, l.origin, grown); err != nil {
		return err
	}
	return l.batch.Raise(counter, l.origin, grown)
}

// Commit makes all updates durable, or tells that those of the last second could not be made so.
func (l *Local) Commit() error {
	batch := l.batch
	if batch.Len() > 0 {
		l.batch = l.state.New()
		l.keep(batch)
	}
	if err := l.commit(); err != nil {
		return err
	}
	if batch.Len() > 0 {
		for _, f := range l.learned {
			f(batch)
		}
	}
	return nil
}

// keep has the next write to the disk write a batch.
func (l *Local) keep(batch *crdt.Collections) {
	if l.disk == nil {
		return
	}
	l.mu.Lock()
	defer l.mu.Unlock()
	if l.pending.Len() == 0 && !l.config.EverySecond {
		l.pending = batch // nobody changes it: see flush
		return
	}
	l.pending.Merge(batch)
}

func (l *Local) commit() error {
	switch {
	case l.disk == nil:
		return nil
	case !l.config.EverySecond && !l.resting():
		return l.flush()
	}
	l.mu.Lock()
	defer l.mu.Unlock()
	return l.failure
}

// retryInterval is how long a disk that took nothing is left alone.
const retryInterval = time.Second

// resting reports whether the last commit has failed a short time ago.
func (l *Local) resting() bool {
	l.mu.Lock()
	defer l.mu.Unlock()
	return l.failure != nil && time.Since(l.tried) < retryInterval
}

// flush writes what is pending.
func (l *Local) flush() error {
	l.mu.Lock()
	flight := l.pending
	if flight.Len() == 0 {
		defer l.mu.Unlock()
		l.failure = nil
		return nil
	}
	l.pending = l.state.New()
	l.mu.Unlock()

	deltas, err := encode(flight)
	if err == nil {
		err = l.disk.Commit(deltas...)
	}

	l.mu.Lock()
	defer l.mu.Unlock()
	l.tried = time.Now()
	if l.failure = err; err != nil {
		l.pending.Merge(flight)
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
	_ = l.disk.Compact(records(l.state, &l.mu))
}

// Loading reports whether the store was damaged.
func (l *Local) Loading() bool { return l.lacks }

// Await calls done if nobody is to be waited for, and else never: there is nobody.
func (l *Local) Await(n int, done func(held int)) (cancel func() (held int)) {
	if n <= 0 {
		done(0)
	}
	return func() int { return 0 }
}

// Learned has f called with what is new.
func (l *Local) Learned(f func(*crdt.Collections)) { l.learned = append(l.learned, f) }

// Status tells what INFO shows.
func (l *Local) Status() Status {
	s := Status{Cluster: l.config.Cluster, Name: l.config.Name, Joined: true}
	if l.disk == nil {
		return s
	}
	disk := l.disk.Stats()
	s.Commits, s.Deltas, s.LogBytes, s.SnapshotBytes = disk.Commits, disk.Deltas, disk.LogBytes, disk.Snapshot
	s.Disk = &cluster.DiskStatus{
		Commits: disk.Commits, Deltas: disk.Deltas, LogBytes: disk.LogBytes, SnapshotBytes: disk.Snapshot,
		Failed: disk.Failed, Abandoned: disk.Abandoned, Snapshots: disk.Snapshots, Commit: disk.Commit,
	}
	s.Durable = Always
	if l.config.EverySecond {
		s.Durable = EverySecond
	}
	l.mu.Lock()
	defer l.mu.Unlock()
	s.Problem = l.failure
	return s
}

// Close commits what is pending and closes the store. The node must not be used after.
func (l *Local) Close() error {
	close(l.stop)
	if l.disk == nil {
		return nil
	}
	l.keep(l.batch)
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

// Backup writes the state to a file while the node goes on. It has everything that was acknowledged
// before the call.
func (l *Local) Backup(file string) error {
	return store.WriteBackup(l.config.about(), file, records(l.state, &l.mu))
}

// Records yields what a backup of a state holds: records for ReadState, of any state under the same
// key. The state must not change meanwhile.
func Records(state *crdt.Collections) iter.Seq2[[]byte, error] { return records(state, noLock{}) }

// Restore joins a state, under whatever key, as an update.
func (l *Local) Restore(state *crdt.Collections) {
	l.mu.Lock()
	defer l.mu.Unlock()
	for _, into := range []*crdt.Collections{l.state, l.batch} {
		for name, element := range state.All() {
			_, _ = into.Insert(name, element) // it was in a state
		}
		for e := range state.Entries() {
			_ = into.Raise(e.Name, e.Origin, e.Balance) // it was in a state
		}
	}
}

// State returns the state, for Records.
func (l *Local) State() *crdt.Collections { return l.state }
