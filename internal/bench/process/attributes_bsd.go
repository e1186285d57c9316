//go:build unix && !linux

package process

import "syscall"

// childAttributes puts a node in a group of its own, so that it is killed
// with all its children and does not get the terminal's Ctrl-C.
func childAttributes() *syscall.SysProcAttr {
	return &syscall.SysProcAttr{Setpgid: true}
}
