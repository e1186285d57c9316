package store

import (
	"errors"
	"io/fs"
	"os"
	"syscall"

	"golang.org/x/sys/unix"
)

// syncData writes to disk what a file holds, and its size, and not the times of its last change:
// a commit into a log that was zero-filled ahead is one write to the disk then, and not two.
func syncData(f *os.File) error {
	for {
		if err := unix.Fdatasync(int(f.Fd())); !errors.Is(err, unix.EINTR) {
			return os.NewSyscallError("fdatasync "+f.Name(), err)
		}
	}
}

func identity(info fs.FileInfo) (inode uint64, changed int64) {
	if s, ok := info.Sys().(*syscall.Stat_t); ok {
		return s.Ino, int64(s.Ctim.Sec)*1e9 + int64(s.Ctim.Nsec)
	}
	return 0, 0
}
