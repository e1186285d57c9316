//go:build !unix

package terminal

import "os"

// Is tells whether f is a terminal, or another device of characters.
func Is(f *os.File) bool {
	info, err := f.Stat()
	return err == nil && info.Mode()&os.ModeCharDevice != 0
}
