package dashboard_test

import (
	"bufio"
	"context"
	"encoding/json"
	"errors"
	"net/http"
	"net/http/httptest"
	"strings"
	"sync"
	"testing"

	"gset/internal/dashboard"

	"go.uber.org/goleak"
)

func TestMain(m *testing.M) { goleak.VerifyTestMain(m) }

// source is a Source that counts what it is asked.
type source struct {
	mu     sync.Mutex
	state  dashboard.State
	err    error
	flow   []dashboard.Message
	states int
	find   func(ctx context.Context, q dashboard.Query) (dashboard.Found, error)
}

func (s *source) State(context.Context) (dashboard.State, error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.states++
	s.state.At = int64(s.states)
	return s.state, s.err
}

func (s *source) Flow() (f dashboard.Flow) {
	s.mu.Lock()
	defer s.mu.Unlock()
	f.Messages, s.flow = s.flow, nil
	return f
}

func (s *source) Find(ctx context.Context, q dashboard.Query) (dashboard.Found, error) {
	if s.find == nil {
		return dashboard.Found{}, errors.New("nothing to be found")
	}
	return s.find(ctx, q)
}

func (s *source) asked() int {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.states
}

func (s *source) happen(m ...dashboard.Message) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.flow = append(s.flow, m...)
}

// serve serves a dashboard until the test is over.
func serve(t *testing.T, config dashboard.Config) (address string) {
	t.Helper()
	h := dashboard.New(config)
	server := httptest.NewServer(h)
	t.Cleanup(func() {
		h.Close()
		server.Close()
	})
	return server.URL
}

// get asks for an address.
func get(t *testing.T, address string, header ...string) *http.Response {
	t.Helper()
	request, err := http.NewRequestWithContext(t.Context(), http.MethodGet, address, nil)
	if err != nil {
		t.Fatal(err)
	}
	for i := 0; i < len(header); i += 2 {
		request.Header.Set(header[i], header[i+1])
		if header[i] == "Host" {
			request.Host = header[i+1]
		}
	}
	response, err := http.DefaultTransport.RoundTrip(request)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = response.Body.Close() })
	return response
}

// events reads the events of a stream.
type events struct {
	*testing.T
	lines *bufio.Scanner
}

func watch(t *testing.T, address string) *events {
	t.Helper()
	response := get(t, address+"/events")
	if response.StatusCode != http.StatusOK || response.Header.Get("Content-Type") != "text/event-stream" {
		t.Fatalf("events: %s, %v", response.Status, response.Header)
	}
	lines := bufio.NewScanner(response.Body)
	lines.Buffer(nil, 1<<20)
	return &events{t, lines}
}

// next returns the next event.
func (e *events) next() (u dashboard.Update) {
	e.Helper()
	for e.lines.Scan() {
		text, isData := strings.CutPrefix(e.lines.Text(), "data: ")
		if !isData {
			continue
		}
		var raw map[string]json.RawMessage
		if err := json.Unmarshal([]byte(text), &raw); err != nil || len(raw) != 1 {
			e.Fatalf("an event of %q: %v", text, err)
		}
		if err := json.Unmarshal([]byte(text), &u); err != nil {
			e.Fatal(err)
		}
		return u
	}
	e.Fatalf("the stream has ended: %v", e.lines.Err())
	return u
}
