package squall

import (
	"bytes"
	"errors"
	"fmt"
	"io"
	"os"
	"os/exec"
	"runtime"
	"strings"
	"sync"
	"syscall"
	"time"
)

// maxLine bounds a line of a node's standard output, in bytes.
const maxLine = 256 << 20

// drainTime is how long the bench goes on reading what a node that has exited
// left in its pipes: forever, if a child of the node holds them open.
const drainTime = 200 * time.Millisecond

// process is a running node.
type process struct {
	id         string
	cmd        *exec.Cmd
	stdin      *os.File
	stdout     *os.File
	stderr     *os.File // read end of a pipe, or nil: the log file is the node's stderr itself
	logFile    *os.File // nil: no log
	pipeStderr bool
	events     processEvents
	writer     *stdinWriter

	read  sync.WaitGroup // the goroutines that read stdout and stderr
	mu    sync.Mutex     // guards out and errs
	out   lastLines
	errs  lastLines
	ended chan struct{} // closed when the process has exited, been read, and its events been told
}

// processEvents is told what a process does, by goroutines of its own.
type processEvents interface {
	// line takes one line of standard output, which is only good until the
	// call returns. If it returns false no more are read.
	line(line []byte) bool
	// pause is called when all lines that have come so far were taken.
	pause()
	// logged takes one line of standard error.
	logged(line []byte)
	// exited is called once, when the process has exited, with its status and
	// how long it ran.
	exited(how string, after time.Duration)
}

// spawner starts processes that die with the bench. Linux ties the death
// signal to the thread that forked, so one thread does all the forking and
// lives as long as the spawner.
type spawner struct {
	jobs chan func()
}

func newSpawner() *spawner {
	s := &spawner{jobs: make(chan func())}
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
	s.jobs <- func() { result <- cmd.Start() }
	return <-result
}

func (s *spawner) close() { close(s.jobs) }

// newProcess prepares a node. Its standard error will go to logFile, which
// the process owns from now on, and line by line to the events if wantStderr
// is set.
func newProcess(id, bin string, args []string, logFile *os.File, wantStderr bool, w *stdinWriter, events processEvents) *process {
	p := &process{id: id, logFile: logFile, events: events, writer: w, ended: make(chan struct{})}
	p.pipeStderr = wantStderr || logFile == nil
	p.cmd = exec.Command(bin, args...)
	p.cmd.Dir = os.TempDir()
	p.cmd.SysProcAttr = childAttributes()
	return p
}

// start starts the node in the system's temporary directory. Events may come
// before it returns. If it fails the process is of no more use.
func (p *process) start(s *spawner) error {
	var theirs []*os.File // the node's ends of the pipes
	closeAll := func(files ...*os.File) {
		for _, f := range files {
			if f != nil {
				_ = f.Close()
			}
		}
	}
	fail := func(err error) error {
		closeAll(theirs...)
		closeAll(p.stdin, p.stdout, p.stderr, p.logFile)
		return fmt.Errorf("cannot start node %s: %w", p.id, err)
	}
	in, stdin, err := os.Pipe()
	if err != nil {
		return fail(err)
	}
	theirs, p.stdin, p.cmd.Stdin = append(theirs, in), stdin, in
	stdout, out, err := os.Pipe()
	if err != nil {
		return fail(err)
	}
	theirs, p.stdout, p.cmd.Stdout = append(theirs, out), stdout, out
	if p.pipeStderr {
		stderr, errs, err := os.Pipe()
		if err != nil {
			return fail(err)
		}
		theirs, p.stderr, p.cmd.Stderr = append(theirs, errs), stderr, errs
	} else {
		p.cmd.Stderr = p.logFile
	}
	if err := s.start(p.cmd); err != nil {
		switch {
		case errors.Is(err, syscall.ENOEXEC):
			err = fmt.Errorf("%w (a script must begin with a line such as #!/usr/bin/env python3)", err)
		case errors.Is(err, syscall.ENOENT):
			// The file itself has been looked for before.
			err = fmt.Errorf("%w (does what runs it exist, such as the interpreter that its first line names?)", err)
		}
		return fail(err)
	}
	closeAll(theirs...)
	started := time.Now()

	if err := p.writer.start(p.stdin); err != nil {
		killGroup(p.cmd.Process.Pid)
		_ = p.cmd.Wait() // killed
		return fail(err)
	}
	p.read.Add(1)
	go p.readStdout()
	if p.stderr != nil {
		p.read.Add(1)
		go p.readStderr()
	}
	go func() {
		_ = p.cmd.Wait() // the state says it all
		ran := time.Since(started)
		// What it printed last explains why it died.
		deadline := time.Now().Add(drainTime)
		_ = p.stdout.SetReadDeadline(deadline)
		if p.stderr != nil {
			_ = p.stderr.SetReadDeadline(deadline)
		}
		p.read.Wait()
		p.events.exited(p.cmd.ProcessState.String(), ran)
		close(p.ended)
	}()
	return nil
}

