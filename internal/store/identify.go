package store

import (
	"crypto/rand"
	"fmt"
)

// identify decides whether the member goes on with its incarnation or takes a new one, and why.
func (f *folder) identify() error {
	lease, stat, err := readLease(f.fs, f.config.Dir)
	if err != nil {
		return err
	}
	f.recovered.Emptied = f.recovered.New && lease.store != [16]byte{}
	if f.own.store == ([16]byte{}) {
		_, _ = rand.Read(f.own.store[:]) // never fails
	}
	if f.recovered.Renewed = f.whyRenew(lease, stat); f.recovered.Renewed == "" {
		f.own.incarnation, f.own.lease = lease.incarnation, stat
	}
	return nil
}

// whyRenew returns why the member cannot go on with its incarnation; empty if it can.
func (f *folder) whyRenew(lease header, stat Stat) string {
	switch {
	case f.recovered.New:
		return "the folder had no store"
	case f.config.Salvage:
		return "the store was salvaged, and may lack updates"
	case f.recovered.Torn > 0:
		// As a rule the commit that a crash cut off was not acknowledged. Damage can look like
		// that, and then other members may have heard of updates that are not here.
		return fmt.Sprintf("the last commit was cut off: %d bytes", f.recovered.Torn)
	}
	last := f.logs[len(f.logs)-1].header
	switch {
	case lease.store != last.store || lease.incarnation != last.incarnation:
		return "the lease is missing, or another one than the log names"
	case stat.Inode == 0:
		return "this system cannot tell a folder from its copy"
	case stat.Inode != last.lease.Inode || stat.Changed != last.lease.Changed:
		return "the folder is a copy, or was restored: its lease is another file than the log names"
	}
	for _, r := range f.sources() {
		if r.header.incarnation != lease.incarnation {
			continue // it has no update of this incarnation, and may be the copy for which this one was taken
		}
		if s, err := r.window.file.Stat(); err != nil || s.Inode != r.header.file.Inode || s.Born != r.header.file.Born {
			return fmt.Sprintf("the folder was restored: %s is a copy", r.name)
		}
	}
	return ""
}
