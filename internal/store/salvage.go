package store

import (
	"errors"
	"slices"
)

// lose notes damage that Salvage goes on behind; other errors it returns.
func (f *folder) lose(err error) error {
	damage := (*DamageError)(nil)
	if !errors.As(err, &damage) {
		return err
	}
	f.damaged[damage.File] = true
	f.recovered.Lost = append(f.recovered.Lost, damage)
	return nil
}

// findAll opens all files that have a header. It does not matter that older ones are in later
// ones as well: joining a delta twice is joining it once.
func (f *folder) findAll() error {
	for _, number := range f.numbers[snapshotFile] {
		r, err := f.read(number, snapshotFile)
		if err := f.lose(err); err != nil {
			return err
		}
		if r != nil {
			f.older = append(f.older, r)
		}
	}
	logs := map[uint64]*reader{}
	for _, number := range f.numbers[logFile] {
		r, err := f.read(number, logFile)
		if err := f.lose(err); err != nil {
			return err
		}
		if r == nil {
			continue
		}
		f.logs = append(f.logs, r)
		logs[number] = r
		if err := f.lose(r.checkSize()); err != nil {
			return err
		}
		if before := logs[r.header.previous]; before != nil && r.header.previousEnd <= before.size {
			before.limit = max(headerSize, r.header.previousEnd) // what is behind it is void
		}
	}
	return f.loseMissing()
}

// loseMissing notes the files that are not there and should be.
func (f *folder) loseMissing() error {
	covered := uint64(1)
	for _, r := range f.older {
		covered = r.header.number
	}
	for _, r := range f.logs {
		if before := r.header.previous; before >= covered && !slices.Contains(f.numbers[logFile], before) {
			if err := f.lose(f.missing(before)); err != nil {
				return err
			}
		}
	}
	if len(f.logs) == 0 && !f.recovered.New {
		return f.lose(f.missing(covered))
	}
	return nil
}

// salvage plays what can be read of a file, and notes where something cannot.
func (f *folder) salvage(r *reader, apply func([]byte) error) error {
	play := f.deltas(r, apply)
	for r.at < r.limit {
		ended, next, err := r.untilEnd(play)
		if err != nil {
			return err
		}
		if ended {
			if next != 0 && f.logs[len(f.logs)-1] == r {
				return f.lose(f.missing(next))
			}
			return nil
		}
		h, _, found, err := r.next()
		if err != nil {
			return err
		}
		if found == foundEnd {
			break
		}
		whole := r.header.kind == snapshotFile || r.limit < r.size
		torn, err := r.tear(found, h)
		if err == nil && whole {
			err = r.damage(r.at, "nothing can be read from here on")
		}
		if err == nil {
			f.recovered.Torn += torn
			return nil
		}
		if err := f.lose(err); err != nil {
			return err
		}
		at := r.at
		if err := r.skip(r.limit); err != nil {
			return err
		}
		if r.at == r.limit { // nothing behind it
			r.at = at
			return nil
		}
	}
	if r.header.kind == snapshotFile {
		return f.lose(r.damage(r.at, "the file ends before the state does"))
	}
	return nil
}
