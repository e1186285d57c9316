// Package reload reads files again when they have changed, and keeps what was read last if they make
// no sense then.
package reload

import (
	"os"
	"sync"
	"time"
)

// Files is a value that is read from files. Its methods are safe for concurrent use.
type Files[T any] struct {
	paths  []string
	settle bool
	load   func() (T, error)

	mu     sync.Mutex
	value  T // the last good one
	good   bool
	failed error   // of the last try
	tried  []stamp // of the files at the last try
	seen   []stamp // of the files at the last Get
}

// stamp tells versions of a file from each other.
type stamp struct {
	info os.FileInfo
	at   time.Time
	size int64
}

// New returns a value that load reads from the files of some paths. It is read at the first Get. With
// settle, a file that has changed is read again only when it has stayed the same between two Gets: so
// that a file whose parts make sense alone is not read while it is being written.
func New[T any](load func() (T, error), settle bool, paths ...string) *Files[T] {
	return &Files[T]{load: load, settle: settle, paths: paths}
}

// Get returns the last good value, after having read the files if they have changed. It tells
// whether the value is a new one. An error says that the files could not be read, and is returned
// once for each change of them, beside the last good value; if there is none yet, each time.
func (f *Files[T]) Get() (value T, changed bool, err error) { return f.get(false) }

// GetNow is Get, and reads the files whether or not they seem to have changed.
func (f *Files[T]) GetNow() (value T, changed bool, err error) { return f.get(true) }

func (f *Files[T]) get(now bool) (value T, changed bool, err error) {
	f.mu.Lock()
	defer f.mu.Unlock()
	stamps, err := f.stamps()
	if err != nil {
		return f.result(false, f.news(err))
	}
	settled := !f.settle || !f.good || same(stamps, f.seen)
	f.seen = stamps
	if !now && (same(stamps, f.tried) || !settled) {
		return f.result(false, nil)
	}
	f.tried = stamps
	if value, err = f.load(); err != nil {
		f.failed = err
		return f.result(false, err)
	}
	f.value, f.good, f.failed = value, true, nil
	return f.result(true, nil)
}

// result returns the value, and an error: the old one too if there is no value.
func (f *Files[T]) result(changed bool, err error) (T, bool, error) {
	if err == nil && !f.good {
		err = f.failed
	}
	return f.value, changed, err
}

// news returns the error if it is not that of the last try.
func (f *Files[T]) news(err error) error {
	if f.failed != nil && f.failed.Error() == err.Error() {
		return nil
	}
	f.failed, f.tried = err, nil
	return err
}

func (f *Files[T]) stamps() ([]stamp, error) {
	all := make([]stamp, len(f.paths))
	for i, path := range f.paths {
		info, err := os.Stat(path)
		if err != nil {
			return nil, err
		}
		all[i] = stamp{info, info.ModTime(), info.Size()}
	}
	return all, nil
}

func same(a, b []stamp) bool {
	if len(a) != len(b) {
		return false
	}
	for i := range a {
		if !os.SameFile(a[i].info, b[i].info) || !a[i].at.Equal(b[i].at) || a[i].size != b[i].size {
			return false
		}
	}
	return true
}
