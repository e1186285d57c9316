//go:build unix && !linux

package process

import "syscall"

// readQuickly reads from a descriptor that does not block.
func readQuickly(fd uintptr, buf []byte) (int, error) { return syscall.Read(int(fd), buf) }

// writeQuickly writes to a descriptor that does not block.
func writeQuickly(fd uintptr, buf []byte) (int, error) { return syscall.Write(int(fd), buf) }
