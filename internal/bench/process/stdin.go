package process

import (
	"strconv"
	"sync"

	"gset/internal/bench/rawjson"
)

// Stdin collects what a node is to read and writes it, everything that
// has collected in one go. Whoever adds to it never waits for the node: what
// does not fit the pipe is left to a goroutine.
type Stdin struct {
	dirty *Dirty

	mu       sync.Mutex
	to       Inlet // nil before start
	pending  []byte
	spare    []byte
	queued   bool // on the dirty list
	writing  bool // by someone, who will also write what is added meanwhile
	stopped  bool
	leftover chan []byte   // what did not fit the pipe, for the goroutine
	done     chan struct{} // closed when stopped
}

// Dirty are those that have something to write. The zero value is
// empty.
type Dirty struct {
	mu   sync.Mutex
	list []*Stdin
}

// NewStdin makes an input for a node that does not run yet. It goes on d whenever it has
// something to write.
func NewStdin(d *Dirty) *Stdin {
	return &Stdin{dirty: d, leftover: make(chan []byte, 1), done: make(chan struct{})}
}

// start begins to write what has collected, and will.
func (w *Stdin) start(to Inlet) {
	w.mu.Lock()
	w.to = to
	w.mu.Unlock()
	go w.writeLeftovers()
	w.flush()
}

// Message adds a message. It is written with the next flush of the dirty
// writers.
func (w *Stdin) Message(id int64, src, dest string, body []byte) {
	w.mu.Lock()
	b := append(w.pending, `{"id":`...)
	b = strconv.AppendInt(b, id, 10)
	b = append(b, `,"src":`...)
	b = rawjson.AppendString(b, src)
	b = append(b, `,"dest":`...)
	b = rawjson.AppendString(b, dest)
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

// Flush writes what has been added to any writer.
func (d *Dirty) Flush() {
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
func (w *Stdin) flush() {
	w.mu.Lock()
	defer w.mu.Unlock()
	w.queued = false
	if w.writing || w.to == nil {
		return
	}
	w.writing = true
	for len(w.pending) > 0 && !w.stopped {
		batch := w.pending
		w.pending = w.spare[:0]
		w.mu.Unlock()
		rest := w.to.Offer(batch)
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

// writeLeftovers writes what did not fit the pipe, waiting for the node.
func (w *Stdin) writeLeftovers() {
	for {
		select {
		case rest := <-w.leftover:
			_, _ = w.to.Write(rest) // for an error see offer
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
func (w *Stdin) stop() {
	w.mu.Lock()
	defer w.mu.Unlock()
	w.stopped = true
	_ = w.to.Close() // a write under way fails
	close(w.done)
}
