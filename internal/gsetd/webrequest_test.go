package gsetd_test

import (
	"bytes"
	"io"
	"log/slog"
	"strings"
	"testing"

	"gset/internal/gsetd"
	"gset/internal/resp/redistest"
	"gset/replica/cluster"
)

// webRequests are beginnings of requests of HTTP, as a browser sends them for a web page.
var webRequests = []string{
	"POST / HTTP/1.1\r\n",
	"post / HTTP/1.1\r\n",
	"GET / HTTP/1.1\r\nHost: 127.0.0.1:7379\r\n",
	"OPTIONS / HTTP/1.1\r\nAccept: */*\r\nhost: x\r\n",
	"PUT /x HTTP/1.1\r\nHOST: x\r\n\r\n",
}

// sendWebRequests sends requests of HTTP with commands for their body, and fails the test if one of the commands is executed.
func sendWebRequests(t *testing.T, network, addr string) *peer {
	t.Helper()
	for _, request := range webRequests {
		p := dial(t, network, addr)
		p.send([]byte(request + "SADD s evil\r\nINCR n\r\nQUIT\r\n"))
		said, err := io.ReadAll(p.in)
		if strings.Contains(string(said), ":1") || strings.Contains(string(said), "+OK") {
			t.Errorf("%q: %q, %v", request, said, err)
		}
	}
	p := dial(t, network, addr)
	p.expect("EXISTS s n", ":0")
	return p
}

// What a web page has a browser send to the clients' port is not executed: the connection ends before the body. It is
// counted, and logged once a minute.
func TestAWebPageCannotWrite(t *testing.T) {
	var log bytes.Buffer
	server, stop := start(t, gsetd.Config{Open: alone(t, cluster.Config{}), Log: slog.New(slog.NewTextHandler(&log, nil))})
	defer stop()
	p := sendWebRequests(t, "tcp", server.Address())
	if r := p.do("INFO stats"); !strings.Contains(r.text, "gset_disconnected_for_http:5\r\n") {
		t.Error(r)
	}
	stop()
	if n := strings.Count(log.String(), "a request of HTTP"); n != 1 || !strings.Contains(log.String(), "from=127.0.0.1:") {
		t.Errorf("%d lines: %s", n, log.String())
	}
}

// Redis ends the connection at the same lines.
func TestAWebPageCannotWriteToRedisEither(t *testing.T) {
	sendWebRequests(t, "unix", redistest.Start(t, "--databases", "1").Socket)
}
