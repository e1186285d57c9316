package dashboard_test

import (
	"context"
	"errors"
	"net/http"
	"strings"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"gset/internal/dashboard"
)

// A viewer has a state at once, and hears of what happens.
func TestAViewerHearsOfWhatHappens(t *testing.T) {
	s := new(source)
	s.happen(dashboard.Message{Kind: "write", Parts: 1}) // nobody watches
	e := watch(t, serve(t, dashboard.Config{Source: s}))
	if u := e.next(); u.State == nil || u.State.At != 1 {
		t.Fatalf("first %+v", u)
	}
	s.happen(dashboard.Message{Kind: "scatter", From: "n2", To: "n1", Count: 1, Parts: 7})
	for {
		u := e.next()
		if u.State != nil {
			continue
		}
		if len(u.Flow.Messages) != 1 || u.Flow.Messages[0].Parts != 7 {
			t.Errorf("%+v", u.Flow)
		}
		break
	}
}

// One who watches beyond the bound is told so, and has room once another has gone.
func TestViewersAreBounded(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		h := dashboard.New(dashboard.Config{Source: new(source), MaxViewers: 2})
		a, b := look(t, h), look(t, h)
		synctest.Wait()
		c := look(t, h)
		synctest.Wait()
		if c.status != http.StatusServiceUnavailable {
			t.Errorf("a third viewer: %d", c.status)
		}
		a.stop()
		synctest.Wait()
		d := look(t, h)
		synctest.Wait()
		if d.status != 0 && d.status != http.StatusOK {
			t.Errorf("a viewer in place of another: %d", d.status)
		}
		h.Close()
		b.done.Wait()
		d.done.Wait()
		e := look(t, h)
		if e.done.Wait(); e.status != http.StatusServiceUnavailable {
			t.Errorf("a viewer of a dashboard that is closed: %d", e.status)
		}
	})
}

// However much happens and however many watch, a viewer gets ten events a second, and the source is asked for a
// state once a second; if nobody watches it is not asked.
func TestEventsAreBounded(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		s := new(source)
		h := dashboard.New(dashboard.Config{Source: s})
		defer h.Close()
		var viewers []*viewer
		for range 5 {
			viewers = append(viewers, look(t, h))
		}
		const seconds = 10
		for range seconds * 1000 {
			s.happen(dashboard.Message{Kind: "gather"})
			time.Sleep(time.Millisecond)
		}
		if n := s.asked(); n < seconds-1 || n > seconds+1 {
			t.Errorf("the source was asked %d times in %d s", n, seconds)
		}
		for _, v := range viewers {
			v.stop()
			v.done.Wait()
			if n := v.events(); n < 9*seconds || n > 10*seconds+1 {
				t.Errorf("a viewer got %d events in %d s", n, seconds)
			}
		}
		time.Sleep(2 * time.Second)
		before := s.asked()
		time.Sleep(time.Minute)
		if n := s.asked(); n != before {
			t.Errorf("the source was asked %d times though nobody watched", n-before)
		}
	})
}

// A viewer that takes nothing skips states, and does not hold up another.
func TestASlowViewerSkipsStates(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		s := new(source)
		h := dashboard.New(dashboard.Config{Source: s})
		defer h.Close()
		quick, slow := look(t, h), look(t, h)
		time.Sleep(time.Millisecond)
		slow.hold()
		for range 100 {
			s.happen(dashboard.Message{Kind: "gather"})
			time.Sleep(100 * time.Millisecond)
		}
		slow.release()
		synctest.Wait()
		if q, n := quick.events(), slow.events(); q < 90 || n > 5 {
			t.Errorf("the quick viewer got %d events, the slow one %d", q, n)
		}
		quick.stop()
		slow.stop()
	})
}

// A viewer to whom nothing can be written is dropped.
func TestAViewerThatHasGoneIsDropped(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		s := new(source)
		h := dashboard.New(dashboard.Config{Source: s})
		defer h.Close()
		v := look(t, h)
		time.Sleep(time.Millisecond)
		v.fail()
		v.done.Wait()
		if d := v.deadline; d.IsZero() || time.Until(d) > 10*time.Second {
			t.Errorf("a write may take until %v", d)
		}
	})
}

// Why there is no state is told, and the stream goes on.
func TestAStateThatCannotBeHadIsAnError(t *testing.T) {
	s := &source{err: errors.New("the node is closed")}
	e := watch(t, serve(t, dashboard.Config{Source: s}))
	if u := e.next(); !strings.Contains(u.Error, "closed") {
		t.Errorf("%+v", u)
	}
	s.mu.Lock()
	s.err = nil
	s.mu.Unlock()
	if u := e.next(); u.State == nil {
		t.Errorf("%+v", u)
	}
}

// viewer is a viewer without a network, for virtual time.
type viewer struct {
	header   http.Header
	done     sync.WaitGroup
	stop     func()
	deadline time.Time

	gate   chan struct{} // has an element unless the viewer takes nothing
	mu     sync.Mutex
	status int
	text   strings.Builder
	broken bool
}

var errGone = errors.New("the viewer has gone")

func look(t *testing.T, h *dashboard.Handler) *viewer {
	v := &viewer{header: http.Header{}, gate: make(chan struct{}, 1)}
	v.release()
	ctx, cancel := context.WithCancel(t.Context())
	v.stop = cancel
	request, err := http.NewRequestWithContext(ctx, http.MethodGet, "/events", nil)
	if err != nil {
		t.Fatal(err)
	}
	v.done.Go(func() { h.ServeHTTP(v, request) })
	return v
}

func (v *viewer) Header() http.Header { return v.header }
func (v *viewer) Flush()              {}
func (v *viewer) WriteHeader(status int) {
	v.mu.Lock()
	defer v.mu.Unlock()
	v.status = status
}

func (v *viewer) SetWriteDeadline(at time.Time) error {
	v.deadline = at
	return nil
}

func (v *viewer) Write(b []byte) (int, error) {
	<-v.gate
	defer v.release()
	v.mu.Lock()
	defer v.mu.Unlock()
	if v.broken {
		return 0, errGone
	}
	return v.text.Write(b)
}

func (v *viewer) hold()    { <-v.gate }
func (v *viewer) release() { v.gate <- struct{}{} }

func (v *viewer) fail() {
	v.mu.Lock()
	defer v.mu.Unlock()
	v.broken = true
}

func (v *viewer) events() int {
	v.mu.Lock()
	defer v.mu.Unlock()
	return strings.Count(v.text.String(), "data: ")
}
