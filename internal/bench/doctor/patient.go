package doctor

import (
	"bufio"
	"bytes"
	"context"
	"errors"
	"fmt"
	"strconv"
	"strings"
	"sync"
	"time"

	"gset/internal/bench/message"
	"gset/internal/bench/network"
	"gset/internal/bench/rawjson"
)

// Bounds on what a node can make the doctor keep.
const (
	maxLine    = 16 << 20 // bytes of a line that it prints
	maxPending = 64 << 20 // bytes that wait for it to read them
	maxKept    = 5        // lines of each kind that are shown
)

// drainTime is how long the doctor reads what a node that has exited left in its pipes: a
// child of the node may hold them open.
const drainTime = 200 * time.Millisecond

// errExited is why nothing can be asked of a node any more.
var errExited = errors.New("it exited")

// errNoise is why the answer to init is not waited for: Maelstrom gives the node up.
var errNoise = errors.New("it printed a line that is no message of its own")

// patient is a process that is examined, and an endpoint of a network.
type patient struct {
	name    string
	net     *network.Network
	program launched
	tells   bool           // the system tells what the process does
	read    sync.WaitGroup // the goroutines that read its output
	exited  context.Context
	exit    context.CancelCauseFunc
	noisy   context.Context // ends with a line that is no message of its own
	noised  context.CancelFunc
	heard   chan struct{} // closed when the first message to it is to be written
	wrote   chan struct{} // closed when nothing more is written to it

	answered string // the client that the node has answered last; the reading goroutine's own

	mu       sync.Mutex
	more     sync.Cond // there is something pending, or the input ends
	pending  []byte
	writing  bool // something that was pending
	ended    bool // nothing more is to be written
	flooded  bool // pending was full once
	padding  int  // bytes that the next message to it is longer by
	messages int  // to it

	status  string // how it exited
	noise   kept   // lines that are no messages
	foreign kept   // messages that claim to be from others
	lost    kept   // messages to nobody
	second  kept   // messages to clients that wait for nothing
	errs    []string
}

// kept is the first lines of a kind, and how many there were.
type kept struct {
	lines []string
	count int
}

func (k *kept) add(line string) {
	if k.count++; len(k.lines) < maxKept {
		k.lines = append(k.lines, line)
	}
}

// start has a process be a node on a network.
func start(net *network.Network, program launched, name string) *patient {
	p := &patient{name: name, net: net, program: program, heard: make(chan struct{}), wrote: make(chan struct{})}
	p.more.L = &p.mu
	p.exited, p.exit = context.WithCancelCause(context.Background())
	p.noisy, p.noised = context.WithCancel(context.Background())
	if program.Activity != nil {
		_, p.tells = program.Activity()
	}
	net.Join(name, p)
	p.read.Go(p.readOutput)
	p.read.Go(p.readErrors)
	go p.write()
	go p.outlive()
	return p
}

// outlive waits until the process has exited and its last words were read.
func (p *patient) outlive() {
	status := p.program.Wait()
	deadline := time.Now().Add(drainTime)
	_ = p.program.Stdout.SetReadDeadline(deadline)
	_ = p.program.Stderr.SetReadDeadline(deadline)
	p.read.Wait()
	p.mu.Lock()
	p.status = status
	p.mu.Unlock()
	p.exit(errExited)
}

// Deliver implements network.Sink.
func (p *patient) Deliver(id int64, src, dest string, body []byte, _ *message.Message) {
	p.mu.Lock()
	defer p.mu.Unlock()
	if p.messages++; p.messages == 1 {
		close(p.heard)
	}
	if len(p.pending)+len(body) > maxPending {
		p.flooded = true
		return
	}
	b := append(p.pending, `{"id":`...)
	b = append(strconv.AppendInt(b, id, 10), `,"src":`...)
	b = append(rawjson.AppendString(b, src), `,"dest":`...)
	b = append(rawjson.AppendString(b, dest), `,"body":`...)
	b = append(append(b, bytes.Repeat([]byte{' '}, p.padding)...), body...)
	p.pending, p.padding = append(b, '}', '\n'), 0
	p.more.Signal()
}

// pad has the next message to the node be longer by some spaces, which mean nothing in JSON.
func (p *patient) pad(bytes int) {
	p.mu.Lock()
	defer p.mu.Unlock()
	p.padding = bytes
}

