package store

import (
	"errors"
	"fmt"
	"iter"
)

// Compact writes a snapshot of the state and then removes the log files that it stands for. The parts are
// the state's: any deltas whose join is the state, each at most MaxDelta bytes and better some 64 KiB.
// Compact asks for a part when it has written the one before, and keeps none, so parts may
// share memory. It takes as long as it takes to write the state; run it in a goroutine of your
// own, beside commits.
//
// The parts must hold every delta that was appended before Compact was called. As states only grow, it
// does not matter whether a part has later ones, nor that the parts are of different moments:
// cut each under the lock that guards the state, when Compact asks for it.
//
// If the parts end with an error, or anything fails, the store is as it was, and Compact
// returns the error. It waits for another Compact.
func (s *Store) Compact(parts iter.Seq2[[]byte, error]) error {
	s.compactor.Lock()
	defer s.compactor.Unlock()
	if err := s.check(); err != nil {
		return err
	}
	s.mu.Lock()
	covered := s.last.number // logs below this number hold only what is in the state
	before := s.stats.LogBytes
	h := header{About: s.config.About, kind: snapshotFile, number: covered, incarnation: s.stats.Incarnation, store: s.id}
	s.mu.Unlock()

	name := s.fs.Join(s.config.Dir, named(covered, snapshotFile))
	size, err := writeParts(s.fs, name, h, func(yield func([]byte, error) bool) {
		for part, err := range parts {
			if s.isClosed() {
				yield(nil, ErrClosed)
				return
			}
			if !yield(part, err) {
				return
			}
		}
		if s.isClosed() {
			yield(nil, ErrClosed)
		}
	})
	if err != nil {
		return err
	}
	s.mu.Lock()
	s.stats.LogBytes -= before
	s.stats.Snapshot = size
	s.stats.Snapshots++
	s.mu.Unlock()
	return s.removeCovered(covered)
}

// check is the log's, for one who does not have the turn.
func (s *Store) check() error {
	s.take()
	defer s.give()
	return s.log.check()
}

func (s *Store) isClosed() bool {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.closed
}

// Due reports whether it is time to compact: the log has grown as long as the snapshot, and longer
// than four of its files. Then all snapshots together take as many bytes as the logs.
func (s *Store) Due() bool {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.stats.LogBytes > max(s.stats.Snapshot, 4*s.config.Segment)
}

// removeCovered removes the files that a snapshot stands for.
func (s *Store) removeCovered(covered uint64) error {
	names, err := s.fs.Names(s.config.Dir)
	if err != nil {
		return fmt.Errorf("store: %w", err)
	}
	for _, name := range names {
		if number, _, ok := parseName(name); ok && number < covered {
			err = errors.Join(err, s.fs.Remove(s.fs.Join(s.config.Dir, name)))
		}
	}
	if err != nil {
		return fmt.Errorf("store: files that a snapshot has made superfluous: %w", err)
	}
	return nil
}

// syncEvery is after how many bytes of a snapshot they are written to disk, so that a commit
// never waits for more.
const syncEvery = 4 << 20

// writeParts writes a file of parts, and gives it its name when it is whole and durable. It
// returns the file's size.
func writeParts(fs FS, name string, h header, parts iter.Seq2[[]byte, error]) (size int64, err error) {
	s, err := create(fs, name, h)
	if err != nil {
		return 0, fmt.Errorf("store: %w", err)
	}
	if err = s.writeParts(parts); err == nil {
		err = s.publish(fs, name+tmp)
	}
	if err != nil {
		_ = s.discard(fs) // err says more
		return 0, fmt.Errorf("store: %s: %w", name, err)
	}
	if err := s.file.Close(); err != nil {
		return 0, fmt.Errorf("store: %w", err)
	}
	return s.at, nil
}

func (s *segment) writeParts(parts iter.Seq2[[]byte, error]) error {
	frame, unsynced := room(nil), 0
	for part, err := range parts {
		if err == nil {
			err = checkDelta(part)
		}
		if err != nil {
			return err
		}
		if frame, err = s.write(appendDelta(room(frame), part), frameDeltas); err != nil {
			return err
		}
		if unsynced += len(frame); unsynced >= syncEvery {
			if err := s.file.Sync(); err != nil {
				return err
			}
			unsynced = 0
		}
	}
	return s.end(0)
}
