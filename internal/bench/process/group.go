package process

import (
	"os/exec"
	"sync"
	"syscall"
)

// group is a process that leads a group, and the group. A signal goes to the group only as
// long as its leader has not been reaped: after that its number may be another's.
type group struct {
	cmd *exec.Cmd

	mu     sync.Mutex
	reaped bool
}

// signal sends a signal to all processes of the group.
func (g *group) signal(s syscall.Signal) {
	g.mu.Lock()
	defer g.mu.Unlock()
	if !g.reaped {
		signalGroup(g.cmd.Process.Pid, s)
	}
}

// wait waits until the leader has exited, ends the rest of the group, and returns the
// leader's status in words.
func (g *group) wait() string {
	if awaitExit(g.cmd.Process.Pid) {
		g.mu.Lock()
		signalGroup(g.cmd.Process.Pid, syscall.SIGKILL)
	} else {
		// Here nothing can be learnt of an exit without reaping.
		_ = g.cmd.Wait()
		g.mu.Lock()
	}
	defer g.mu.Unlock()
	_ = g.cmd.Wait() // the state says it all
	g.reaped = true
	adopted.reaped(g.cmd.Process.Pid)
	return g.cmd.ProcessState.String()
}
