package process

import (
	"bytes"
	"errors"
	"os"
	"path/filepath"
	"strconv"

	"golang.org/x/sys/unix"
)

// awaitExit waits until a child has exited, and leaves it to be reaped. It returns false if
// that cannot be done.
func awaitExit(pid int) bool {
	for {
		err := unix.Waitid(unix.P_PID, pid, nil, unix.WEXITED|unix.WNOWAIT, nil)
		if !errors.Is(err, unix.EINTR) {
			return err == nil
		}
	}
}

// maxSweeps bounds how often processes are looked for that others start while they are
// being ended.
const maxSweeps = 100

// killMarked ends all processes with a variable in their environment, wherever they are:
// those which have left their group, such as daemons, too.
func killMarked(variable string) {
	for range maxSweeps {
		if !sweep(variable) {
			return
		}
	}
}

// sweep ends the processes with a variable in their environment, and tells whether there
// were any.
func sweep(variable string) (found bool) {
	names, err := filepath.Glob("/proc/[0-9]*")
	if err != nil {
		return false // the pattern is a good one
	}
	for _, name := range names {
		pid, err := strconv.Atoi(filepath.Base(name))
		if err != nil || !hasVariable(name, variable) {
			continue
		}
		// The number may be another process's by now. The descriptor stands for one process,
		// and that one still has the variable.
		fd, err := unix.PidfdOpen(pid, 0)
		if err != nil {
			continue // gone
		}
		if hasVariable(name, variable) {
			found = true
			_ = unix.PidfdSendSignal(fd, unix.SIGKILL, nil, 0) // an error means that it is gone
		}
		_ = unix.Close(fd)
	}
	return found
}

// hasVariable tells whether a process, by its directory in /proc, has a variable in its
// environment. Those of other users, and those which have exited, have none.
func hasVariable(dir, variable string) bool {
	environ, err := os.ReadFile(filepath.Join(dir, "environ"))
	if err != nil {
		return false
	}
	for entry := range bytes.SplitSeq(environ, []byte{0}) {
		if string(entry) == variable {
			return true
		}
	}
	return false
}
