package modelfs

import (
	"errors"
	"maps"
	"path"
	"slices"
)

// ErrCrashed is the error of files that were open when the system crashed.
var ErrCrashed = errors.New("modelfs: the system has crashed since")

// Crash is a power failure: it leaves what was synced, and of the rest what it draws.
func (f *FS) Crash() {
	f.mu.Lock()
	defer f.mu.Unlock()
	f.end()
	for _, m := range f.moves[:f.rand.IntN(len(f.moves)+1)] {
		m.do(f.disk)
	}
	f.moves = nil
	f.names = maps.Clone(f.disk)
	files := slices.SortedFunc(maps.Values(f.names), func(a, b *inode) int { return int(a.id) - int(b.id) })
	for _, file := range files { // sorted: one seed is one run
		file.crash(f.rand)
	}
}

// Kill is the end of the program, and not of the system: all that it wrote is there.
func (f *FS) Kill() {
	f.mu.Lock()
	defer f.mu.Unlock()
	f.end()
}

func (f *FS) end() {
	f.life++
	f.locks = map[string]bool{}
}

// Edit changes what a file holds, on disk as well, as damage does. It owns what change returns, and
// change may return what it got.
func (f *FS) Edit(name string, change func([]byte) []byte) {
	f.mu.Lock()
	defer f.mu.Unlock()
	i := f.names[name]
	i.data = change(i.data)
	i.disk, i.dirty = append(i.disk[:0], i.data...), nil
}

// Move moves all files of a folder to another one. Those that are open stay so.
func (f *FS) Move(from, to string) {
	f.mu.Lock()
	defer f.mu.Unlock()
	for _, name := range slices.Sorted(maps.Keys(f.names)) {
		if path.Dir(name) == from {
			f.move(move{from: name, to: path.Join(to, path.Base(name)), file: f.names[name]})
		}
	}
}

// Copy makes a folder the copy of another, by new files.
func (f *FS) Copy(from, to string) { f.copyAll(from, to, false) }

// CopyDisk makes a folder the copy of another with inodes and times, as only a copy of a whole disk has them.
func (f *FS) CopyDisk(from, to string) { f.copyAll(from, to, true) }

func (f *FS) copyAll(from, to string, disk bool) {
	f.mu.Lock()
	defer f.mu.Unlock()
	for name := range f.names {
		if path.Dir(name) == to {
			delete(f.names, name)
			delete(f.disk, name)
		}
	}
	for _, name := range slices.Sorted(maps.Keys(f.names)) {
		if path.Dir(name) != from {
			continue
		}
		file := f.names[name]
		i := &inode{id: file.id, changed: file.changed, data: slices.Clone(file.data), disk: slices.Clone(file.data)}
		if !disk {
			f.inodes++
			f.clock++
			i.id, i.changed = f.inodes, f.clock
		}
		copied := path.Join(to, path.Base(name))
		f.names[copied], f.disk[copied] = i, i
	}
}

// Clone returns a copy of a file system on which no file is open.
func (f *FS) Clone() *FS {
	f.mu.Lock()
	defer f.mu.Unlock()
	c := New(0)
	c.clock, c.inodes = f.clock, f.inodes
	for name, i := range f.names {
		i := &inode{id: i.id, changed: i.changed, data: slices.Clone(i.data), disk: slices.Clone(i.data)}
		c.names[name], c.disk[name] = i, i
	}
	return c
}
