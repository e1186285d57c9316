package network

import (
	"os"
	"sync"
	"time"

	"golang.org/x/sys/unix"
)

// timerfdAlarm is an alarm on a timerfd. Go's own timers round up to the next
// millisecond when a program is idle; over five hops of a broadcast that would
// be seen. A timerfd is good to some tens of microseconds and wakes its
// goroutine through the poller, as a pipe does.
type timerfdAlarm struct {
	mu      sync.Mutex // guards fd against being set once it is closed
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
	go func() {
		var count [8]byte
		for {
			if _, err := a.file.Read(count[:]); err != nil {
				return // stopped
			}
			fire()
		}
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

// Stop also ends the alarm's goroutine.
func (a *timerfdAlarm) Stop() {
	a.mu.Lock()
	defer a.mu.Unlock()
	a.stopped = true
	_ = a.file.Close()
}
