package dashboard

import (
	"bytes"
	"context"
	"encoding/json"
	"fmt"
	"net/http"
	"sync"
	"time"
)

// stream is all viewers of a dashboard. While there are any, one goroutine asks the Source and hands
// each event to all of them.
type stream struct {
	source Source
	max    int
	ctx    context.Context // ends with close
	cancel context.CancelFunc

	mu      sync.Mutex
	viewers map[*viewer]struct{}
	asking  bool           // there is a goroutine that asks the Source
	state   []byte         // the latest event that has a state; nil while nobody watches
	running sync.WaitGroup // the goroutine
}

// viewer is a mailbox: what it has not written yet is replaced by what comes later.
type viewer struct {
	ready chan struct{} // has an element if there is something to write
	state []byte        // guarded by stream.mu, like flow
	flow  []byte
}

// take returns what is to be written next, nil if nothing is.
func (s *stream) take(v *viewer) []byte {
	s.mu.Lock()
	defer s.mu.Unlock()
	event := v.state
	if v.state = nil; event == nil {
		event, v.flow = v.flow, nil
	}
	return event
}

// put puts an event into a viewer's mailbox. The caller holds the lock.
func (v *viewer) put(event []byte, isState bool) {
	if isState {
		v.state, v.flow = event, nil
	} else {
		v.flow = event
	}
	select {
	case v.ready <- struct{}{}:
	default:
	}
}

// join adds a viewer, nil if there are too many or the stream is closed.
func (s *stream) join() *viewer {
	s.mu.Lock()
	defer s.mu.Unlock()
	if len(s.viewers) >= s.max || s.ctx.Err() != nil {
		return nil
	}
	v := &viewer{ready: make(chan struct{}, 1)}
	if s.viewers == nil {
		s.viewers = map[*viewer]struct{}{}
	}
	s.viewers[v] = struct{}{}
	if s.state != nil {
		v.put(s.state, true)
	}
	if !s.asking {
		s.asking = true
		s.running.Go(s.run)
	}
	return v
}

func (s *stream) leave(v *viewer) {
	s.mu.Lock()
	defer s.mu.Unlock()
	delete(s.viewers, v)
}

func (s *stream) close() {
	s.mu.Lock()
	s.cancel()
	s.mu.Unlock()
	s.running.Wait()
}

// serve writes events to a viewer until it goes, or takes nothing for long, or the stream is closed.
func (s *stream) serve(w http.ResponseWriter, r *http.Request) {
	if r.Method == http.MethodHead {
		w.Header().Set("Content-Type", "text/event-stream")
		return
	}
	v := s.join()
	if v == nil {
		w.Header().Set("Retry-After", "5")
		http.Error(w, "too many people watch this node", http.StatusServiceUnavailable)
		return
	}
	defer s.leave(v)
	w.Header().Set("Content-Type", "text/event-stream")
	w.Header().Set("Cache-Control", "no-store")
	w.Header().Set("X-Accel-Buffering", "no") // for proxies
	control := http.NewResponseController(w)
	if write(w, control, []byte("retry: 1000\n\n")) != nil {
		return
	}
	for {
		select {
		case <-v.ready:
		case <-r.Context().Done():
			return
		case <-s.ctx.Done():
			return
		}
		for event := s.take(v); event != nil; event = s.take(v) {
			if write(w, control, event) != nil {
				return
			}
		}
	}
}

// write writes some bytes at once, within a time.
func write(w http.ResponseWriter, control *http.ResponseController, event []byte) error {
	_ = control.SetWriteDeadline(time.Now().Add(patience)) // without deadlines the system's own counts
	if _, err := w.Write(event); err != nil {
		return err
	}
	return control.Flush()
}

// run asks the Source and hands out events, until the last viewer has gone.
func (s *stream) run() {
	tick := time.NewTicker(interval)
	defer tick.Stop()
	s.source.Flow() // of a time when nobody watched
	for due := time.Now(); ; {
		now := time.Now()
		isState := !now.Before(due)
		var event []byte
		if isState {
			due = now.Add(refresh)
			event = encode(s.ask())
		} else if flow := s.source.Flow(); len(flow.Messages) > 0 {
			event = encode(Update{Flow: &flow})
		}
		if !s.deliver(event, isState) {
			return
		}
		select {
		case <-tick.C:
		case <-s.ctx.Done():
		}
	}
}

// ask returns an update with a state.
func (s *stream) ask() Update {
	ctx, cancel := context.WithTimeout(s.ctx, patience)
	defer cancel()
	state, err := s.source.State(ctx)
	if err != nil {
		return Update{Error: err.Error()}
	}
	state.fill()
	return Update{State: &state}
}

// deliver hands an event to all viewers. It reports whether there are any.
func (s *stream) deliver(event []byte, isState bool) bool {
	s.mu.Lock()
	defer s.mu.Unlock()
	if len(s.viewers) == 0 || s.ctx.Err() != nil {
		s.asking, s.state = false, nil
		return false
	}
	if isState {
		s.state = event
	}
	if event != nil {
		for v := range s.viewers {
			v.put(event, isState)
		}
	}
	return true
}

// encode returns an event's text. JSON has no line breaks.
func encode(u Update) []byte {
	var b bytes.Buffer
	b.WriteString("data: ")
	if err := json.NewEncoder(&b).Encode(u); err != nil { // ends with a line break
		b.Reset()
		text, _ := json.Marshal(Update{Error: err.Error()}) // a text always has a form
		fmt.Fprintf(&b, "data: %s\n", text)
	}
	b.WriteByte('\n')
	return b.Bytes()
}
