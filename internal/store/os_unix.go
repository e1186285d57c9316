//go:build unix

package store

import (
	"errors"
	"io"
	"io/fs"
	"os"
	"path/filepath"

	"golang.org/x/sys/unix"
)

const syncsDirs = true

// locks are locks that are held together.
type locks []*os.File

// Close gives the locks back.
func (l locks) Close() (err error) {
	for _, f := range l {
		err = errors.Join(err, f.Close())
	}
	return err
}

// lock takes the lock on a file, and on its folder: the folder's stays if somebody removes the file. A file system that
// locks no folders, as NFS does not, has the file's lock alone. The system drops both with the process, however that
// ends.
func lock(name string) (io.Closer, error) {
	var held locks
	folder, err := os.Open(filepath.Dir(name))
	if err != nil {
		return nil, err
	}
	held = append(held, folder)
	if err := flock(folder, unix.LOCK_EX); errors.Is(err, ErrLocked) {
		return nil, errors.Join(err, held.Close())
	}
	f, err := os.OpenFile(name, os.O_RDWR|os.O_CREATE, 0o600)
	if err != nil {
		return nil, errors.Join(err, held.Close())
	}
	held = append(held, f)
	if err := flock(f, unix.LOCK_EX); err != nil {
		return nil, errors.Join(err, held.Close())
	}
	return held, nil
}

// locked reports whether a process holds the lock on a file or on its folder.
func locked(name string) (bool, error) {
	for _, path := range []string{filepath.Dir(name), name} {
		f, err := os.Open(path)
		if errors.Is(err, fs.ErrNotExist) {
			continue
		}
		if err != nil {
			return false, err
		}
		err = flock(f, unix.LOCK_SH)
		_ = f.Close() // nothing was written
		if errors.Is(err, ErrLocked) {
			return true, nil
		}
		if err != nil && path == name {
			return false, err
		}
	}
	return false, nil
}

// flock takes a lock on an open file, without waiting.
func flock(f *os.File, how int) error {
	err := unix.Flock(int(f.Fd()), how|unix.LOCK_NB)
	switch {
	case err == nil:
		return nil
	case errors.Is(err, unix.EWOULDBLOCK):
		return ErrLocked
	}
	return &os.PathError{Op: "flock", Path: f.Name(), Err: err}
}
