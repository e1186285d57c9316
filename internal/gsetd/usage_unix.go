//go:build unix

package gsetd

import (
	"time"

	"golang.org/x/sys/unix"
)

// cpuTime returns the time that the process has computed, and the system for it.
func cpuTime() (user, system time.Duration) {
	var u unix.Rusage
	if unix.Getrusage(unix.RUSAGE_SELF, &u) != nil {
		return 0, 0
	}
	return time.Duration(u.Utime.Nano()), time.Duration(u.Stime.Nano())
}
