package store

import (
	"errors"
	"fmt"
	"io/fs"
	"slices"
)

// OwnerOf tells whose store a folder has, by the last of its files whose header can be read. Another process may
// have the store open. The error wraps fs.ErrNotExist if there is no store.
func OwnerOf(files FS, dir string) (About, error) {
	for before := map[kind][]uint64(nil); ; {
		f, err := list(Config{FS: files, Dir: dir})
		if err != nil {
			return About{}, err
		}
		err = fmt.Errorf("store: %s holds no store: %w", dir, fs.ErrNotExist)
		for _, k := range []kind{logFile, snapshotFile} {
			for _, number := range slices.Backward(f.numbers[k]) {
				r, e := openReader(files, f.path(number, k))
				if e == nil {
					defer r.close()
					return r.header.About, nil
				}
				err = fmt.Errorf("store: nobody can tell whose store %s has: %w", dir, e)
			}
		}
		if f.recovered.New || !errors.Is(err, fs.ErrNotExist) || sameFiles(before, f.numbers) {
			return About{}, err
		}
		before = f.numbers // all were replaced by others meanwhile
	}
}
