package process

import (
	"syscall"
	"unsafe"
)

// quickly calls the system to read from or write to a descriptor that does not block. The scheduler is not told: it
// would look for other work, and wake its monitor if all was idle before, which takes longer than the call.
func quickly(call uintptr, fd uintptr, buf []byte) (int, error) {
	n, _, err := syscall.RawSyscall(call, fd, uintptr(unsafe.Pointer(unsafe.SliceData(buf))), uintptr(len(buf)))
	if err != 0 {
		return 0, err
	}
	return int(n), nil
}

// readQuickly reads from a descriptor that does not block.
func readQuickly(fd uintptr, buf []byte) (int, error) { return quickly(syscall.SYS_READ, fd, buf) }

// writeQuickly writes to a descriptor that does not block.
func writeQuickly(fd uintptr, buf []byte) (int, error) { return quickly(syscall.SYS_WRITE, fd, buf) }
