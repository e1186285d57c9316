package store

import (
	"errors"
	"fmt"
	"time"
)

// batch is what one commit writes: one frame, with the deltas of everyone who waits for it.
type batch struct {
	frame  []byte // room for the header, then deltas
	deltas int
	done   chan struct{} // closed when err is set
	err    error
}

// Pending is a delta that was appended and may not be on disk yet.
type Pending struct {
	store *Store
	batch *batch
}

// Append adds a delta to the next commit. It copies the delta. The delta is on disk when the result's Wait has
// returned nil, and not before. Append waits for the disk only while the next commit is full,
// at 16 MiB, and fails if that does: then the delta is in no commit. A commit that fails does not fail the next one:
// a counter's delta that was made of the sum of one that is pending holds that one's add, too.
func (s *Store) Append(delta []byte) (Pending, error) {
	if err := checkDelta(delta); err != nil {
		return Pending{}, err
	}
	for {
		s.mu.Lock()
		if s.closed {
			s.mu.Unlock()
			return Pending{}, ErrClosed
		}
		b := s.open
		if len(b.frame)+len(delta)+10 <= maxPayload {
			b.frame = appendDelta(b.frame, delta)
			b.deltas++
			s.mu.Unlock()
			return Pending{s, b}, nil
		}
		s.mu.Unlock()
		if err := (Pending{s, b}).Wait(); err != nil { // perhaps nobody else waits for it
			return Pending{}, err
		}
	}
}

func checkDelta(delta []byte) error {
	switch {
	case len(delta) == 0:
		return errors.New("store: an empty delta")
	case len(delta) > MaxDelta:
		return fmt.Errorf("store: a delta of %d bytes: %w", len(delta), ErrTooLarge)
	}
	return nil
}

// Wait returns when the delta is on disk, or nothing will bring it there; then the error says so.
// Of those who wait one commits for all.
func (p Pending) Wait() error {
	select {
	case <-p.batch.done:
		return p.batch.err
	default:
	}
	select {
	case <-p.batch.done:
	case p.store.turn <- struct{}{}:
		select {
		case <-p.batch.done: // by whoever had the turn before
		default: // batches are committed in order, so this is the open one
			_ = p.store.commitOpen() // it is the batch's error
		}
		p.store.give()
	}
	return p.batch.err
}

// Commit makes deltas durable, in one commit if they fit, together with all that was appended before. It returns when they are
// on disk. After an error some may be.
func (s *Store) Commit(deltas ...[]byte) error {
	var first, last Pending
	for i, d := range deltas {
		p, err := s.Append(d)
		if err == nil && last.batch != nil && p.batch != last.batch {
			err = last.Wait()
		}
		if err != nil {
			return SomeOf(i, err)
		}
		if last = p; i == 0 {
			first = p
		}
	}
	if last.batch == nil {
		return nil
	}
	err := last.Wait()
	if err != nil && first.batch != last.batch {
		return SomeOf(len(deltas), err)
	}
	return err
}

// SomeOf returns the error of a commit of several deltas, of which so many were appended before it failed: then some of them may
// be on disk.
func SomeOf(appended int, err error) error {
	if appended > 0 && !errors.Is(err, ErrUncertain) {
		return fmt.Errorf("%w: %w", ErrUncertain, err)
	}
	return err
}

// Flush returns when all that was appended is on disk, or cannot be brought there. It fails with ErrRemoved also if
// nothing was appended.
func (s *Store) Flush() error {
	s.mu.Lock()
	b, closed := s.open, s.closed
	s.mu.Unlock()
	if closed {
		return ErrClosed
	}
	return Pending{s, b}.Wait()
}

// newBatch returns an empty batch. The caller holds the mutex.
func (s *Store) newBatch() *batch {
	b := &batch{frame: room(s.spare), done: make(chan struct{})}
	s.spare = nil
	return b
}

// commitOpen writes the open batch. The caller has the turn.
func (s *Store) commitOpen() error {
	s.mu.Lock()
	b, last := s.open, s.last
	s.open = s.newBatch()
	s.mu.Unlock()

	before := last
	var took time.Duration
	b.err = s.log.check()
	if b.deltas > 0 && b.err == nil {
		began := time.Now()
		b.frame, last, b.err = s.log.append(b.frame, last)
		took = time.Since(began)
	}
	s.mu.Lock()
	s.last = last
	s.stats.count(b, took)
	if last.number == before.number {
		s.stats.LogBytes += last.end - before.end
	} else {
		s.stats.LogBytes += last.end - headerSize
	}
	s.stats.Abandoned = s.log.broken
	if cap(b.frame) <= maxSpare {
		s.spare = b.frame
	}
	b.frame = nil
	s.mu.Unlock()
	close(b.done)
	if took >= SlowCommit && s.config.Slow != nil {
		s.config.Slow(took)
	}
	return b.err
}

// count counts a batch that was committed, or could not be.
func (s *Stats) count(b *batch, took time.Duration) {
	if b.deltas == 0 {
		return
	}
	s.Commit.Add(took)
	if b.err != nil {
		s.Failed++
		return
	}
	s.Commits++
	s.Deltas += uint64(b.deltas)
}

// maxSpare bounds the memory that is kept for the next batch, in bytes.
const maxSpare = 1 << 20
