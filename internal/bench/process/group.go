package process

import (
	"os/exec"
	"sync"
)

// group is a process that leads a group, and the group. A signal goes to the group only as
// long as its leader has not been reaped: after that its number may be another's.
type group struct {
	cmd *exec.Cmd

	mu     sync.Mutex
	reaped bool
}

// kill ends all processes of the group.
func (g *group) kill() {
	g.mu.Lock()
	defer g.mu.Unlock()
	if !g.reaped {
		killGroup(g.cmd.Process.Pid)
	}
}

// wait waits until the leader has exited, ends the rest of the group, and returns the
// leader's status in words.
func (g *group) wait() string {
	if awaitExit(g.cmd.Process.Pid) {
		g.mu.Lock()
		killGroup(g.cmd.Process.Pid)
	} else {
		// Here nothing can be learnt of an exit without reaping.
		_ = g.cmd.Wait()
		g.mu.Lock()
	}
	defer g.mu.Unlock()
	_ = g.cmd.Wait() // the state says it all
	g.reaped = true
	return g.cmd.ProcessState.String()
}
