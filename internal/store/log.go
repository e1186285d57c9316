package store

import (
	"errors"
	"fmt"
)

// log is the row of log files that commits go to. Whoever has the store's turn owns it.
type log struct {
	fs      FS
	dir     string
	size    int64    // of a new file in bytes
	own     header   // what new files say: whose the state is, the incarnation, the lease
	current *segment // nil if the last file is not to be written any more
	next    uint64   // the next file's number; never used twice
	spare   *spare   // the next file, or nil
	broken  int      // files given up because a write or a sync failed
}

// link is where the log's commits end: in the file with that number, at that offset.
type link struct {
	number uint64
	end    int64
}

// spare is a zero-filled file that a goroutine makes ahead.
type spare struct {
	done    chan struct{} // closed when the two below are set
	segment *segment
	err     error
}

// spareName is what the next log is called until it has a number.
const spareName = "next"

// prepare begins to make the next file, unless that has been done.
func (l *log) prepare() {
	if l.spare != nil {
		return
	}
	s := &spare{done: make(chan struct{})}
	l.spare = s
	go func() {
		defer close(s.done)
		s.segment, s.err = l.blank(l.size)
	}()
}

// blank makes a zero-filled file without a header.
func (l *log) blank(size int64) (*segment, error) {
	s, err := create(l.fs, l.fs.Join(l.dir, spareName), header{})
	if err != nil {
		return nil, err
	}
	if err := s.fill(size); err != nil {
		return nil, errors.Join(err, s.discard(l.fs))
	}
	return s, nil
}

// Settle waits until the goroutine that makes the next log file has ended: from then on, until the next
// commit, the store makes no call of its file system. A simulation or a test whose draws are to come in
// one order calls it after Open and after each commit.
func (s *Store) Settle() {
	s.take()
	defer s.give()
	if s.log.spare != nil {
		<-s.log.spare.done
	}
}

// drop waits for the spare and removes it.
func (l *log) drop() error {
	s := l.spare
	if s == nil {
		return nil
	}
	l.spare = nil
	if <-s.done; s.err != nil {
		return nil // it has removed itself; whoever needs a file tries again
	}
	return s.segment.discard(l.fs)
}

// take returns a blank file with room for a frame: the spare, or a new one.
func (l *log) take(payload int) (*segment, error) {
	if need := headerSize + int64(frameSize(payload)+frameSize(endLength)); need > l.size {
		if err := l.drop(); err != nil {
			return nil, err
		}
		return l.blank(need)
	}
	if s := l.spare; s != nil {
		l.spare = nil
		if <-s.done; s.err == nil {
			return s.segment, nil
		}
	}
	return l.blank(l.size)
}

// begin makes a new file and lets it go on from the end of last. carry, if not nil, writes what the file has
// from the start. After an error the file does not count, and last is where it was.
func (l *log) begin(s *segment, last link, carry func(*segment) error) error {
	h, blank := l.own, s.header
	h.kind, h.number, h.previous, h.previousEnd = logFile, l.next, last.number, last.end
	h.size, h.salt, h.file = blank.size, blank.salt, blank.file
	s.header, s.name = h, l.fs.Join(l.dir, named(h.number, logFile))
	l.next++
	var err error
	if carry != nil {
		err = carry(s)
	}
	if err == nil {
		err = s.publish(l.fs, l.fs.Join(l.dir, spareName+tmp))
	}
	if err != nil {
		_ = s.file.Close() // err says more
		// One of the two is there. What the file says of last stays true if it cannot be removed.
		_ = l.fs.Remove(l.fs.Join(l.dir, spareName+tmp))
		_ = l.fs.Remove(s.name)
		return err
	}
	l.current = s
	return nil
}

// rotate goes over to a new file, with room for a payload. If it fails, the old file is not written
// any more: the new one may be there, and says where the old one ends.
func (l *log) rotate(last link, payload int) error {
	s, err := l.take(payload)
	if err != nil {
		return err
	}
	old := l.current
	l.current = nil
	err = l.begin(s, last, nil)
	if old != nil {
		if err == nil {
			// This makes it known that the last commit of the old file was acknowledged. The new
			// file says so, too, so nothing is lost if it fails.
			_ = old.end(l.current.header.number)
		}
		_ = old.file.Close() // all that counts has been synced
	}
	return err
}

// check fails with ErrRemoved if the file that is written is not the one that its name stands for. A file without a name
// takes writes and syncs without an error, and is gone when the process ends.
func (l *log) check() error {
	if l.current == nil {
		return nil
	}
	is, err := l.fs.IsAt(l.current.file, l.current.name)
	switch {
	case err != nil:
		return fmt.Errorf("store: %w", err)
	case !is:
		return fmt.Errorf("store: %s: %w", l.current.name, ErrRemoved)
	}
	return nil
}

// append makes a frame of deltas durable behind last. It returns the frame's memory, and where the log
// ends then. A file whose write or sync fails is given up, and the frame goes to a new one, once.
func (l *log) append(frame []byte, last link) ([]byte, link, error) {
	var uncertain error
	for range 2 {
		if l.current == nil || !l.current.fits(len(frame)-frameHeader+1) {
			if err := l.rotate(last, len(frame)-frameHeader+1); err != nil {
				err = fmt.Errorf("store: a new log file: %w", err)
				if uncertain != nil {
					err = fmt.Errorf("%w, and then %w", uncertain, err)
				}
				return frame, last, err
			}
			last = link{l.current.header.number, l.current.at}
		}
		length := len(frame)
		var err error
		if frame, err = l.current.write(frame, frameDeltas); err == nil {
			err = l.current.file.Sync()
		}
		if err == nil {
			if l.current.at > l.current.header.size/2 {
				l.prepare()
			}
			return frame, link{l.current.header.number, l.current.at}, nil
		}
		frame = frame[:length]
		uncertain = fmt.Errorf("%w: store: %s: %w", ErrUncertain, l.current.name, err)
		l.broken++
		_ = l.current.file.Close() // it is not written any more
		l.current = nil
	}
	return frame, last, uncertain
}
