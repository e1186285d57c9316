package squall

import (
	"os"
	"strconv"
	"sync"
)

// stdinWriter collects what a node is to read and writes it as fast as the
// node takes it, everything that has collected in one go. Whoever adds to it
// never waits for the node.
type stdinWriter struct {
	file *os.File

	mu      sync.Mutex
	more    sync.Cond
	pending []byte
	stopped bool
}

func newStdinWriter() *stdinWriter {
	w := &stdinWriter{}
	w.more.L = &w.mu
	return w
}

// start begins to write what has collected, and will, to file.
func (w *stdinWriter) start(file *os.File) {
	w.file = file
	go w.run()
}

// message adds a message.
func (w *stdinWriter) message(id int64, src, dest string, body []byte) {
	w.mu.Lock()
	b := w.pending
	first := len(b) == 0
	b = append(b, `{"id":`...)
	b = strconv.AppendInt(b, id, 10)
	b = append(b, `,"src":`...)
	b = appendJSONString(b, src)
	b = append(b, `,"dest":`...)
	b = appendJSONString(b, dest)
	b = append(b, `,"body":`...)
	b = append(b, body...)
	w.pending = append(b, '}', '\n')
	w.mu.Unlock()
	if first {
		w.more.Signal()
	}
}

// stop ends the writer and closes the node's standard input.
func (w *stdinWriter) stop() {
	w.mu.Lock()
	w.stopped = true
	w.mu.Unlock()
	w.more.Signal()
	_ = w.file.Close() // a write under way fails
}

func (w *stdinWriter) run() {
	var batch []byte
	for {
		w.mu.Lock()
		for len(w.pending) == 0 && !w.stopped {
			w.more.Wait()
		}
		if w.stopped {
			w.mu.Unlock()
			return
		}
		batch, w.pending = w.pending, batch[:0]
		w.mu.Unlock()
		// A node that has closed its input gets nothing more. If it has died
		// that is noticed elsewhere.
		_, _ = w.file.Write(batch)
	}
}
