package store

import (
	"io/fs"
	"syscall"
)

func identity(info fs.FileInfo) (inode uint64, changed int64) {
	if s, ok := info.Sys().(*syscall.Stat_t); ok {
		return s.Ino, s.Ctimespec.Sec*1e9 + s.Ctimespec.Nsec
	}
	return 0, 0
}
