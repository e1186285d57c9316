package store

import (
	"crypto/rand"
	"encoding/binary"
	"errors"
	"fmt"
	"io/fs"
)

// The lease is a file of one header, made when a member takes an incarnation, and not changed after that. Each
// log says what the lease's inode and time of change were. A copy of the folder, or one that
// was restored, has others: see doc.go.
const leaseName = "lease"

// readLease returns the lease's header, and what the file system says of the file. A lease that is not there, or
// damaged, is a zero header. It fails if the lease is of a newer version, or cannot be read.
func readLease(files FS, dir string) (h header, stat Stat, err error) {
	r, err := openReader(files, files.Join(dir, leaseName))
	var damage *DamageError
	switch {
	case errors.Is(err, fs.ErrNotExist), errors.As(err, &damage):
		return header{}, Stat{}, nil
	case err != nil:
		return h, stat, err
	}
	defer r.close()
	if r.header.kind != leaseFile {
		return header{}, Stat{}, nil
	}
	stat, err = r.window.file.Stat()
	return r.header, stat, err
}

// writeLease makes the lease of an incarnation, in place of the one before it.
func writeLease(files FS, dir string, h header) (Stat, error) {
	h.kind = leaseFile
	s, err := create(files, files.Join(dir, leaseName), h)
	if err != nil {
		return Stat{}, fmt.Errorf("store: %w", err)
	}
	if err := s.publish(files, s.name+tmp); err != nil {
		_ = s.discard(files) // err says more
		return Stat{}, fmt.Errorf("store: %s: %w", s.name, err)
	}
	stat, err := s.file.Stat() // the rename has changed it
	return stat, errors.Join(err, s.file.Close())
}

// drawIncarnation returns an incarnation that no member ever had, except with a probability of 2^-64
// for each.
func drawIncarnation() uint64 {
	for {
		var b [8]byte
		_, _ = rand.Read(b[:]) // never fails
		if n := binary.LittleEndian.Uint64(b[:]); n != 0 {
			return n
		}
	}
}

// Renew takes a new incarnation and returns it. It is on disk when Renew returns without an error. After an
// error the member must not make updates before Renew has succeeded. It waits for a commit, and not for Compact. Call it when another member turns out to have heard of updates of this incarnation that this member does
// not hold: its disk was set back in a way that no file tells of.
func (s *Store) Renew() (incarnation uint64, err error) {
	s.take()
	defer s.give()
	s.mu.Lock()
	last, closed := s.last, s.closed
	s.mu.Unlock()
	if closed {
		return 0, ErrClosed
	}
	if err := s.log.check(); err != nil {
		return 0, err
	}
	own := s.log.own
	own.incarnation = drawIncarnation()
	if own.lease, err = writeLease(s.fs, s.config.Dir, own); err != nil {
		return 0, err
	}
	// From here on the lease is another than the logs say: if the new file cannot be made, the
	// next Open takes a new incarnation.
	old := s.log.own
	s.log.own = own
	if err := s.log.rotate(last, 0); err != nil {
		s.log.own = old
		return 0, fmt.Errorf("store: a new log file: %w", err)
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	s.last = link{s.log.current.header.number, s.log.current.at}
	s.stats.Incarnation = own.incarnation
	return own.incarnation, nil
}
