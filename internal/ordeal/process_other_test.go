//go:build !linux

package ordeal

import "syscall"

// ended does nothing here: a member outlives a test's process that dies.
func ended() *syscall.SysProcAttr { return nil }
