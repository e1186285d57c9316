package squall

import (
	"bytes"
	"errors"
	"fmt"
	"io"
	"os"
	"strings"
	"sync"
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
	program    *program // nil before start
	logFile    *os.File // nil: no log
	pipeStderr bool     // if not, the log file is the node's standard error itself
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

// newProcess prepares a node. Its standard error will go to logFile, which
// the process owns from now on, and line by line to the events if wantStderr
// is set.
func newProcess(id string, logFile *os.File, wantStderr bool, w *stdinWriter, events processEvents) *process {
	p := &process{id: id, logFile: logFile, events: events, writer: w, ended: make(chan struct{})}
	p.pipeStderr = wantStderr || logFile == nil
	return p
}

// start starts the node. Events may come before it returns. If it fails the
// process is of no more use.
func (p *process) start(l launcher, bin string, args []string) error {
	stderr := p.logFile
	if p.pipeStderr {
		stderr = nil
	}
	var err error
	if p.program, err = l.launch(bin, args, stderr); err != nil {
		if p.logFile != nil {
			_ = p.logFile.Close()
		}
		return fmt.Errorf("cannot start node %s: %w", p.id, err)
	}
	started := time.Now()
	p.writer.start(p.program.stdin)
	p.read.Go(p.readStdout)
	if p.program.stderr != nil {
		p.read.Go(p.readStderr)
	}
	go p.await(started)
	return nil
}

// await waits until the node has exited and what it said was read.
func (p *process) await(started time.Time) {
	status := p.program.wait()
	ran := time.Since(started)
	// What it printed last explains why it died.
	deadline := time.Now().Add(drainTime)
	_ = p.program.stdout.SetReadDeadline(deadline)
	if p.program.stderr != nil {
		_ = p.program.stderr.SetReadDeadline(deadline)
	}
	p.read.Wait()
	p.events.exited(status, ran)
	close(p.ended)
}

// kill ends the node and all processes it has started, and waits until it is
// gone.
func (p *process) kill() {
	p.program.kill()
	<-p.ended
	p.writer.stop()
	_ = p.program.stdout.Close()
	if p.program.stderr != nil {
		_ = p.program.stderr.Close()
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
	err := readLines(p.program.stdout, func(line []byte) bool {
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
	_ = readLines(p.program.stderr, func(line []byte) bool {
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
