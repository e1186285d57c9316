//go:build unix

package process

import "syscall"

// signalGroup sends a signal to a process that leads a group, and to its group.
func signalGroup(pid int, s syscall.Signal) {
	// The group may be gone already: then there is nothing to do.
	_ = syscall.Kill(-pid, s)
}
