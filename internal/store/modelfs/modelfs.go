// Package modelfs is a file system in memory that crashes: a model of what a file system may do to a
// program that does not sync, for tests of package store and of whatever stands on it.
//
// At a crash every sector of 512 bytes that was written since the file's last sync has any of the
// contents that it had since then, each sector for itself. Of the changes of names since a folder's last
// sync a first part, of any length, has happened. A sync that fails leaves each sector on disk or not, and
// takes all for clean, as Linux does: no later sync makes up for it. The disk may be full, and any call
// may be made to fail.
//
// All draws come from one seed. An FS may be used from any goroutine.
package modelfs

import (
	"io"
	"io/fs"
	"maps"
	"math/rand/v2"
	"path"
	"slices"
	"strings"
	"sync"
	"sync/atomic"
	"syscall"

	"gset/internal/store"
)

// Op is a call of a file system or a file.
type Op string

// The calls that Fault is asked about.
const (
	MkdirAll Op = "mkdir"
	Names    Op = "names"
	Open     Op = "open"
	Create   Op = "create"
	Rename   Op = "rename"
	Remove   Op = "remove"
	SyncDir  Op = "syncdir"
	Lock     Op = "lock"
	Read     Op = "read"
	Write    Op = "write"
	Sync     Op = "sync"
)

// FS is a file system. Set the fields before use, or between calls.
type FS struct {
	// Fault, if set, returns the error that a call is to fail with, or nil. A write that fails has
	// written some sectors.
	Fault func(op Op, name string) error

	// Capacity bounds the bytes of all files; zero is no bound. Beyond it writes fail with
	// syscall.ENOSPC.
	Capacity int64

	mu     sync.Mutex
	rand   *rand.Rand
	life   int // crashes so far: handles of earlier lives are dead
	clock  int64
	inodes uint64
	names  map[string]*inode // as programs see them
	disk   map[string]*inode // as they are after a crash
	moves  []move            // since the folder's last sync
	locks  map[string]bool
}

// move is a change of names: to becomes a file, or goes; from, if any, goes.
type move struct {
	from, to string
	file     *inode
}

// New returns an empty file system whose draws come from a seed.
func New(seed uint64) *FS {
	return &FS{
		rand: rand.New(rand.NewPCG(seed, 0)), names: map[string]*inode{}, disk: map[string]*inode{}, locks: map[string]bool{},
	}
}

// Fillable returns an empty file system whose disk is full while the value returned is true.
func Fillable(seed uint64) (*FS, *atomic.Bool) {
	full, fs := new(atomic.Bool), New(seed)
	fs.Fault = func(op Op, _ string) error {
		if full.Load() && (op == Write || op == Create) {
			return syscall.ENOSPC
		}
		return nil
	}
	return fs, full
}

func (m move) do(names map[string]*inode) {
	if m.from != "" {
		delete(names, m.from)
	}
	if m.file == nil {
		delete(names, m.to)
	} else {
		names[m.to] = m.file
	}
}

// move changes names. The caller holds the mutex.
func (f *FS) move(m move) {
	m.do(f.names)
	f.moves = append(f.moves, m)
	f.clock++
	if m.file != nil {
		m.file.changed = f.clock
	}
}

// fault returns the error that a call is to fail with.
func (f *FS) fault(op Op, name string) error {
	if f.Fault == nil {
		return nil
	}
	return f.Fault(op, name)
}

func notThere(op Op, name string) error {
	return &fs.PathError{Op: string(op), Path: name, Err: fs.ErrNotExist}
}

// MkdirAll implements store.FS: all folders are there.
func (f *FS) MkdirAll(dir string) error { return f.fault(MkdirAll, dir) }

// Join implements store.FS.
func (f *FS) Join(dir, name string) string { return path.Join(dir, name) }

// Parent implements store.FS.
func (f *FS) Parent(name string) string { return path.Dir(name) }

