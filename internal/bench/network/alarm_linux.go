package network

import (
	"os"
	"sync"
	"time"
	"unsafe"

	"golang.org/x/sys/unix"
)

// timerfdAlarm is an alarm on a timerfd. Go's own timers round up to the next
// millisecond when a program is idle; over five hops of a broadcast that would
// be seen. A timerfd is good to some tens of microseconds and wakes its
// goroutine through the poller, as a pipe does.
type timerfdAlarm struct {
	mu      sync.Mutex // guards fd against being set once it may be closed
	file    *os.File
	fd      int
	stopped bool
}

// NewAlarm starts a goroutine that calls fire each time the alarm goes off,
// until stop. No time is set.
func NewAlarm(fire func()) (Alarm, error) {
	fd, err := unix.TimerfdCreate(unix.CLOCK_MONOTONIC, unix.TFD_NONBLOCK|unix.TFD_CLOEXEC)
	if err != nil {
		return nil, os.NewSyscallError("timerfd_create", err)
	}
	a := &timerfdAlarm{file: os.NewFile(uintptr(fd), "timerfd"), fd: fd}
	conn, err := a.file.SyscallConn()
	if err != nil {
		_ = a.file.Close()
		return nil, err
	}
	go func() {
		// One call for the alarm's whole life: what has gone off was read, and it is waited for the next time
		// without asking again whether it came meanwhile, which the poller remembers.
		_ = conn.Read(func(fd uintptr) (done bool) {
			var count [8]byte
			// It does not block, so the scheduler need not know.
			if _, _, err := unix.RawSyscall(unix.SYS_READ, fd, uintptr(unsafe.Pointer(&count)), unsafe.Sizeof(count)); err == 0 {
				fire()
			}
			return false
		}) // ends with the deadline that Stop sets
		_ = a.file.Close()
	}()
	return a, nil
}

func (a *timerfdAlarm) Set(d time.Duration) {
	d = max(d, 1)
	a.mu.Lock()
	defer a.mu.Unlock()
	if a.stopped {
		return
	}
	// The only errors are those of a bad descriptor or a bad time.
	_ = unix.TimerfdSettime(a.fd, 0, &unix.ItimerSpec{Value: unix.NsecToTimespec(int64(d))}, nil)
}

// Stop also ends the alarm's goroutine, which closes the timer: to wait for that here could be to wait for a call of
// fire that waits for a lock of the caller's.
func (a *timerfdAlarm) Stop() {
	a.mu.Lock()
	defer a.mu.Unlock()
	a.stopped = true
	_ = a.file.SetReadDeadline(time.Now())
}
