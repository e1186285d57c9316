// Package process runs nodes: it starts programs, writes to their standard input, reads what
// they print, and ends them with all they have started.
package process

import (
	"bytes"
	"fmt"
	"io"
	"os"
	"strings"
	"sync"
	"time"
)

// maxLine bounds a line of a node's standard output, in bytes.
const maxLine = 256 << 20

// clipped is how much of a line that is too long is shown at most.
const clipped = 200

// drainTime is how long the bench goes on reading what a node that has exited
// left in its pipes: forever, if a child of the node holds them open.
const drainTime = 200 * time.Millisecond

// Process is a running node.
type Process struct {
	id         string
	program    *Program // nil before start
	LogFile    *os.File // nil: no log
	pipeStderr bool     // if not, the log file is the node's standard error itself
	events     Events
	writer     *Stdin

	read  sync.WaitGroup // the goroutines that read stdout and stderr
	mu    sync.Mutex     // guards out and errs
	out   lastLines
	errs  lastLines
	ended chan struct{} // closed when the process has exited, been read, and its events been told
}

// Events is told what a process does, by goroutines of its own.
type Events interface {
	// Line takes one line of standard output, which is only good until the
	// call returns. If it returns false no more are read.
	Line(line []byte) bool
	// Unreadable is called when standard output cannot be read any further, though the
	// process may live on: a line was too long, or the operating system failed.
	Unreadable(err error)
	// Pause is called when all lines that have come so far were taken.
	Pause()
	// Logged takes one line of standard error.
	Logged(line []byte)
	// Exited is called once, when the process has exited, with its status and
	// how long it ran.
	Exited(how string, after time.Duration)
}

// New prepares a node. Its standard error will go to logFile, which
// the process owns from now on, and line by line to the events if wantStderr
// is set.
func New(id string, logFile *os.File, wantStderr bool, w *Stdin, events Events) *Process {
	p := &Process{id: id, LogFile: logFile, events: events, writer: w, ended: make(chan struct{})}
	p.pipeStderr = wantStderr || logFile == nil
	return p
}

// Start starts the node. Events may come before it returns. If it fails the
// process is of no more use.
func (p *Process) Start(l Launcher, bin string, args []string) error {
	stderr := p.LogFile
	if p.pipeStderr {
		stderr = nil
	}
	var err error
	if p.program, err = l.Launch(bin, args, stderr); err != nil {
		if p.LogFile != nil {
			_ = p.LogFile.Close()
		}
		return fmt.Errorf("cannot start node %s: %w", p.id, err)
	}
	started := time.Now()
	p.writer.start(p.program.Stdin)
	p.read.Go(p.readStdout)
	if p.program.Stderr != nil {
		p.read.Go(p.readStderr)
	}
	go p.await(started)
	return nil
}

// await waits until the node has exited and what it said was read.
func (p *Process) await(started time.Time) {
	status := p.program.Wait()
	ran := time.Since(started)
	// What it printed last explains why it died.
	hurry(p.program.Stdout, drainTime)
	if p.program.Stderr != nil {
		hurry(p.program.Stderr, drainTime)
	}
	p.read.Wait()
	p.events.Exited(status, ran)
	close(p.ended)
}

// Kill ends the node and all processes it has started, and waits until it is
// gone.
func (p *Process) Kill() {
	p.program.Kill()
	<-p.ended
	p.writer.stop()
	_ = p.program.Stdout.Close()
	if p.program.Stderr != nil {
		_ = p.program.Stderr.Close()
	}
	if p.LogFile != nil {
		_ = p.LogFile.Close()
	}
}

// Activity looks at what the node does now; false if the system does not tell.
func (p *Process) Activity() (Activity, bool) {
	if p.program.Activity == nil {
		return Activity{}, false
	}
	return p.program.Activity()
}

// Suspend stops the node, and all processes it has started, until Resume, or Kill.
func (p *Process) Suspend() { p.program.Suspend() }

// Resume lets a suspended node go on. It does nothing to one that was not suspended.
func (p *Process) Resume() { p.program.Resume() }

func (p *Process) readStdout() {
	take := func(line []byte) bool {
		p.mu.Lock()
		p.out.add(line)
		p.mu.Unlock()
		return p.events.Line(line)
	}
	err := readLines(p.program.Stdout, maxLine, func(line []byte) bool {
		// To Java's readers, and so to Maelstrom, a carriage return ends a line by itself.
		for {
			first, rest, more := bytes.Cut(line, []byte{'\r'})
			if !take(first) {
				return false
			}
			if !more {
				return true
			}
			line = rest
		}
	}, p.events.Pause)
	if err != nil {
		p.events.Unreadable(err)
	}
}

func (p *Process) readStderr() {
	_ = readLines(p.program.Stderr, maxLine, func(line []byte) bool {
		p.mu.Lock()
		p.errs.add(line)
		p.mu.Unlock()
		if p.LogFile != nil {
			_, _ = p.LogFile.Write(append(line, '\n')) // the line's own end is there to be overwritten
		}
		p.events.Logged(line)
		return true
	}, func() {})
}

// LastOutput returns the last lines of standard output and error.
func (p *Process) LastOutput() (stdout, stderr string) {
	p.mu.Lock()
	defer p.mu.Unlock()
	if p.pipeStderr {
		return p.out.text(), p.errs.text()
	}
	return p.out.text(), tail(p.LogFile.Name(), debugLines)
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
