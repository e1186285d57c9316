//go:build unix

package main

import (
	"math"

	"golang.org/x/sys/unix"
)

// openFiles returns how many files the process may have open.
func openFiles() (limit int, known bool) {
	var l unix.Rlimit
	if unix.Getrlimit(unix.RLIMIT_NOFILE, &l) != nil || uint64(l.Cur) > math.MaxInt32 {
		return 0, false
	}
	return int(l.Cur), true
}
