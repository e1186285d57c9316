package store

import (
	"errors"
	"io"
	"io/fs"
	"os"
	"path/filepath"
	"syscall"
	"time"
)

// OS is the operating system's file system. What it makes only the owner of the process may read: a backup has the
// cluster's hash key, and all files have the data. A folder that is there already keeps its mode.
var OS FS = osFS{}

type osFS struct{}

func (osFS) MkdirAll(dir string) error           { return os.MkdirAll(dir, 0o700) }
func (osFS) Rename(from, to string) error        { return os.Rename(from, to) }
func (osFS) Remove(name string) error            { return os.Remove(name) }
func (osFS) Join(dir, name string) string        { return filepath.Join(dir, name) }
func (osFS) Parent(name string) string           { return filepath.Dir(name) }
func (osFS) Lock(name string) (io.Closer, error) { return lockPatiently(name) }
func (osFS) Locked(name string) (bool, error)    { return locked(name) }

// Locked holds a lock for the moment of looking. Lock tries again for so long that it is not refused for that.
const (
	lockTries = 5
	lockPause = 4 * time.Millisecond
)

func lockPatiently(name string) (c io.Closer, err error) {
	for range lockTries {
		if c, err = lock(name); !errors.Is(err, ErrLocked) {
			return c, err
		}
		time.Sleep(lockPause)
	}
	return nil, err
}

func (osFS) Names(dir string) ([]string, error) {
	entries, err := os.ReadDir(dir)
	if err != nil {
		return nil, err
	}
	names := make([]string, len(entries))
	for i, e := range entries {
		names[i] = e.Name()
	}
	return names, nil
}

func (osFS) Open(name string) (File, error) {
	f, err := os.Open(name)
	if err != nil {
		return nil, err
	}
	return osFile{f}, nil
}

// Create gives the file a new inode: one that is there already is removed.
func (osFS) Create(name string) (File, error) {
	if err := os.Remove(name); err != nil && !errors.Is(err, os.ErrNotExist) {
		return nil, err
	}
	f, err := os.OpenFile(name, os.O_RDWR|os.O_CREATE|os.O_EXCL, 0o600)
	if err != nil {
		return nil, err
	}
	return osFile{f}, nil
}

func (osFS) SyncDir(dir string) error {
	if !syncsDirs {
		return nil
	}
	d, err := os.Open(dir)
	if err != nil {
		return err
	}
	return errors.Join(d.Sync(), d.Close())
}

// IsAt compares devices and inodes, or what the system has for them.
func (osFS) IsAt(file File, name string) (bool, error) {
	open, err := file.(osFile).File.Stat()
	if err != nil {
		return false, err
	}
	there, err := os.Stat(name)
	if errors.Is(err, fs.ErrNotExist) || errors.Is(err, syscall.ENOTDIR) {
		return false, nil
	}
	return err == nil && os.SameFile(open, there), err
}

type osFile struct{ *os.File }

func (f osFile) Sync() error { return syncData(f.File) }

func (f osFile) Stat() (Stat, error) {
	info, err := f.File.Stat()
	if err != nil {
		return Stat{}, err
	}
	s := Stat{Size: info.Size()}
	return s, s.identify(f.File, info)
}
