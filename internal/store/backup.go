package store

import (
	"errors"
	"fmt"
	"io/fs"
	"iter"
)

// WriteBackup writes a state to one file; parts are as for Compact. The file has its name when it is whole and on disk, in place
// of one that was there. It is no store: ReadBackup reads it, for any member of the cluster. A file in the folder of a
// store is refused, as it could take the place of one of the store's. Of
// config, Dir is not used, and Member is who has made the backup.
func WriteBackup(config Config, name string, parts iter.Seq2[[]byte, error]) error {
	config, err := config.withDefaults()
	if err == nil {
		err = checkBackup(config.FS, name)
	}
	if err == nil {
		_, err = writeParts(config.FS, name, header{About: config.About, kind: backupFile}, parts)
	}
	return err
}

// checkBackup refuses the name of a backup that is in the folder of a store.
func checkBackup(files FS, name string) error {
	names, err := files.Names(files.Parent(name))
	if err != nil {
		return nil // if the backup cannot be written either, that is the error
	}
	for _, other := range names {
		if _, _, ok := parseName(other); ok || other == leaseName {
			return fmt.Errorf("store: the backup %s would be in the folder of a store, and could overwrite it; name a file in another folder", name)
		}
	}
	return nil
}

// ReadBackup calls apply with parts whose join is the state of a backup; apply must not keep their
// memory. To restore is to make these parts updates of a running replica, of any member, any number
// of times. Whatever the member has made since the backup stays. The member's name is not
// compared, nor the cluster's if config has none, nor is the folder used.
//
// If ReadBackup fails, some parts may have been applied. That is no harm, as they are parts of a true state.
func ReadBackup(config Config, name string, apply func(part []byte) error) (Recovered, error) {
	f := folder{config: config, fs: config.FS}
	if f.fs == nil {
		f.fs = OS
	}
	r, err := openReader(f.fs, name)
	if errors.Is(err, fs.ErrNotExist) {
		return f.recovered, err
	}
	if damage := (*DamageError)(nil); errors.As(err, &damage) {
		return f.recovered, fmt.Errorf("store: %w: use another backup", err)
	}
	if err != nil {
		return f.recovered, err
	}
	defer r.close()
	if r.header.kind != backupFile {
		return f.recovered, fmt.Errorf("store: %s is a %v and not a backup", name, r.header.kind)
	}
	if d := r.header.differs(config.About, false); d != "" {
		return f.recovered, fmt.Errorf("store: %s: %w %s", name, ErrForeign, d)
	}
	if err = f.playWhole(r, apply); errors.As(err, new(*DamageError)) {
		err = fmt.Errorf("store: %w: use another backup", err)
	}
	return f.recovered, err
}
