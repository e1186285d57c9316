package loop_test

import (
	"bytes"
	"io"
	"net"
	"strings"
	"testing"

	"gset/internal/resp/redistest"
)

// converse sends a stream, ends it, and returns all that the server says until it closes the
// connection.
func converse(t *testing.T, conn net.Conn, stream string) []byte {
	t.Helper()
	defer conn.Close()
	sent := make(chan struct{})
	go func() {
		defer close(sent)
		_, _ = io.WriteString(conn, stream) // the server may have closed the connection
		_ = conn.(interface{ CloseWrite() error }).CloseWrite()
	}()
	said, err := io.ReadAll(conn)
	if err != nil && len(said) == 0 {
		t.Fatalf("%.60q: %v", stream, err)
	}
	_ = conn.Close()
	<-sent
	return said
}

func TestHostileStreamsAreAnsweredAndEndAsByRedis(t *testing.T) {
	redis := redistest.Start(t).Socket
	eachKind(t, toyConfig, func(t *testing.T, s server) {
		for _, stream := range []string{
			"PING\r\n*1\r\n$9223372036854775807\r\n", "PING\r\n*9223372036854775807\r\nPING\r\n", "*-2\r\nPING\r\n", "PING\n*1\r\n$-1\r\n",
			"PING\n*1\r\nPING\r\n", "\r\n\n\r\n*0\r\nPING\n", "PING\nECHO \"unbalanced\n", "PING\n\x00PING\n", "PING\n*1\r\n$4\r\nPI", "\rPING\r\n",
			strings.Repeat("x", 300_000), "*" + strings.Repeat("1", 300_000), "PING\n*1\r\n" + strings.Repeat("$", 300_000),
			strings.Repeat("\n", 500_000) + "PING\n", strings.Repeat("PING\n", 5_000) + "*x\r\n" + strings.Repeat("PING\n", 5_000),
		} {
			ours, err := s.dials()
			if err != nil {
				t.Fatal(err)
			}
			theirs, err := net.Dial("unix", redis)
			if err != nil {
				t.Fatal(err)
			}
			if got, want := converse(t, ours, stream), converse(t, theirs, stream); !bytes.Equal(got, want) {
				t.Errorf("%.60q: %d bytes %.100q, Redis %d bytes %.100q", stream, len(got), got, len(want), want)
			}
		}
	})
}
