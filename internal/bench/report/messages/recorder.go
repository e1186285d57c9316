package messages

import (
	"errors"
	"sync"
)

// Bounds of a batch: what a [Recorder] hands on at a time.
const (
	batchMessages = 512
	batchBytes    = 256 << 10
	batchesWait   = 8 // full batches that may wait
)

// A Recorder takes messages from many goroutines and hands them to listeners in one
// goroutine of its own, in the order taken: whoever carries a message pays for a copy of
// its body and no more. It holds a few megabytes at most; if the listeners fall behind,
// Add waits for them. All methods are safe for concurrent use.
type Recorder struct {
	mu     sync.Mutex
	now    *batch
	closed bool

	full      chan *batch
	empty     chan *batch
	done      chan struct{}
	listeners []func(*Message) error
	err       error // of the listeners, once done is closed
}

// batch is messages whose bodies lie in one piece of memory.
type batch struct {
	messages []Message
	ends     []int // of their bodies in bytes
	bytes    []byte
}

// NewRecorder starts a recorder. A listener must keep neither the message nor its body.
// One that returns an error is not called again; [Recorder.Close] returns the error.
func NewRecorder(listeners ...func(*Message) error) *Recorder {
	r := &Recorder{
		now:       new(batch),
		full:      make(chan *batch, batchesWait),
		empty:     make(chan *batch, batchesWait+1),
		done:      make(chan struct{}),
		listeners: listeners,
	}
	go r.hand()
	return r
}

// Add takes a message and a copy of its body. After Close it does nothing.
func (r *Recorder) Add(m *Message) {
	r.mu.Lock()
	defer r.mu.Unlock()
	if r.closed {
		return
	}
	b := r.now
	b.messages = append(b.messages, *m)
	b.bytes = append(b.bytes, m.Body...)
	b.ends = append(b.ends, len(b.bytes))
	if len(b.messages) < batchMessages && len(b.bytes) < batchBytes {
		return
	}
	r.full <- b
	select {
	case r.now = <-r.empty:
	default:
		r.now = new(batch)
	}
}

// Close waits until the listeners have had every message, and returns their errors.
func (r *Recorder) Close() error {
	r.mu.Lock()
	if !r.closed {
		r.closed = true
		r.full <- r.now
		close(r.full)
	}
	r.mu.Unlock()
	<-r.done
	return r.err
}

// hand hands batches to the listeners until there are no more.
func (r *Recorder) hand() {
	defer close(r.done)
	for b := range r.full {
		start := 0
		for i := range b.messages {
			m := &b.messages[i]
			m.Body = b.bytes[start:b.ends[i]:b.ends[i]]
			start = b.ends[i]
			r.tell(m)
		}
		clear(b.messages)
		b.messages, b.ends, b.bytes = b.messages[:0], b.ends[:0], b.bytes[:0]
		if cap(b.bytes) > 4*batchBytes { // a huge body was in it
			b.bytes = nil
		}
		select {
		case r.empty <- b:
		default:
		}
	}
}

func (r *Recorder) tell(m *Message) {
	for i, listen := range r.listeners {
		if listen == nil {
			continue
		}
		if err := listen(m); err != nil {
			r.listeners[i] = nil
			r.err = errors.Join(r.err, err)
		}
	}
}