// Names implements store.FS.
func (f *FS) Names(dir string) ([]string, error) {
	if err := f.fault(Names, dir); err != nil {
		return nil, err
	}
	f.mu.Lock()
	defer f.mu.Unlock()
	var names []string
	for name := range f.names {
		if rest, ok := strings.CutPrefix(name, dir+"/"); ok {
			first, _, _ := strings.Cut(rest, "/")
			names = append(names, first)
		}
	}
	slices.Sort(names)
	return slices.Compact(names), nil
}

// Open implements store.FS.
func (f *FS) Open(name string) (store.File, error) {
	if err := f.fault(Open, name); err != nil {
		return nil, err
	}
	f.mu.Lock()
	defer f.mu.Unlock()
	i := f.names[name]
	if i == nil {
		return nil, notThere(Open, name)
	}
	return &file{fs: f, inode: i, name: name, life: f.life}, nil
}

// Create implements store.FS.
func (f *FS) Create(name string) (store.File, error) {
	if err := f.fault(Create, name); err != nil {
		return nil, err
	}
	f.mu.Lock()
	defer f.mu.Unlock()
	f.inodes++
	i := &inode{id: f.inodes}
	f.move(move{to: name, file: i})
	return &file{fs: f, inode: i, name: name, life: f.life}, nil
}

// Rename implements store.FS.
func (f *FS) Rename(from, to string) error {
	if err := f.fault(Rename, from); err != nil {
		return err
	}
	f.mu.Lock()
	defer f.mu.Unlock()
	i := f.names[from]
	if i == nil {
		return notThere(Rename, from)
	}
	f.move(move{from: from, to: to, file: i})
	return nil
}

// Remove implements store.FS.
func (f *FS) Remove(name string) error {
	if err := f.fault(Remove, name); err != nil {
		return err
	}
	f.mu.Lock()
	defer f.mu.Unlock()
	if f.names[name] == nil {
		return notThere(Remove, name)
	}
	f.move(move{to: name})
	return nil
}

// SyncDir implements store.FS. After an error any part of the changes is on disk, and no later
// sync is about the rest.
func (f *FS) SyncDir(dir string) error {
	err := f.fault(SyncDir, dir)
	f.mu.Lock()
	defer f.mu.Unlock()
	var others []move
	part := 0
	if err != nil {
		part = f.rand.IntN(len(f.moves) + 1)
	}
	for i, m := range f.moves {
		switch {
		case path.Dir(m.to) != dir:
			others = append(others, m)
		case err == nil || i < part:
			m.do(f.disk)
		default:
			others = append(others, m) // the journal keeps the order: a later sync has it
		}
	}
	f.moves = others
	return err
}

// Locked implements store.FS.
func (f *FS) Locked(name string) (bool, error) {
	f.mu.Lock()
	defer f.mu.Unlock()
	return f.locks[name], nil
}

// IsAt implements store.FS. Fault is not asked about it.
func (f *FS) IsAt(open store.File, name string) (bool, error) {
	f.mu.Lock()
	defer f.mu.Unlock()
	return f.names[name] == open.(*file).inode, nil
}

// Lock implements store.FS.
func (f *FS) Lock(name string) (io.Closer, error) {
	if err := f.fault(Lock, name); err != nil {
		return nil, err
	}
	f.mu.Lock()
	defer f.mu.Unlock()
	if f.locks[name] {
		return nil, store.ErrLocked
	}
	f.locks[name] = true
	return &held{f, name, f.life}, nil
}

type held struct {
	fs   *FS
	name string
	life int
}

func (h *held) Close() error {
	h.fs.mu.Lock()
	defer h.fs.mu.Unlock()
	if h.life == h.fs.life {
		delete(h.fs.locks, h.name)
	}
	return nil
}

// Size returns the bytes of all files.
func (f *FS) Size() (n int64) {
	f.mu.Lock()
	defer f.mu.Unlock()
	return f.sizeLocked()
}

func (f *FS) sizeLocked() (n int64) {
	for _, i := range f.names {
		n += int64(len(i.data))
	}
	return n
}

// Files returns the names of all files in order.
func (f *FS) Files() []string {
	f.mu.Lock()
	defer f.mu.Unlock()
	return slices.Sorted(maps.Keys(f.names))
}
