package bench

import (
	"errors"
	"fmt"
	"os"
	"sync/atomic"
	"time"

	"gset/internal/bench/message"
	"gset/internal/bench/network"
	"gset/internal/bench/process"
	"gset/internal/bench/rawjson"
	"gset/internal/bench/report"
)

// life is one process of a node, from its start until it exits or is killed. It is what the
// network delivers the node's messages to, and is told what the process does.
type life struct {
	*cluster
	name    string
	process *process.Process // nil unless it was started
	writer  *process.Stdin
	settled atomic.Bool // setup is over: whoever prints nonsense is muted, and no longer ends the test
	killed  atomic.Bool // by the nemesis, or at the end of the test

	// The reading goroutine's own.
	msg      message.Message
	trailing bool // has been complained about
}

// newLife makes a life of the node with a name. What arrives before its process runs is kept
// for it.
func (c *cluster) newLife(name string) *life {
	return &life{cluster: c, name: name, writer: process.NewStdin(&c.bench.dirty)}
}

// Deliver implements network.Sink.
func (l *life) Deliver(id int64, src, dest string, body []byte, _ *message.Message) {
	l.writer.Message(id, src, dest, body)
}

// launch starts the process. Each process of a node is started alike, and adds to the same log.
func (l *life) launch() error {
	var logFile *os.File
	if s := l.bench.store; s != nil {
		var err error
		logFile, err = os.OpenFile(s.NodeLog(l.name), os.O_CREATE|os.O_WRONLY|os.O_APPEND, 0o666)
		if err != nil {
			return fmt.Errorf("cannot make the log of node %s: %w", l.name, err)
		}
	}
	o := l.bench.opts
	l.process = process.New(l.name, logFile, o.LogStderr, l.writer, l)
	if err := l.process.Start(l.launcher, o.Bin, o.Args); err != nil {
		l.process = nil
		return err
	}
	return nil
}

// fault makes an error of what the process did, with its last lines.
func (l *life) fault(reason string) *NodeError {
	e := &NodeError{Node: l.name, Reason: reason, At: l.bench.net.Now()}
	if p := l.process; p != nil {
		e.Stdout, e.Stderr = p.LastOutput()
		if p.LogFile != nil {
			e.LogFile = p.LogFile.Name()
		}
	}
	return e
}

// Line implements process.Events: it sends what the process has printed.
func (l *life) Line(line []byte) bool {
	err := l.msg.Parse(line)
	if err == nil {
		if rest := l.msg.Trailing; len(rest) > 0 && !l.trailing {
			l.trailing = true
			l.bench.say("node %s printed more than a message on a line; this was ignored: %s (and further lines like it)", l.name, rawjson.Clip(rest))
		}
		err = l.bench.net.Route(&l.msg)
		if err != nil {
			err = fmt.Errorf("%w; the line: %s", err, rawjson.Clip(line))
		}
	}
	if err != nil {
		var absent *network.AbsentError
		l.mute(err, errors.As(err, &absent) && absent.End == "dest" && absent.Left && l.msg.Field("in_reply_to") != nil)
	}
	return err == nil
}

// Unreadable implements process.Events.
func (l *life) Unreadable(err error) { l.mute(err, false) }

// mute notes that nothing more is taken from the process, because of an error: of a reply, late
// says, that came when its client had left. Before the process is set up that ends the test.
func (l *life) mute(err error, late bool) {
	if l.stopping.Load() || l.killed.Load() {
		return // it was killed in the middle of a line
	}
	if !l.settled.Load() {
		l.fail(l.fault("failed before it was set up: " + err.Error()))
		return
	}
	// Maelstrom's reader of this node's output would die of this: the node
	// would live on, and be sent messages, but none of its own be taken.
	stdout, stderr := l.process.LastOutput()
	l.mu.Lock()
	l.faults = append(l.faults, report.NodeFault{Node: l.name, At: l.bench.net.Now(), Err: err, Late: late, Stderr: stderr})
	l.mu.Unlock()
	l.bench.say("node %s: %v\nNothing more is taken from node %s, as Maelstrom would do.\n\n"+
		"The last lines of its standard output:\n\n%s\nand of its standard error:\n\n%s", l.name, err, l.name, OrNone(stdout), OrNone(stderr))
}

// Pause implements process.Events.
func (l *life) Pause() { l.bench.net.Flush() }

// Logged implements process.Events.
func (l *life) Logged(line []byte) {
	if l.bench.opts.LogStderr {
		l.bench.say("%s stderr: %s", l.name, line)
	}
}

// Exited implements process.Events: a node that exits on its own ends the test.
func (l *life) Exited(how string, after time.Duration) {
	if l.stopping.Load() || l.killed.Load() && how == process.Killed {
		return
	}
	err := l.fault(fmt.Sprintf("exited before the test was over, %.3f s after its start: %s", after.Seconds(), how))
	err.Exit = how
	l.mu.Lock()
	if l.firstExit == nil {
		l.firstExit = err
	}
	l.mu.Unlock()
	l.fail(err)
}
