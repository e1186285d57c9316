package store

import (
	"errors"
	"fmt"
	"io/fs"
)

// Recovered tells what Open found.
type Recovered struct {
	New     bool  // there was no store; now there is
	Emptied bool  // New, and there was a lease: logs and snapshots were removed, or the first Open was cut off
	Parts   int   // of the snapshot
	Commits int   // in the logs
	Deltas  int   // in those
	Bytes   int64 // of all parts and deltas
	Torn    int64 // bytes of a commit that a crash has cut off; it had not been acknowledged

	// Renewed says why the member has taken a new incarnation; empty if it goes on with the one it had.
	Renewed string

	// Lost says what Salvage could not read.
	Lost []error
}

// lockName is the file whose lock is the folder's.
const lockName = "lock"

// Open opens a store, makes it if the folder has none, and locks the folder. It calls apply with every delta that the store
// holds, before it returns; apply must not keep the delta's memory. The join of these deltas is a
// state that has all acknowledged commits.
//
// Open changes nothing before it has read and checked everything. If it fails, or apply does, the
// caller drops what apply was given. Its errors name the file, and say what to do: ErrLocked,
// ErrNewer, ErrForeign, a *DamageError, an error of apply, or one of the system's.
func Open(config Config, apply func(delta []byte) error) (*Store, *Recovered, error) {
	config, err := config.withDefaults()
	if err != nil {
		return nil, nil, err
	}
	if err := config.FS.MkdirAll(config.Dir); err != nil {
		return nil, nil, fmt.Errorf("store: the folder %s cannot be made: %w", config.Dir, err)
	}
	lock, err := config.FS.Lock(config.FS.Join(config.Dir, lockName))
	if err != nil {
		return nil, nil, fmt.Errorf("store: the folder %s cannot be locked: %w", config.Dir, err)
	}
	s, recovered, err := open(config, apply)
	if err != nil {
		_ = lock.Close() // err says more
		return nil, nil, err
	}
	s.lock = lock
	return s, recovered, nil
}

// open opens a store whose folder is locked.
func open(config Config, apply func(delta []byte) error) (*Store, *Recovered, error) {
	f, err := list(config)
	if err != nil {
		return nil, nil, err
	}
	defer f.close()
	find := f.find
	if config.Salvage {
		find = f.findAll
	}
	for _, step := range []func() error{find, func() error { return f.play(apply) }, f.identify} {
		if err := step(); err != nil {
			if damage := (*DamageError)(nil); errors.As(err, &damage) {
				err = fmt.Errorf("store: %w%s", err, remedy)
			}
			return nil, nil, err
		}
	}
	s, err := f.start()
	if err != nil {
		return nil, nil, fmt.Errorf("store: %s: %w", config.Dir, err)
	}
	return s, &f.recovered, nil
}

// start makes the first file of the store that was opened, and then removes those that do not
// count any more.
func (f *folder) start() (*Store, error) {
	c := f.config
	own := f.own
	own.About = c.About
	if f.recovered.Renewed != "" {
		own.incarnation = drawIncarnation()
		var err error
		if own.lease, err = writeLease(f.fs, c.Dir, own); err != nil {
			return nil, err
		}
	}
	s := &Store{config: c, fs: f.fs, id: own.store, turn: make(chan struct{}, 1)}
	s.log = log{fs: f.fs, dir: c.Dir, size: c.Segment, own: own, next: f.highest + 1}
	s.open = s.newBatch()
	carried := int64(0)
	for _, r := range f.carried() {
		carried += r.at - headerSize
	}
	blank, err := s.log.blank(max(c.Segment, headerSize+carried+int64(frameSize(endLength))))
	if err != nil {
		return nil, err
	}
	if err := s.log.begin(blank, f.before(), f.carry); err != nil {
		return nil, err
	}
	s.last = link{s.log.current.header.number, s.log.current.at}
	s.stats = Stats{Incarnation: own.incarnation, LogBytes: f.used}
	if f.snapshot != nil && !c.Salvage {
		s.stats.Snapshot = f.snapshot.size
	}
	if err := f.clear(); err != nil {
		return nil, errors.Join(err, s.log.close())
	}
	return s, nil
}

// carried returns the files whose commits the first file of the opened store has from the start.
//
// One is the last log. It is not gone on with, for what this process has read of it may be in the system's
// memory only: if its last sync failed, the disk may never get it, and no sync would tell.
// Salvage carries all.
func (f *folder) carried() []*reader {
	if f.config.Salvage {
		return f.sources()
	}
	return f.logs[max(0, len(f.logs)-1):]
}

// before returns where the log ends that the first file of the opened store goes on from.
func (f *folder) before() link {
	if f.config.Salvage || len(f.logs) == 0 {
		return link{}
	}
	h := f.logs[len(f.logs)-1].header
	return link{h.previous, h.previousEnd}
}

// carry copies the commits of the files to be carried. They have been read to their end.
func (f *folder) carry(to *segment) error {
	var frame []byte
	for _, r := range f.carried() {
		end := r.at
		r.at, r.index = headerSize, 0
		err := r.frames(end, f.config.Salvage, func(payload []byte) (err error) {
			frame, err = to.write(append(room(frame), payload[:len(payload)-1]...), frameDeltas)
			return err
		})
		if err != nil {
			return err
		}
	}
	return nil
}

// clear removes the files that do not count any more, and those that were never finished. Files
// that Salvage has found damaged get another name.
func (f *folder) clear() error {
	var err error
	for _, name := range f.leftovers {
		if e := f.fs.Remove(f.fs.Join(f.config.Dir, name)); !errors.Is(e, fs.ErrNotExist) { // start has made it anew
			err = errors.Join(err, e)
		}
	}
	keep := map[string]bool{}
	if !f.config.Salvage {
		for _, r := range f.sources() {
			keep[r.name] = true
		}
		for _, r := range f.carried() {
			delete(keep, r.name)
		}
	}
	for k, numbers := range f.numbers {
		for _, number := range numbers {
			switch name := f.fs.Join(f.config.Dir, named(number, k)); {
			case keep[name]:
			case f.damaged[name]:
				err = errors.Join(err, f.fs.Rename(name, name+".damaged"))
			default:
				err = errors.Join(err, f.fs.Remove(name))
			}
		}
	}
	return err
}
