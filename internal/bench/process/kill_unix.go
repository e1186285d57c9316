//go:build unix

package process

import "syscall"

// killGroup ends a process that leads a group, and its group.
func killGroup(pid int) {
	// The group may be gone already: then there is nothing to do.
	_ = syscall.Kill(-pid, syscall.SIGKILL)
}
