package squall

import (
	"errors"
	"os"
	"strconv"
	"sync"
	"syscall"
)

// stdinWriter collects what a node is to read and writes it, everything that
// has collected in one go. Whoever adds to it never waits for the node: what
// does not fit the pipe is left to a goroutine.
type stdinWriter struct {
	dirty *dirtyWriters

	mu       sync.Mutex
	file     *os.File // nil before start
	conn     syscall.RawConn
	pending  []byte
	spare    []byte
	queued   bool // on the dirty list
	writing  bool // by someone, who will also write what is added meanwhile
	stopped  bool
	leftover chan []byte   // what did not fit the pipe, for the goroutine
	done     chan struct{} // closed when stopped
}

// dirtyWriters are those that have something to write. The zero value is
// empty.
type dirtyWriters struct {
	mu   sync.Mutex
	list []*stdinWriter
}

func newStdinWriter(d *dirtyWriters) *stdinWriter {
	return &stdinWriter{dirty: d, leftover: make(chan []byte, 1), done: make(chan struct{})}
}

// start begins to write what has collected, and will, to file, which must not
// block.
func (w *stdinWriter) start(file *os.File) error {
	conn, err := file.SyscallConn()
	if err != nil {
		return err
	}
	w.mu.Lock()
	w.file, w.conn = file, conn
	w.mu.Unlock()
	go w.writeLeftovers()
	w.flush()
	return nil
}

// message adds a message. It is written with the next flush of the dirty
// writers.
func (w *stdinWriter) message(id int64, src, dest string, body []byte) {
	w.mu.Lock()
	b := append(w.pending, `{"id":`...)
	b = strconv.AppendInt(b, id, 10)
	b = append(b, `,"src":`...)
	b = appendJSONString(b, src)
	b = append(b, `,"dest":`...)
	b = appendJSONString(b, dest)
	b = append(b, `,"body":`...)
	b = append(b, body...)
	w.pending = append(b, '}', '\n')
	first := !w.queued
	w.queued = true
	w.mu.Unlock()
	if first {
		w.dirty.mu.Lock()
		w.dirty.list = append(w.dirty.list, w)
		w.dirty.mu.Unlock()
	}
}

// flush writes what has been added to any writer.
func (d *dirtyWriters) flush() {
	for {
		d.mu.Lock()
		last := len(d.list) - 1
		if last < 0 {
			d.mu.Unlock()
			return
		}
		w := d.list[last]
		d.list = d.list[:last]
		d.mu.Unlock()
		w.flush()
	}
}

// flush writes what has been added, as far as the node takes it.
func (w *stdinWriter) flush() {
	w.mu.Lock()
	defer w.mu.Unlock()
	w.queued = false
	if w.writing || w.conn == nil {
		return
	}
	w.writing = true
	for len(w.pending) > 0 && !w.stopped {
		batch := w.pending
		w.pending = w.spare[:0]
		w.mu.Unlock()
		rest := w.write(batch)
		w.mu.Lock()
		if len(rest) > 0 {
			w.spare = nil
			w.leftover <- rest // never full: we are the only ones writing
			return             // and still are, until that is written
		}
		w.spare = batch
	}
	w.writing = false
}

// write writes what the pipe takes now and returns the rest.
func (w *stdinWriter) write(batch []byte) []byte {
	err := w.conn.Write(func(fd uintptr) bool {
		for len(batch) > 0 {
			n, err := syscall.Write(int(fd), batch)
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

// writeLeftovers writes what did not fit the pipe, waiting for the node.
func (w *stdinWriter) writeLeftovers() {
	for {
		select {
		case rest := <-w.leftover:
			_, _ = w.file.Write(rest) // for an error see write
			w.mu.Lock()
			w.writing = false
			w.mu.Unlock()
			w.flush()
		case <-w.done:
			return
		}
	}
}

// stop ends the writer and closes the node's standard input. Nothing is
// written from then on.
func (w *stdinWriter) stop() {
	w.mu.Lock()
	defer w.mu.Unlock()
	w.stopped = true
	_ = w.file.Close() // a write under way fails
	close(w.done)
}
