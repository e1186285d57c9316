package modelfs

import (
	"errors"
	"io"
	"io/fs"
	"maps"
	"math/rand/v2"
	"slices"
	"syscall"

	"gset/internal/store"
)

// file is an open file.
type file struct {
	fs    *FS
	inode *inode
	name  string
	life  int
}

// begin locks the file system for a call of a file that fails with the error returned.
func (f *file) begin(op Op) error {
	err := f.fs.fault(op, f.name)
	f.fs.mu.Lock()
	if f.life != f.fs.life {
		return ErrCrashed
	}
	return err
}

func (f *file) ReadAt(p []byte, at int64) (int, error) {
	err := f.begin(Read)
	defer f.fs.mu.Unlock()
	switch {
	case err != nil:
		return 0, err
	case at >= int64(len(f.inode.data)):
		return 0, io.EOF
	}
	n := copy(p, f.inode.data[at:])
	if n < len(p) {
		return n, io.EOF
	}
	return n, nil
}

func (f *file) WriteAt(p []byte, at int64) (n int, err error) {
	err = f.begin(Write)
	defer f.fs.mu.Unlock()
	if errors.Is(err, ErrCrashed) {
		return 0, err
	}
	n = len(p)
	if err != nil {
		n = f.fs.rand.IntN(len(p) + 1)
	}
	if grows := max(0, at+int64(n)-int64(len(f.inode.data))); f.fs.Capacity > 0 && err == nil {
		if free := f.fs.Capacity - f.fs.sizeLocked(); grows > free {
			n, err = int(max(0, int64(n)-grows+free)), &fs.PathError{Op: "write", Path: f.name, Err: syscall.ENOSPC}
		}
	}
	if end := (at + int64(n)) / sector * sector; n < len(p) {
		n = int(max(0, end-at))
	}
	f.inode.write(p[:n], int(at))
	return n, err
}

func (f *file) Sync() error {
	err := f.begin(Sync)
	defer f.fs.mu.Unlock()
	if errors.Is(err, ErrCrashed) {
		return err
	}
	for _, at := range slices.Sorted(maps.Keys(f.inode.dirty)) {
		if err == nil || f.fs.rand.IntN(2) == 0 {
			f.inode.persist(at, f.inode.sectorAt(at))
		}
	}
	f.inode.dirty = nil
	return err
}

func (f *file) Stat() (store.Stat, error) {
	f.fs.mu.Lock()
	defer f.fs.mu.Unlock()
	return store.Stat{Size: int64(len(f.inode.data)), Inode: f.inode.id, Changed: f.inode.changed}, nil
}

func (f *file) Close() error { return nil }

const sector = 512

// inode is what is in a file, whatever its names are.
type inode struct {
	id      uint64
	changed int64
	data    []byte           // as programs see it
	disk    []byte           // as of the last sync
	dirty   map[int][][]byte // the contents of sectors since then
}

func (i *inode) write(p []byte, at int) {
	if len(p) == 0 {
		return
	}
	i.data = append(i.data, make([]byte, max(0, at+len(p)-len(i.data)))...)
	copy(i.data[at:], p)
	if i.dirty == nil {
		i.dirty = map[int][][]byte{}
	}
	for s := at / sector; s*sector < at+len(p); s++ {
		i.dirty[s] = append(i.dirty[s], i.sectorAt(s))
	}
}

func (i *inode) crash(r *rand.Rand) {
	size := len(i.disk)
	if len(i.data) > size {
		size += r.IntN(len(i.data) - size + 1)
	}
	for _, at := range slices.Sorted(maps.Keys(i.dirty)) {
		if versions := i.dirty[at]; r.IntN(2) > 0 {
			i.persist(at, versions[r.IntN(len(versions))])
		}
	}
	i.disk = append(i.disk, make([]byte, max(0, size-len(i.disk)))...)[:size]
	i.data, i.dirty = slices.Clone(i.disk), nil
}

// persist puts a sector on disk.
func (i *inode) persist(at int, content []byte) {
	end := at*sector + len(content)
	i.disk = append(i.disk, make([]byte, max(0, end-len(i.disk)))...)
	copy(i.disk[at*sector:], content)
}

// sectorAt returns a copy of a sector as programs see it.
func (i *inode) sectorAt(at int) []byte {
	return slices.Clone(i.data[at*sector : min(len(i.data), (at+1)*sector)])
}
