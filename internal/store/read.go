package store

import (
	"errors"
	"fmt"
	"io/fs"
	"maps"
	"slices"
)

// Read calls apply with every delta that a store holds, as Open does, and changes nothing. It needs no lock: another process
// may have the store open, and commit and compact meanwhile. apply gets all commits that were acknowledged before Read was
// called, and maybe later ones.
//
// Damage is an error as it is of Open. While another process has the store open Read cannot tell, where the last log
// ends, a commit that is being written from one that is damaged; Recovered has its bytes as Torn. Read may then also give
// apply a commit that has failed with ErrUncertain while Read was reading.
func Read(config Config, apply func(delta []byte) error) (*Recovered, error) {
	config, err := config.withDefaults()
	if err != nil {
		return nil, err
	}
	f, err := findLive(config)
	if err != nil {
		return nil, err
	}
	defer f.close()
	for i, r := range f.sources() {
		switch {
		case r == f.snapshot:
			err = f.playWhole(r, apply)
		case i < len(f.sources())-1:
			err = r.frames(r.limit, false, f.deltas(r, apply))
		default:
			err = f.playLive(r, apply)
		}
		if errors.As(err, new(*DamageError)) {
			err = fmt.Errorf("store: %w", err)
		}
		if err != nil {
			return nil, err
		}
	}
	return &f.recovered, nil
}

// findLive opens the files that count of a store that may be open. Files that were removed since their names were read
// were superfluous by then: whoever removed them had made others. So it reads the names again, unless they
// have not changed.
//
// What was acknowledged before the names were read is in a file that was there by then: files get their names before
// they get commits.
func findLive(config Config) (*folder, error) {
	for before := map[kind][]uint64(nil); ; {
		f, err := list(config)
		if err != nil {
			return nil, err
		}
		if f.recovered.New {
			return nil, fmt.Errorf("store: %s holds no store: %w", config.Dir, fs.ErrNotExist)
		}
		if err = f.find(); err == nil {
			return f, nil
		}
		f.close()
		if !errors.As(err, new(*DamageError)) || sameFiles(before, f.numbers) {
			return nil, fmt.Errorf("store: %w", err)
		}
		before = f.numbers
	}
}

// sameFiles reports whether a folder's files are those that were read before, if they were.
func sameFiles(before, now map[kind][]uint64) bool {
	return before != nil && maps.EqualFunc(before, now, slices.Equal[[]uint64])
}

// playLive plays the last log, which may be written meanwhile: frame k+1 when frame k has been synced. So a place without a
// frame is damaged if a later frame is there, and the place still has none after that has been seen.
func (f *folder) playLive(r *reader, apply func([]byte) error) error {
	for missing := int64(-1); ; {
		ended, next, err := r.untilEnd(f.deltas(r, apply))
		switch {
		case err != nil || !ended && r.at >= r.limit:
			return err
		case ended:
			return f.checkBegun(next)
		}
		if r.at == missing {
			return r.damage(r.at, "a commit cannot be read, and others were made after it")
		}
		r.window.buf = r.window.buf[:0] // may be older than what is there now
		later, err := r.later()
		if err != nil {
			return err
		}
		if later == 0 {
			return f.judgeLiveTail(r, apply)
		}
		missing, r.window.buf = r.at, r.window.buf[:0]
	}
}

// checkBegun checks that the log with a number, or a later one, is there now.
func (f *folder) checkBegun(number uint64) error {
	now, err := list(f.config)
	if err != nil {
		return err
	}
	if n := now.numbers[logFile]; number != 0 && (len(n) == 0 || n[len(n)-1] < number) {
		return f.missing(number)
	}
	return nil
}

// judgeLiveTail decides about the place in the last log where there is no frame, and none behind it. If nobody has the
// store open now nobody will write this file any more, as a process begins with a log of its own: then the rule is Open's.
func (f *folder) judgeLiveTail(r *reader, apply func([]byte) error) error {
	held, err := f.fs.Locked(f.fs.Join(f.config.Dir, lockName))
	if err != nil || held { // of a lock that cannot be looked at somebody may be the holder
		f.recovered.Torn, err = r.written()
		return err
	}
	r.window.buf = r.window.buf[:0]
	ended, next, err := r.untilEnd(f.deltas(r, apply)) // what was written before the lock was given back
	switch {
	case err != nil:
		return err
	case ended:
		return f.checkBegun(next)
	}
	return f.judgeTail(r)
}
