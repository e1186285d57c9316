package ordeal

import (
	"syscall"
	"time"
)

// ended has the system end a process when the test's process dies.
func ended() *syscall.SysProcAttr { return &syscall.SysProcAttr{Pdeathsig: syscall.SIGKILL} }

// processorTime returns the processor time that the test's process has taken.
func processorTime() time.Duration {
	var u syscall.Rusage
	if err := syscall.Getrusage(syscall.RUSAGE_SELF, &u); err != nil {
		return 0
	}
	return time.Duration(u.Utime.Nano() + u.Stime.Nano())
}

// pause stops a member's process, whose connections stay open, until resume.
func (m *member) pause() error  { return m.cmd.Process.Signal(syscall.SIGSTOP) }
func (m *member) resume() error { return m.cmd.Process.Signal(syscall.SIGCONT) }
