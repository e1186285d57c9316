package store

import (
	"cmp"
	"errors"
	"fmt"
	"io/fs"
	"slices"
)

// Found is what Look finds.
type Found struct {
	About // of the newest file whose header can be read

	Backup      bool // one file, and not a store's folder
	Incarnation uint64
	Files       []FoundFile // of logs, snapshots and backups, by name
	Bytes       int64       // of these
}

// FoundFile is a file of a store.
type FoundFile struct {
	Name  string
	Bytes int64
	Err   error // its header cannot be read
}

// Look tells what a folder or a file holds, by names and headers alone. It changes nothing and needs no
// lock. If no header can be read the error is that of one; Found has what is known all the same.
func Look(files FS, path string, isFolder bool) (Found, error) {
	if !isFolder {
		return lookAt(files, path)
	}
	var all Found
	names, err := files.Names(path)
	if err != nil {
		return all, fmt.Errorf("store: the folder %s cannot be read: %w", path, err)
	}
	slices.Sort(names)
	known, newest := false, uint64(0)
	var failure error
	for _, name := range names {
		number, _, ok := parseName(name)
		if !ok {
			continue
		}
		one, err := lookAt(files, files.Join(path, name))
		switch {
		case errors.Is(err, fs.ErrNotExist):
			continue // it was removed since
		case err == nil && (!known || number >= newest):
			known, newest = true, number
			all.About, all.Incarnation = one.About, one.Incarnation
		}
		failure = cmp.Or(failure, err)
		all.Files, all.Bytes = append(all.Files, one.Files...), all.Bytes+one.Bytes
	}
	switch {
	case known:
		return all, nil
	case failure == nil:
		failure = fmt.Errorf("store: %s holds no store: %w", path, fs.ErrNotExist)
	}
	return all, failure
}

func lookAt(files FS, path string) (Found, error) {
	file, err := files.Open(path)
	if err != nil {
		return Found{}, fmt.Errorf("store: %w", err)
	}
	stat, err := file.Stat()
	_ = file.Close() // nothing was written
	if err != nil {
		return Found{}, fmt.Errorf("store: %w", err)
	}
	found := Found{Files: []FoundFile{{Name: path, Bytes: stat.Size}}, Bytes: stat.Size}
	r, err := openReader(files, path)
	if err != nil {
		found.Files[0].Err = err
		return found, err
	}
	defer r.close()
	found.About, found.Incarnation, found.Backup = r.header.About, r.header.incarnation, r.header.kind == backupFile
	return found, nil
}
