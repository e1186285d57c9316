package store

import (
	"crypto/rand"
	"errors"
	"fmt"
)

// segment is a log that is being written, or a snapshot or backup. Nobody else writes the file.
type segment struct {
	file   File
	name   string
	header header
	at     int64  // where the next frame goes
	index  uint32 // the next frame's
}

// fits reports whether a log has room for a frame, and one that ends the log behind it.
func (s *segment) fits(payload int) bool {
	return s.at+int64(frameSize(payload)+frameSize(endLength)) <= s.header.size
}

const endLength = 9 // bytes of the payload that ends a file

// write appends a frame: room for its header, and its payload less the end mark. It returns the
// frame's memory for the next one.
func (s *segment) write(frame []byte, typ byte) ([]byte, error) {
	frame = seal(frame, place{s.header.salt, s.at}, s.index, typ)
	if _, err := s.file.WriteAt(frame, s.at); err != nil {
		return frame, err
	}
	s.at += int64(len(frame))
	s.index++
	return frame, nil
}

// end appends the frame that ends a file, and makes all of it durable.
func (s *segment) end(next uint64) error {
	if _, err := s.write(endPayload(make([]byte, frameHeader), next), frameEnd); err != nil {
		return err
	}
	return s.file.Sync()
}

// room returns a frame without a payload, for write.
func room(b []byte) []byte { return append(b[:0], make([]byte, frameHeader)...) }

// tmp is the ending of files that are not finished. Open removes them.
const tmp = ".tmp"

// create makes the file that is to be renamed to name, and fills its header's identity. The
// header is written by publish.
func create(fs FS, name string, h header) (*segment, error) {
	file, err := fs.Create(name + tmp)
	if err != nil {
		return nil, err
	}
	s := &segment{file: file, name: name, header: h, at: headerSize}
	_, _ = rand.Read(s.header.salt[:]) // never fails
	stat, err := file.Stat()
	if err != nil {
		return nil, errors.Join(err, s.discard(fs))
	}
	s.header.file = Stat{Inode: stat.Inode, Born: stat.Born}
	return s, nil
}

// fill writes zeros ahead, so that later commits change no more of the file than their own bytes,
// and find the room that they need.
func (s *segment) fill(size int64) error {
	zeros := make([]byte, min(size, 1<<20))
	for at := int64(0); at < size; at += int64(len(zeros)) {
		if _, err := s.file.WriteAt(zeros[:min(size-at, int64(len(zeros)))], at); err != nil {
			return err
		}
	}
	s.header.size = size
	return s.file.Sync()
}

// publish writes the header, makes the file durable, and gives it its name. If it fails the file
// may have its name or not.
func (s *segment) publish(fs FS, from string) error {
	if _, err := s.file.WriteAt(s.header.encode(), 0); err != nil {
		return err
	}
	if err := s.file.Sync(); err != nil {
		return err
	}
	if err := fs.Rename(from, s.name); err != nil {
		return err
	}
	return fs.SyncDir(fs.Parent(s.name))
}

// discard closes an unfinished file and removes it.
func (s *segment) discard(fs FS) error {
	return errors.Join(s.file.Close(), fs.Remove(s.name+tmp))
}

// named returns the name of a file of a store.
func named(number uint64, k kind) string { return fmt.Sprintf("%010d.%v", number, k) }

// parseName undoes named.
func parseName(name string) (number uint64, k kind, ok bool) {
	for _, k := range []kind{logFile, snapshotFile} {
		if _, err := fmt.Sscanf(name, "%d."+k.String(), &number); err == nil && name == named(number, k) && number > 0 {
			return number, k, true
		}
	}
	return 0, 0, false
}
