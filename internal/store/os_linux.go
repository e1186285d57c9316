package store

import (
	"errors"
	"io/fs"
	"os"

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

// identify fills in what tells a file from its copies. File systems that do not keep the time when
// a file was made leave it zero.
func (s *Stat) identify(f *os.File, _ fs.FileInfo) error {
	var x unix.Statx_t
	err := unix.Statx(int(f.Fd()), "", unix.AT_EMPTY_PATH, unix.STATX_INO|unix.STATX_CTIME|unix.STATX_BTIME, &x)
	if err != nil {
		return os.NewSyscallError("statx "+f.Name(), err)
	}
	s.Inode, s.Changed = x.Ino, x.Ctime.Sec*1e9+int64(x.Ctime.Nsec)
	if x.Mask&unix.STATX_BTIME != 0 {
		s.Born = x.Btime.Sec*1e9 + int64(x.Btime.Nsec)
	}
	return nil
}
