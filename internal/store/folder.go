package store

import (
	"errors"
	"fmt"
	"io/fs"
	"slices"
	"strings"
)

// folder is a store that is being opened.
type folder struct {
	config    Config
	fs        FS
	numbers   map[kind][]uint64 // of the files that there are, in order
	leftovers []string          // files that were never finished
	highest   uint64            // of all numbers
	snapshot  *reader           // nil if none counts
	logs      []*reader         // those that count, in order
	older     []*reader         // snapshots that only Salvage reads
	damaged   map[string]bool   // paths of files that Salvage does not take for whole
	own       header            // what new files are to say
	used      int64             // bytes of the logs' commits
	recovered Recovered
}

// list reads the names of the files in the folder.
func list(config Config) (*folder, error) {
	f := &folder{config: config, fs: config.FS, numbers: map[kind][]uint64{}, damaged: map[string]bool{}}
	names, err := f.fs.Names(config.Dir)
	if err != nil {
		return nil, fmt.Errorf("store: the folder %s cannot be read: %w", config.Dir, err)
	}
	for _, name := range names {
		finished := strings.TrimSuffix(name, tmp)
		number, k, ok := parseName(finished)
		switch {
		case name != finished && (ok || finished == spareName || finished == leaseName):
			f.leftovers = append(f.leftovers, name)
		case ok:
			f.numbers[k] = append(f.numbers[k], number)
		}
		f.highest = max(f.highest, number)
	}
	for _, numbers := range f.numbers {
		slices.Sort(numbers)
	}
	f.recovered.New = len(f.numbers) == 0
	return f, nil
}

// sources returns the files that are read, those first that were written first.
func (f *folder) sources() []*reader {
	all := slices.Clone(f.older)
	if f.snapshot != nil {
		all = append(all, f.snapshot)
	}
	return append(all, f.logs...)
}

func (f *folder) close() {
	for _, r := range f.sources() {
		r.close()
	}
}

func (f *folder) path(number uint64, k kind) string {
	return f.fs.Join(f.config.Dir, named(number, k))
}

// missing is the damage that a file is not there.
func (f *folder) missing(number uint64) error {
	return &DamageError{File: f.path(number, logFile), What: "the file is missing"}
}

// read opens a file, and checks that its header is the one of such a file of this store.
func (f *folder) read(number uint64, k kind) (*reader, error) {
	r, err := openReader(f.fs, f.path(number, k))
	if errors.Is(err, fs.ErrNotExist) {
		return nil, f.missing(number)
	}
	if err != nil {
		return nil, err
	}
	if err := f.checkHeader(r, number, k); err != nil {
		r.close()
		return nil, err
	}
	return r, nil
}

func (f *folder) checkHeader(r *reader, number uint64, k kind) error {
	h := r.header
	if d := h.differs(f.config.About, true); d != "" {
		return fmt.Errorf("store: %s: %w %s; name another folder, or move this one away", r.name, ErrForeign, d)
	}
	if f.own.store == ([16]byte{}) {
		f.own.store = h.store
	}
	switch {
	case h.kind != k || h.number != number:
		return r.damage(0, fmt.Sprintf("its header is that of %s", named(h.number, h.kind)))
	case h.store != f.own.store:
		return r.damage(0, "it is a file of another store")
	case k == logFile && h.previous >= number:
		return r.damage(0, "it goes on from a later file")
	}
	return nil
}

// checkSize checks that a log has all bytes that it was made with: no crash takes any.
func (r *reader) checkSize() error {
	if r.header.kind == logFile && r.header.size != r.size {
		return r.damage(r.size, fmt.Sprintf("the file has %d bytes, and was made with %d", r.size, r.header.size))
	}
	return nil
}

// find opens the files that count: the last snapshot, the last log, and the logs that it goes on
// from as far as they are not in the snapshot.
func (f *folder) find() (err error) {
	covered := uint64(1)
	if n := f.numbers[snapshotFile]; len(n) > 0 {
		covered = n[len(n)-1]
		if f.snapshot, err = f.read(covered, snapshotFile); err != nil {
			return err
		}
	}
	last := uint64(0)
	if n := f.numbers[logFile]; len(n) > 0 {
		last = n[len(n)-1]
	}
	if last < covered && !f.recovered.New {
		return f.missing(covered)
	}
	end := int64(-1)
	for number := last; number >= covered; {
		r, err := f.read(number, logFile)
		if err != nil {
			return err
		}
		f.logs = append(f.logs, r)
		if err := r.checkSize(); err != nil {
			return err
		}
		if end > r.size {
			return r.damage(r.size, fmt.Sprintf("the log that goes on from it says that it goes to offset %d", end))
		}
		if end >= 0 {
			r.limit = end
		}
		number, end = r.header.previous, r.header.previousEnd
	}
	slices.Reverse(f.logs)
	return nil
}

// play gives apply what the files hold.
func (f *folder) play(apply func([]byte) error) error {
	for i, r := range f.sources() {
		var err error
		switch {
		case f.config.Salvage:
			err = f.salvage(r, apply)
		case r == f.snapshot:
			err = f.playWhole(r, apply)
		case r.limit < r.size || i < len(f.sources())-1:
			err = r.frames(r.limit, false, f.deltas(r, apply))
		default:
			err = f.playLast(r, apply)
		}
		if err != nil {
			return err
		}
		if r.header.kind == logFile {
			f.used += r.at - headerSize
		}
	}
	return nil
}

// deltas returns a function that gives apply the deltas of a payload, and counts them.
func (f *folder) deltas(r *reader, apply func([]byte) error) func(payload []byte) error {
	parts, deltas := &f.recovered.Commits, &f.recovered.Deltas
	if r.header.kind == snapshotFile {
		parts, deltas = &f.recovered.Parts, new(int)
	}
	return func(payload []byte) error {
		*parts++
		return eachDelta(payload, func(delta []byte) error {
			*deltas++
			f.recovered.Bytes += int64(len(delta))
			return apply(delta)
		})
	}
}

// playWhole plays a file that must have an end.
func (f *folder) playWhole(r *reader, apply func([]byte) error) error {
	ended, next, err := r.untilEnd(f.deltas(r, apply))
	if err == nil && (!ended || next != 0) {
		err = r.damage(r.at, "a part of the state cannot be read")
	}
	return err
}

// playLast plays the last log, which may end where a crash has cut it off.
func (f *folder) playLast(r *reader, apply func([]byte) error) error {
	ended, next, err := r.untilEnd(f.deltas(r, apply))
	switch {
	case err != nil:
		return err
	case ended && next != 0:
		return f.missing(next)
	case ended:
		return nil
	}
	return f.judgeTail(r)
}

// judgeTail decides about the place in the last log, which nobody writes, where there is no frame.
func (f *folder) judgeTail(r *reader) error {
	h, _, found, err := r.next()
	if err != nil {
		return err
	}
	if found == foundEnd { // full to the last byte: there was no room for an end
		return nil
	}
	f.recovered.Torn, err = r.tear(found, h)
	return err
}
