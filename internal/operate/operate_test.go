package operate_test

import (
	"context"
	"errors"
	"net/http"
	"strings"
	"testing"

	"gset/internal/gsetd"
	"gset/internal/operate"
)

func TestReadinessFollowsTheNode(t *testing.T) {
	var s gsetd.Snapshot
	var failure error
	get := of(t, func(context.Context) (gsetd.Snapshot, error) { return s, failure })
	want := func(status int, words ...string) {
		t.Helper()
		got, text := get("/readyz")
		if got != status {
			t.Errorf("%d %s", got, text)
		}
		for _, w := range words {
			if !strings.Contains(text, w) {
				t.Errorf("%q lacks %q", text, w)
			}
		}
		if got, _ := get("/healthz"); got != http.StatusOK {
			t.Error("not healthy")
		}
	}
	want(503, "not joined")
	s.Loading = true
	want(503, "not joined", "loading")
	s.Status.Joined = true
	want(503, "loading")
	s.Loading = false
	want(200, "ready")
	failure = errors.New("it hangs")
	want(503, "does not answer", "it hangs")
}

func TestANodeIsReadyOnceItHasMetAnother(t *testing.T) {
	for _, n := range three(t) {
		n.until(t, "ready", func(s scrape) bool { return s["gset_ready"] == 1 })
		if status, text := n.get(t, "/readyz"); status != 200 {
			t.Error(status, text)
		}
	}
}

func TestMetricsAreServedWhenTheLoopDoesNotAnswer(t *testing.T) {
	get := of(t, func(context.Context) (gsetd.Snapshot, error) { return gsetd.Snapshot{}, errors.New("it hangs") })
	status, text := get("/metrics")
	s, _ := parse(t, text)
	if v, there := s["gset_answering"]; status != 200 || !there || v != 0 || s["go_goroutines"] == 0 {
		t.Errorf("%d %s", status, text)
	}
}

func TestOtherHostsAreRefusedOnLoopback(t *testing.T) {
	n := alone(t, func(*gsetd.Config) {})
	for host, want := range map[string]int{"evil.example": 403, "evil.example:7380": 403, "localhost:7380": 200, "127.0.0.1": 200, "[::1]:80": 200} {
		r, err := http.NewRequestWithContext(t.Context(), http.MethodGet, n.http+"/healthz", nil)
		if err != nil {
			t.Fatal(err)
		}
		r.Host = host
		got, err := n.client.Do(r)
		if err != nil {
			t.Fatal(err)
		}
		_ = got.Body.Close()
		if got.StatusCode != want {
			t.Errorf("%s: %d", host, got.StatusCode)
		}
	}
}

func TestOthersMountWhatTheyHave(t *testing.T) {
	o := operate.New(operate.Config{})
	o.Handle("/", http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) { w.WriteHeader(http.StatusTeapot) }))
	web := listen(t)
	ended := make(chan error, 1)
	go func() { ended <- o.Serve(web) }()
	var client http.Client
	r, err := client.Get("http://" + web.Addr().String() + "/")
	if err != nil {
		t.Fatal(err)
	}
	_ = r.Body.Close()
	client.CloseIdleConnections()
	if err := errors.Join(o.Close(), <-ended); err != nil || r.StatusCode != http.StatusTeapot {
		t.Error(r.StatusCode, err)
	}
}