// kill ends the process and all others of its group, and waits until it is
// gone.
func (p *process) kill() {
	killGroup(p.cmd.Process.Pid)
	<-p.ended
	p.writer.stop()
	_ = p.stdout.Close()
	if p.stderr != nil {
		_ = p.stderr.Close()
	}
	if p.logFile != nil {
		_ = p.logFile.Close()
	}
}

// readLines splits what r delivers into lines, without their ends, until r
// ends or take returns false. The last line need not have an end. pause is
// called when all that r delivered was taken, before more is read.
func readLines(r io.Reader, take func(line []byte) bool, pause func()) error {
	buf := make([]byte, 64<<10)
	start, end := 0, 0 // what has been read and not taken
	for {
		n, err := r.Read(buf[end:])
		fresh := end // no line ends before it
		end += n
		for {
			i := bytes.IndexByte(buf[fresh:end], '\n')
			if i < 0 {
				break
			}
			line := bytes.TrimSuffix(buf[start:fresh+i], []byte{'\r'})
			start = fresh + i + 1
			fresh = start
			if !take(line) {
				pause()
				return nil
			}
		}
		if err != nil && start < end {
			take(buf[start:end])
		}
		pause()
		if err != nil {
			if errors.Is(err, io.EOF) || errors.Is(err, os.ErrDeadlineExceeded) || errors.Is(err, os.ErrClosed) {
				return nil
			}
			return err
		}
		switch {
		case start == end:
			start, end = 0, 0
		case end < len(buf):
		case start > 0:
			end = copy(buf, buf[start:end])
			start = 0
		case len(buf) >= maxLine:
			return fmt.Errorf("a line is longer than %d bytes", maxLine)
		default:
			grown := make([]byte, 2*len(buf))
			end = copy(grown, buf[:end])
			buf = grown
		}
	}
}

func (p *process) readStdout() {
	defer p.read.Done()
	err := readLines(p.stdout, func(line []byte) bool {
		p.mu.Lock()
		p.out.add(line)
		p.mu.Unlock()
		return p.events.line(line)
	}, p.events.pause)
	if err != nil {
		p.events.logged(fmt.Appendf(nil, "squall: cannot read the node's standard output: %v", err))
	}
}

func (p *process) readStderr() {
	defer p.read.Done()
	_ = readLines(p.stderr, func(line []byte) bool {
		p.mu.Lock()
		p.errs.add(line)
		p.mu.Unlock()
		if p.logFile != nil {
			_, _ = p.logFile.Write(append(line, '\n')) // the line's own end is there to be overwritten
		}
		p.events.logged(line)
		return true
	}, func() {})
}

// lastOutput returns the last lines of standard output and error.
func (p *process) lastOutput() (stdout, stderr string) {
	p.mu.Lock()
	defer p.mu.Unlock()
	if p.pipeStderr {
		return p.out.text(), p.errs.text()
	}
	return p.out.text(), tail(p.logFile.Name(), debugLines)
}

// tail returns the last lines of a file, up to 64 KiB of them.
func tail(name string, lines int) string {
	f, err := os.Open(name)
	if err != nil {
		return fmt.Sprintf("(cannot read them: %v)\n", err)
	}
	defer f.Close()
	const most = 64 << 10
	if info, err := f.Stat(); err == nil && info.Size() > most {
		_, _ = f.Seek(-most, io.SeekEnd)
	}
	text, err := io.ReadAll(f)
	if err != nil {
		return fmt.Sprintf("(cannot read them: %v)\n", err)
	}
	all := strings.Split(strings.TrimSuffix(string(text), "\n"), "\n")
	if len(text) == 0 {
		return ""
	}
	return strings.Join(all[max(0, len(all)-lines):], "\n") + "\n"
}
