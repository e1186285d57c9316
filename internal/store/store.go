package store

import (
	"errors"
	"fmt"
	"io"
	"sync"
	"time"

	"gset/internal/histogram"
)

// DefaultSegment is the size of a log file in bytes. Two are on disk at least, filled with
// zeros ahead. Smaller files are begun more often, at three syncs each.
const DefaultSegment = 4 << 20

// MinSegment is the least size of a log file.
const MinSegment = 4 << 10

// SlowCommit is how long a commit takes that somebody should hear of.
const SlowCommit = time.Second

// Config says which store to open.
type Config struct {
	About

	Dir string // the folder; made if it is not there

	// Salvage opens a damaged store with all that can be read of it. The member takes a new
	// incarnation, and files that had damage are kept under names that end in ".damaged". Use
	// it when Open has refused and somebody has decided to go on.
	Salvage bool

	Segment int64 // size of a log file in bytes; zero is DefaultSegment
	FS      FS    // nil is OS

	// Slow, if set, is told of each commit that took SlowCommit or longer, in the goroutine that has
	// committed.
	Slow func(took time.Duration)
}

func (c Config) withDefaults() (Config, error) {
	if c.FS == nil {
		c.FS = OS
	}
	if c.Segment == 0 {
		c.Segment = DefaultSegment
	}
	if c.Segment < MinSegment || c.Segment > 1<<30 {
		return c, fmt.Errorf("store: log files of %d bytes; they take %d to %d", c.Segment, MinSegment, 1<<30)
	}
	return c, c.About.check()
}

// Store keeps the deltas of one replica. Its methods may be called from any goroutine.
type Store struct {
	config    Config
	fs        FS
	id        [16]byte // drawn when the store was made
	lock      io.Closer
	turn      chan struct{} // holds one: who has put it there owns log, and writes
	log       log
	compactor sync.Mutex // held by Compact

	mu     sync.Mutex // guards the rest
	open   *batch     // takes the next delta
	closed bool
	last   link  // where the log ends
	stats  Stats //
	spare  []byte
}

// Stats are figures of a store.
type Stats struct {
	Incarnation uint64
	Commits     uint64 // frames written since Open: writes to disk, each with its sync
	Deltas      uint64 // in those
	LogBytes    int64  // of commits that no snapshot has yet
	Snapshot    int64  // bytes of the snapshot
	Abandoned   int    // log files given up because a write or a sync failed
	Failed      uint64 // commits
	Snapshots   uint64 // written since Open

	Commit histogram.Histogram // how long commits took, those that failed as well
}

// Stats returns the figures as they are now.
func (s *Store) Stats() Stats {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.stats
}

// Incarnation returns the incarnation under which this member makes its updates. It changes
// with Renew only.
func (s *Store) Incarnation() uint64 { return s.Stats().Incarnation }

// take takes the turn, which must be given back.
func (s *Store) take() { s.turn <- struct{}{} }

func (s *Store) give() { <-s.turn }

// Close makes durable what was appended, ends the log and unlocks the folder. It waits for a
// commit, and for Compact to notice at its next part; so the caller must not hold a lock that
// those parts need. After an error what was not acknowledged may be lost; the folder is
// unlocked in any case.
func (s *Store) Close() error {
	err := s.Flush()
	if errors.Is(err, ErrClosed) {
		return nil
	}
	s.mu.Lock()
	if s.closed {
		s.mu.Unlock()
		return nil
	}
	s.closed = true
	s.mu.Unlock()

	s.compactor.Lock() // Compact has ended, and none will begin
	defer s.compactor.Unlock()
	s.take()
	defer s.give()
	if e := s.commitOpen(); err == nil { // what was appended since
		err = e
	}
	return errors.Join(err, s.log.close(), s.lock.Close())
}

// close ends the log.
func (l *log) close() error {
	err := l.drop()
	if l.current == nil {
		return err
	}
	err = errors.Join(err, l.current.end(0), l.current.file.Close())
	l.current = nil
	return err
}