// write writes what the node is to read, until its input shall end.
func (p *patient) write() {
	defer close(p.wrote)
	for {
		p.mu.Lock()
		for len(p.pending) == 0 && !p.ended {
			p.more.Wait()
		}
		batch := p.pending
		p.pending, p.writing = nil, len(batch) > 0
		p.mu.Unlock()
		if len(batch) == 0 {
			_ = p.program.Stdin.Close()
			return
		}
		// A node that has closed its input, or died, reads nothing more: that shows elsewhere.
		_, _ = p.program.Stdin.Write(batch)
		p.mu.Lock()
		p.writing = false
		p.mu.Unlock()
	}
}

// unwritten tells whether something waits to be written to the node.
func (p *patient) unwritten() bool {
	p.mu.Lock()
	defer p.mu.Unlock()
	return p.writing || len(p.pending) > 0
}

// endInput ends the node's input after what is pending.
func (p *patient) endInput() {
	p.mu.Lock()
	defer p.mu.Unlock()
	p.ended = true
	p.more.Signal()
}

// kill ends the node and waits until it is gone.
func (p *patient) kill() {
	p.program.Kill()
	<-p.exited.Done()
	p.endInput()
	_ = p.program.Stdin.Close() // a write under way fails
	<-p.wrote
	_ = p.program.Stdout.Close()
	_ = p.program.Stderr.Close()
}

func (p *patient) readOutput() {
	lines := bufio.NewScanner(p.program.Stdout)
	lines.Buffer(nil, maxLine)
	var m message.Message
	for lines.Scan() {
		p.take(&m, lines.Bytes())
		p.net.Flush()
	}
	if errors.Is(lines.Err(), bufio.ErrTooLong) {
		p.mu.Lock()
		p.noise.add(fmt.Sprintf("a line that is longer than %d MiB", maxLine>>20))
		p.mu.Unlock()
	}
}

// take sends what the node has printed to where it belongs, or keeps why it cannot be sent.
// Unlike the bench, the doctor goes on to read after that.
func (p *patient) take(m *message.Message, line []byte) {
	if err := m.Parse(line); err != nil {
		p.keep(&p.noise, rawjson.Clip(line))
		p.noised()
		return
	}
	if string(m.Src) != p.name {
		p.keep(&p.foreign, rawjson.Clip(line))
		if !network.IsClient(string(m.Dest)) {
			p.noised()
			return
		}
	}
	if len(m.Trailing) > 0 {
		p.keep(&p.noise, "after a message, on the same line: "+rawjson.Clip(m.Trailing))
	}
	gone := p.net.Lookup(string(m.Dest)) == nil
	switch {
	case network.IsClient(string(m.Dest)):
		// A client asks once, and may not have left yet when it is answered again.
		if gone || string(m.Dest) == p.answered {
			p.keep(&p.second, rawjson.Clip(line))
		} else if m.Field("in_reply_to") != nil {
			p.answered = string(m.Dest)
		}
	case gone:
		p.keep(&p.lost, rawjson.Clip(line))
	}
	if gone {
		return
	}
	m.Src = []byte(p.name) // so that a reply gets through whatever it claims
	if err := p.net.Route(m); err != nil {
		p.keep(&p.lost, rawjson.Clip(line))
	}
}

func (p *patient) keep(k *kept, line string) {
	p.mu.Lock()
	defer p.mu.Unlock()
	k.add(line)
}

// readErrors keeps the last lines of standard error.
func (p *patient) readErrors() {
	in := bufio.NewReader(p.program.Stderr)
	for {
		line, err := in.ReadSlice('\n')
		if text := strings.TrimSpace(rawjson.Clip(line)); text != "" {
			p.mu.Lock()
			p.errs = append(p.errs, text)
			p.errs = p.errs[max(0, len(p.errs)-maxKept):]
			p.mu.Unlock()
		}
		if err != nil && !errors.Is(err, bufio.ErrBufferFull) {
			return
		}
	}
}

// instead is what the node did in place of a reply: noise on standard output, or lines on standard error.
func (p *patient) instead() string {
	p.mu.Lock()
	defer p.mu.Unlock()
	switch {
	case p.noise.count > 0:
		return "; but this on standard output: " + strings.Join(p.noise.lines, "\n")
	case len(p.errs) > 0:
		return "; on standard error:\n" + strings.Join(p.errs, "\n")
	}
	return ""
}

// lastWords says how the node exited, with its last lines of standard error.
func (p *patient) lastWords() string {
	p.mu.Lock()
	defer p.mu.Unlock()
	text := "it exited: " + p.status
	if len(p.errs) > 0 {
		text += "; its last words on standard error:\n" + strings.Join(p.errs, "\n")
	}
	return text
}
