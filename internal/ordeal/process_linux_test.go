package ordeal

import "syscall"

// ended has the system end a process when the test's process dies.
func ended() *syscall.SysProcAttr { return &syscall.SysProcAttr{Pdeathsig: syscall.SIGKILL} }
