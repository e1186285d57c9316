package operate_test

import (
	"bufio"
	"fmt"
	"io"
	"net"
	"net/http"
	"strings"
	"testing"

	"gset/internal/operate"
)

// open opens a connection, asks for a path, and returns the status. Of what lasts it reads no more.
func open(t *testing.T, url, path string) (status int) {
	t.Helper()
	c, err := net.Dial("tcp", strings.TrimPrefix(url, "http://"))
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = c.Close() })
	if _, err := fmt.Fprintf(c, "GET %s HTTP/1.1\r\nHost: localhost\r\n\r\n", path); err != nil {
		t.Fatal(err)
	}
	answer, err := http.ReadResponse(bufio.NewReader(c), nil)
	if err != nil {
		t.Fatal(err)
	}
	if path != "/stream" || answer.StatusCode != http.StatusOK {
		_, _ = io.Copy(io.Discard, answer.Body)
	}
	return answer.StatusCode
}

// Whoever watches that a node lives is served, however many streams are open and however many connections are idle.
func TestStreamsAndIdleConnectionsDoNotShutProbesOut(t *testing.T) {
	_, url := guarded(t, nil)
	probe := func(when string) {
		t.Helper()
		for _, path := range []string{"/healthz", "/readyz", "/metrics"} {
			if got := open(t, url, path); got != http.StatusOK {
				t.Errorf("%s: %s: %d", when, path, got)
			}
		}
	}
	streams := 0
	for range operate.MostConns {
		switch got := open(t, url, "/stream"); got {
		case http.StatusOK:
			streams++
		case http.StatusServiceUnavailable:
		default:
			t.Fatal(got)
		}
	}
	if streams < operate.MostConns/2 || streams >= operate.MostConns {
		t.Errorf("%d streams", streams)
	}
	probe("many streams")
	for range operate.MostConns {
		open(t, url, "/healthz") // and the connection stays open
	}
	probe("many streams and idle connections")
}
