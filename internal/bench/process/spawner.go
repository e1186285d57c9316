package process

import (
	"crypto/rand"
	"errors"
	"fmt"
	"os"
	"os/exec"
	"runtime"
	"syscall"
)

// spawner launches processes that die with the bench. Linux ties the death
// signal to the thread that forked, so one thread does all the forking and
// lives as long as the spawner.
type spawner struct {
	jobs chan func()
	mark string // a variable in the environment of all programs, and of what they start
}

// markVar is the name of that variable. Its value is another for each spawner.
const markVar = "SQUALL_RUN"

// NewSpawner starts a launcher of processes of the operating system.
func NewSpawner() Launcher {
	adopted.begin()
	s := &spawner{jobs: make(chan func()), mark: markVar + "=" + rand.Text()}
	go func() {
		runtime.LockOSThread()
		for job := range s.jobs {
			job()
		}
		runtime.UnlockOSThread() // keeps the thread: the children live on
	}()
	return s
}

func (s *spawner) start(cmd *exec.Cmd) error {
	result := make(chan error)
	s.jobs <- func() { result <- adopted.start(cmd) }
	return <-result
}

// Close implements Launcher.
func (s *spawner) Close() {
	close(s.jobs)
	killMarked(s.mark)
	adopted.end()
}

// Launch implements Launcher.
func (s *spawner) Launch(bin string, args []string, stderr *os.File) (*Program, error) {
	cmd := exec.Command(bin, args...)
	cmd.Dir = os.TempDir()
	cmd.Env = append(os.Environ(), s.mark)
	cmd.SysProcAttr = childAttributes()
	pipes, err := connect(cmd, stderr)
	defer closeAll(&pipes.theirs) // the program has its own by then
	if err == nil {
		err = explainStart(s.start(cmd))
	}
	if err != nil {
		closeAll(&pipes.ours)
		return nil, err
	}
	p := &Program{Stdin: pipes.stdin, Stdout: pipes.stdout}
	if stderr == nil {
		p.Stderr = pipes.ours[2]
	}
	g := &group{cmd: cmd}
	p.Kill = func() { g.signal(syscall.SIGKILL) }
	p.Suspend = func() { g.signal(syscall.SIGSTOP) }
	p.Resume = func() { g.signal(syscall.SIGCONT) }
	p.Wait = g.wait
	p.Activity = func() (Activity, bool) { return activity(cmd.Process.Pid, pipes.stdin) }
	return p, nil
}

// pipes are those of a program: standard input, output and error. An end is nil where there is no pipe.
type pipes struct {
	theirs, ours [3]*os.File
	stdin        *pipeInlet
	stdout       *pipeOutlet
}

// connect makes the pipes of a program that is to be started. Its standard error is a pipe if stderr is nil. With an
// error it returns those that it has made.
func connect(cmd *exec.Cmd, stderr *os.File) (p pipes, err error) {
	if p.theirs[0], p.ours[0], err = os.Pipe(); err != nil {
		return p, err
	}
	if p.ours[1], p.theirs[1], err = os.Pipe(); err != nil {
		return p, err
	}
	cmd.Stdin, cmd.Stdout, cmd.Stderr = p.theirs[0], p.theirs[1], stderr
	if stderr == nil {
		if p.ours[2], p.theirs[2], err = os.Pipe(); err != nil {
			return p, err
		}
		cmd.Stderr = p.theirs[2]
	}
	if p.stdin, err = newPipeInlet(p.ours[0]); err != nil {
		return p, err
	}
	p.stdout, err = newPipeOutlet(p.ours[1])
	return p, err
}

func closeAll(files *[3]*os.File) {
	for _, f := range files {
		if f != nil {
			_ = f.Close()
		}
	}
}

// explainStart adds to an error of the operating system what it may mean. The
// binary itself has been looked for before.
func explainStart(err error) error {
	switch {
	case errors.Is(err, syscall.ENOEXEC):
		return fmt.Errorf("%w (a script must begin with a line such as #!/usr/bin/env python3)", err)
	case errors.Is(err, syscall.ENOENT):
		return fmt.Errorf("%w (does what runs it exist, such as the interpreter that its first line names?)", err)
	}
	return err
}

// pipeInlet is the writing end of a pipe of the operating system.
type pipeInlet struct {
	*os.File
	conn syscall.RawConn
}

func newPipeInlet(f *os.File) (*pipeInlet, error) {
	conn, err := f.SyscallConn()
	return &pipeInlet{f, conn}, err
}

// Offer implements Inlet.
func (p *pipeInlet) Offer(batch []byte) []byte {
	err := p.conn.Write(func(fd uintptr) bool {
		for len(batch) > 0 {
			n, err := writeQuickly(fd, batch)
			switch {
			case errors.Is(err, syscall.EINTR):
			case errors.Is(err, syscall.EAGAIN):
				return true
			case err != nil:
				// A node that has closed its input gets nothing more. If it
				// has died that is noticed elsewhere.
				batch = nil
			default:
				batch = batch[n:]
			}
		}
		return true
	})
	if err != nil { // the file is closed
		return nil
	}
	return batch
}
