//go:build unix

package terminal

import (
	"os"

	"golang.org/x/sys/unix"
)

// Is tells whether f is a terminal: only those have a size.
func Is(f *os.File) bool {
	_, err := unix.IoctlGetWinsize(int(f.Fd()), unix.TIOCGWINSZ)
	return err == nil
}
