package process

import "syscall"

// childAttributes puts a node in a group of its own, so that it is killed
// with all its children and does not get the terminal's Ctrl-C, and ties its
// life to the bench's.
func childAttributes() *syscall.SysProcAttr {
	return &syscall.SysProcAttr{Setpgid: true, Pdeathsig: syscall.SIGKILL}
}
